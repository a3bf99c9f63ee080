#!/usr/bin/env bash
# Takes a base backup into PG_BACKUPS, checks every file of it, prints its folder. Once a day is usual; keep two and the log since the older.
# base-backup.sh
. "$(dirname "${BASH_SOURCE[0]}")/settings.sh"
need PG_BACKUPS
mkdir -p "$PG_BACKUPS"
name="base-$(date -u +%Y%m%dT%H%M%SZ)-$$"
"$PG_BIN/pg_basebackup" -h "$PG_HOST" -p "$PG_PORT" -U "$PG_REPLICATOR" -D "$PG_BACKUPS/$name.part" -X stream --checkpoint=fast
"$PG_BIN/pg_verifybackup" -q "$PG_BACKUPS/$name.part"
mv "$PG_BACKUPS/$name.part" "$PG_BACKUPS/$name"
printf '%s\n' "$PG_BACKUPS/$name"
