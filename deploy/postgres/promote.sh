#!/usr/bin/env bash
# Makes a replica the primary, and waits until it takes writes. Make sure first that the old primary is down and stays down (two primaries
# would each accept). Coordinators that were started with Host=a,b find it by themselves. promote.sh DATA_FOLDER
. "$(dirname "${BASH_SOURCE[0]}")/settings.sh"
[ $# -eq 1 ] || { say "usage: promote.sh DATA_FOLDER"; exit 64; }
"$PG_BIN/pg_ctl" -D "$1" -w -t "$PG_SECONDS" promote >/dev/null
say "$1 takes writes"
