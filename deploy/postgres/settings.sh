# Sourced by every script here. Each value can be given in the environment; the scripts hold no other configuration.
# They run as the account that owns the server (PostgreSQL refuses root), and each of them may be repeated.
set -euo pipefail

# Where initdb, pg_ctl, pg_basebackup, psql are.
PG_BIN="${PG_BIN:-$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)}"
[ -x "${PG_BIN:-}/pg_ctl" ] || { echo "PG_BIN: no folder with PostgreSQL's programs (found: '${PG_BIN:-}')" >&2; exit 69; }

PG_HOST="${PG_HOST:-127.0.0.1}"           # where the primary is reached: an address, or the folder of its socket
PG_PORT="${PG_PORT:-5432}"
PG_LISTEN="${PG_LISTEN:-}"                # addresses this server listens on; empty: only the socket
PG_SOCKETS="${PG_SOCKETS:-}"              # folder of this server's socket; empty: the server's default
PG_ADMIN="${PG_ADMIN:-pricing}"           # superuser, made by make-primary.sh
PG_DATABASE="${PG_DATABASE:-pricing}"
PG_REPLICATOR="${PG_REPLICATOR:-replicator}"
PG_AUTH="${PG_AUTH:-scram-sha-256}"       # for connections over the network; local sockets are trusted to the operating system (peer or trust)
PG_LOCAL_AUTH="${PG_LOCAL_AUTH:-peer}"
PG_CLIENTS="${PG_CLIENTS:-samenet}"       # which addresses may connect
PG_ARCHIVE="${PG_ARCHIVE:-}"              # folder (better: another machine's, mounted) that the log is archived to
PG_BACKUPS="${PG_BACKUPS:-}"              # folder of base backups
PG_SECONDS="${PG_SECONDS:-120}"           # how long a server may take to start or to catch up

HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
say() { printf '%s\n' "$*" >&2; }
need() { local name; for name in "$@"; do [ -n "${!name:-}" ] || { say "$name must be set"; exit 64; }; done; }
sql() { "$PG_BIN/psql" -X -q -A -t -v ON_ERROR_STOP=1 -h "$PG_HOST" -p "$PG_PORT" -U "$PG_ADMIN" -d "${SQL_DATABASE:-postgres}" "$@"; }

# Starts a server and waits until it answers. $1 data folder
start_server() {
  "$PG_BIN/pg_ctl" -D "$1" -l "$1.log" -w -t "$PG_SECONDS" start >/dev/null || { say "the server did not start; the end of $1.log:"; tail -n 20 "$1.log" >&2; exit 69; }
}
# Settings of this machine, written beside the recipe's. $1 data folder
write_local_settings() {
  {
    echo "# Written by deploy/postgres; this machine's own settings."
    echo "port = $PG_PORT"
    echo "listen_addresses = '$PG_LISTEN'"
    [ -z "$PG_SOCKETS" ] || echo "unix_socket_directories = '$PG_SOCKETS'"
    [ -z "$PG_ARCHIVE" ] || echo "archive_command = '\"$HERE/archive-wal.sh\" \"%p\" \"$PG_ARCHIVE/%f\"'"
    [ -z "$PG_ARCHIVE" ] || echo "restore_command = 'cp \"$PG_ARCHIVE/%f\" \"%p\"'"
  } > "$1/local.conf"
}
