#!/usr/bin/env bash
# archive_command: keeps one finished piece of the log. archive-wal.sh FROM TO
# Succeeds only when the whole piece is on disk under its name; never replaces a different piece of the same name.
set -euo pipefail
from="$1"; to="$2"
if [ -e "$to" ]; then
  cmp -s "$from" "$to" && exit 0      # archived before, and the server was not told
  echo "archive-wal: $to exists with other content: two servers archive to one folder?" >&2
  exit 1
fi
cp "$from" "$to.part"
sync "$to.part"
mv "$to.part" "$to"
sync "$(dirname "$to")"
