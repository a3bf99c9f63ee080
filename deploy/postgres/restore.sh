#!/usr/bin/env bash
# Brings a base backup forward to a moment, in a new folder beside the old one, and starts it there. The old server is left alone:
# look at what came back first, then point the coordinators to it.
# restore.sh BACKUP_FOLDER NEW_DATA_FOLDER PORT MOMENT|latest        MOMENT like '2026-11-20 18:05:00.123456+00'
. "$(dirname "${BASH_SOURCE[0]}")/settings.sh"
need PG_ARCHIVE
[ $# -eq 4 ] || { say "usage: restore.sh BACKUP_FOLDER NEW_DATA_FOLDER PORT MOMENT|latest"; exit 64; }
backup="$1"; data="$2"; port="$3"; moment="$4"
[ ! -e "$data" ] || { say "$data exists; a restore never writes over anything"; exit 73; }
"$PG_BIN/pg_verifybackup" -q -n "$backup"
cp -a "$backup" "$data"
chmod 700 "$data"
PG_PORT="$port" write_local_settings "$data"
{
  # It must not write into the archive it reads from: its history is another from here on. Switch archiving on with a folder of its own.
  echo "archive_mode = off"
  if [ "$moment" != latest ]; then
    echo "recovery_target_time = '$moment'"
    echo "recovery_target_action = 'promote'"
  fi
} >> "$data/local.conf"
touch "$data/recovery.signal"
start_server "$data"
# It answers reads while it replays; it is done when it takes writes.
deadline=$((SECONDS + PG_SECONDS))
until [ "$(PG_PORT="$port" PG_HOST="${PG_SOCKETS:-$PG_HOST}" sql -c 'select pg_is_in_recovery()')" = f ]; do
  [ "$SECONDS" -lt "$deadline" ] || { say "still replaying after $PG_SECONDS s; see $data.log"; exit 75; }
  sleep 0.1
done
say "restored to $moment in $data on port $port"
