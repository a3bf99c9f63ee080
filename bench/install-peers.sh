#!/usr/bin/env bash
# Installs the programs that `pricing bench --peers` compares with, from Debian or Ubuntu. Without them the bench says so and goes on.
set -euo pipefail
sudo=$([ "$(id -u)" = 0 ] || echo sudo)
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -q
$sudo apt-get install -y -q --no-install-recommends prusa-slicer admesh assimp-utils
