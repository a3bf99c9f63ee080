#!/usr/bin/env bash
# Stops a server, its clients' transactions rolled back, everything written. stop.sh DATA_FOLDER
. "$(dirname "${BASH_SOURCE[0]}")/settings.sh"
[ $# -eq 1 ] || { say "usage: stop.sh DATA_FOLDER"; exit 64; }
"$PG_BIN/pg_ctl" -D "$1" -m fast -w -t "$PG_SECONDS" stop >/dev/null
