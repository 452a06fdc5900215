#!/usr/bin/env bash
# Installs what the tests of deploy/ read its files with, into deploy/ of the cache (about 150 MB).
# Idempotent: nothing happens while requirements.txt is what was installed.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
to="${OVERGROW_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/overgrow}/deploy"

cmp -s "$here/requirements.txt" "$to/requirements.txt" && exit 0
echo "installing the readers of deploy/ into $to"
rm -rf "$to"
python3 -m venv "$to"
"$to/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
cp "$here/requirements.txt" "$to/requirements.txt"
