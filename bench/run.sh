#!/usr/bin/env bash
# Installs the peers, builds what is measured and runs comparisons.
# usage: run.sh [NAME…] [--quick] [--only A,B] [--contestant NAME=COMMAND]   no name: all of them; `run.sh list` names them
set -euo pipefail
cd "$(dirname "$0")/.."

peers=(nginx:nginx-light haproxy:haproxy caddy:caddy wrk:wrk taskset:util-linux)
cache="${XDG_CACHE_HOME:-$HOME/.cache}/overgrow/bench"

install_peers() {
    local missing=() peer
    for peer in "${peers[@]}"; do
        PATH="$PATH:/usr/sbin" command -v "${peer%%:*}" >/dev/null || missing+=("${peer##*:}")
    done
    if [ "${#missing[@]}" -gt 0 ]; then
        apt-get install --yes --no-install-recommends "${missing[@]}" >&2
    fi
    # Node's `ws` is the peer for idle sockets; without it that row is missing and the others are there.
    [ -d "$cache/node_modules/ws" ] || npm install --silent --prefix "$cache" ws@8 >&2 || true
}

build() {
    cargo build --release -p overgrow -p overgrow-bench
    if [ -f proxy/examples/native.rs ]; then
        cargo build --release -p overgrow --example native
    fi
}

install_peers
build
export PATH="$PATH:/usr/sbin" NODE_PATH="$cache/node_modules"
if [ "${1:-}" = list ]; then
    exec target/release/overgrow-bench list
fi
exec target/release/overgrow-bench compare "$@"
