#!/usr/bin/env bash
# Makes a streaming replica of the primary at PG_HOST:PG_PORT, with a slot of its own so that nothing it needs is thrown away.
# make-replica.sh DATA_FOLDER PORT [SLOT]      PG_LISTEN, PG_SOCKETS: this replica's own
. "$(dirname "${BASH_SOURCE[0]}")/settings.sh"
[ $# -ge 2 ] || { say "usage: make-replica.sh DATA_FOLDER PORT [SLOT]"; exit 64; }
data="$1"; port="$2"; slot="${3:-replica_$port}"
if [ ! -e "$data/PG_VERSION" ]; then
  [ "$(sql -c "select count(*) from pg_replication_slots where slot_name = '$slot'")" = 0 ] || sql -c "select pg_drop_replication_slot('$slot')" >/dev/null
  "$PG_BIN/pg_basebackup" -h "$PG_HOST" -p "$PG_PORT" -U "$PG_REPLICATOR" -D "$data" -R -X stream -C -S "$slot" --checkpoint=fast
fi
PG_PORT="$port" write_local_settings "$data"
start_server "$data"
say "replica runs in $data on port $port, slot $slot"
