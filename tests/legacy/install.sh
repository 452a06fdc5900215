#!/usr/bin/env bash
# Installs what the end-to-end tests run but the tree does not carry: the node_modules of the legacy gateways and of the browser driver.
# Each goes into its own folder of the cache, ${OVERGROW_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/overgrow}, about 680 MB in all.
# Idempotent: a folder whose lock file is the tree's is left alone.
# usage: install.sh [openclaw|fastify|browser]...   (default: all three)
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cache="${OVERGROW_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/overgrow}"

install() {
  local name="$1" kit="$here/$1"
  [ "$name" = browser ] && kit="$here/../browser"
  local to="$cache/$name"
  [ -e "$to/.installed" ] && cmp -s "$kit/package-lock.json" "$to/package-lock.json" && return
  echo "installing $name into $to"
  mkdir -p "$to"
  rm -f "$to/.installed"
  cp -R "$kit/." "$to/"
  # Build scripts are never run: nothing the tests use needs one, and they reach for the network.
  (cd "$to" && npm ci --ignore-scripts --no-audit --no-fund --no-progress)
  touch "$to/.installed"
}

[ $# -gt 0 ] || set -- openclaw fastify browser
for name in "$@"; do install "$name"; done
