#!/usr/bin/env bash
# Makes and starts the primary. make-primary.sh DATA_FOLDER
. "$(dirname "${BASH_SOURCE[0]}")/settings.sh"
[ $# -eq 1 ] || { say "usage: make-primary.sh DATA_FOLDER"; exit 64; }
data="$1"
if [ -e "$data/PG_VERSION" ]; then
  say "$data exists; starting it"
else
  "$PG_BIN/initdb" -D "$data" -U "$PG_ADMIN" --auth-local="$PG_LOCAL_AUTH" --auth-host="$PG_AUTH" -E UTF8 --locale=C --data-checksums >/dev/null
  cp "$HERE/server.conf" "$data/server.conf"
  printf "\ninclude 'server.conf'\ninclude_if_exists = 'local.conf'\n" >> "$data/postgresql.conf"
  printf 'host all all %s %s\nhost replication %s %s %s\n' "$PG_CLIENTS" "$PG_AUTH" "$PG_REPLICATOR" "$PG_CLIENTS" "$PG_AUTH" >> "$data/pg_hba.conf"
fi
[ -z "$PG_ARCHIVE" ] || mkdir -p "$PG_ARCHIVE"
write_local_settings "$data"
start_server "$data"
[ "$(sql -c "select count(*) from pg_roles where rolname = '$PG_REPLICATOR'")" = 1 ] || sql -c "create role $PG_REPLICATOR login replication"
[ "$(sql -c "select count(*) from pg_database where datname = '$PG_DATABASE'")" = 1 ] || sql -c "create database $PG_DATABASE"
say "primary runs in $data on port $PG_PORT; give $PG_REPLICATOR a password before a replica on another machine: \\password $PG_REPLICATOR"
