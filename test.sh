#!/usr/bin/env bash
# Installs what the tests need (Debian packages, npm), builds with warnings as errors, checks the format, runs all tests.
# Usage: ./test.sh [--fast] [dotnet test arguments…]     --fast leaves out the tests that start servers and processes.
# The last line is "N passed, M failed", summed over all runners; the exit code is 0 only when nothing failed.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")"

fast=no
if [ "${1:-}" = "--fast" ]; then fast=yes; shift; fi

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
passed=0
failed=0
say() { printf '\n== %s\n' "$*"; }
finish() {
  printf '\n%d passed, %d failed\n' "$passed" "$failed"
  [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
  exit
}
step() { # a step that is not a test runner counts as one failure when it breaks
  say "$1"; shift
  if ! "$@"; then printf 'FAILED: %s\n' "$*"; failed=$((failed + 1)); finish; fi
}

install_packages() {
  local missing=()
  ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing+=(postgresql)
  command -v node >/dev/null || missing+=(nodejs)
  command -v npm >/dev/null || missing+=(npm)
  command -v redis-server >/dev/null || missing+=(redis-server)
  # A real S3: Ceph's gateway on one monitor and one in-memory store (tests/Pricing.IntegrationTests/Servers/rgw.sh).
  command -v radosgw >/dev/null || missing+=(radosgw ceph-mon ceph-osd ceph-common)
  [ ${#missing[@]} -eq 0 ] && { echo "nothing missing"; return 0; }
  local sudo=""
  [ "$(id -u)" -eq 0 ] || sudo=sudo
  if ! command -v apt-get >/dev/null; then
    echo "Please install: ${missing[*]}"; return 1
  fi
  # The Debian package would start a cluster of its own; the tests start theirs.
  if printf '%s\n' "${missing[@]}" | grep -q '^postgresql$' && [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    $sudo mkdir -p /etc/postgresql-common
    echo "create_main_cluster = false" | $sudo tee /etc/postgresql-common/createcluster.conf >/dev/null
  fi
  # Run level 1: the package of Redis would start a server of its own, too.
  $sudo apt-get update -qq && $sudo env RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# Not `npm ci`: it refuses a lock file that leaves out optional packages of other platforms, which some registries lack. Versions
# and hashes still come from the lock file, and --no-save leaves it as it is.
install_npm() { (cd tests/web && npm install --no-save --no-audit --no-fund --ignore-scripts --loglevel=error); }

run_tests() { # project, further arguments
  say "dotnet test $1"
  local log; log=$(mktemp)
  dotnet test "$1" -c Release --no-build --nologo --logger "console;verbosity=normal" "${@:2}" 2>&1 | tee "$log" | grep -vE '^\s+Passed |^\s*$'
  # NUnit's adapter closes with "Total tests: / Passed: / Failed:" (normal verbosity).
  local p f
  p=$(sed -nE 's/^ +Passed: ([0-9]+)$/\1/p' "$log" | tail -n 1)
  f=$(sed -nE 's/^ +Failed: ([0-9]+)$/\1/p' "$log" | tail -n 1)
  if [ -z "$p$f" ]; then echo "FAILED: $1 reported no result"; f=1; fi
  passed=$((passed + ${p:-0})); failed=$((failed + ${f:-0}))
  rm -f "$log"
}

step "packages" install_packages
step "npm packages" install_npm
step "restore" dotnet restore Pricing.sln --locked-mode -v q
step "build (warnings are errors)" dotnet build Pricing.sln -c Release --no-restore -v q
# Layout and order of usings; the analyzers and code-style rules have spoken in the build already.
say "format"
dotnet format whitespace Pricing.sln --no-restore --verify-no-changes --exclude src/Pricing.Protos || { echo "FAILED: the format gate"; failed=$((failed + 1)); }
run_tests tests/Pricing.Tests "$@"
[ "$fast" = yes ] || run_tests tests/Pricing.IntegrationTests "$@"
finish
