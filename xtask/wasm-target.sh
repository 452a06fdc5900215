#!/usr/bin/env bash
# Finds a Rust compiler that can build guests: one that has the standard library of a WebAssembly target.
#
#   wasm-target.sh rustc    print the path of the compiler to use, or nothing when the active one will do
#   wasm-target.sh clean    remove the packaged compiler
#
# The first of these that works is taken:
#   1. the active compiler has the target
#   2. rustup fetches it
#   3. the distribution's packages (Debian and its relatives): compiler, sources of the standard library and linker are
#      unpacked, not installed, below a cache folder, and the library is built there once, in about a minute. Guests are
#      then built by an ordinary cargo that is told of this compiler; nothing unstable reaches them.
#
# OVERGROW_WASM_TARGET   the target (wasm32-unknown-unknown)
# OVERGROW_WASM_CACHE    the cache folder (${XDG_CACHE_HOME:-~/.cache}/overgrow-wasm)
# OVERGROW_WASM_ROUTE    auto, or packaged to go straight to 3
# OVERGROW_WASM_WAIT     seconds that one download may take (300)
set -Eeuo pipefail
shopt -s nullglob

target=${OVERGROW_WASM_TARGET:-wasm32-unknown-unknown}
cache=${OVERGROW_WASM_CACHE:-${XDG_CACHE_HOME:-${HOME:?HOME is not set}/.cache}/overgrow-wasm}
route=${OVERGROW_WASM_ROUTE:-auto}
wait=${OVERGROW_WASM_WAIT:-300}
active=${RUSTC:-rustc}
oldest=1.89.0 # the rust-version of the workspace, which guests share
recipe=1      # to be raised when a compiler that an older version of this script packaged will not do any more

say() { printf 'wasm-target: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
trap 'say "line $LINENO failed: $BASH_COMMAND"' ERR

has_std() { # compiler
  local folder
  folder=$("$1" --print target-libdir --target "$target" 2>/dev/null) || return 1
  local core=("$folder"/libcore-*.rlib) std=("$folder"/libstd-*.rlib)
  ((${#core[@]} && ${#std[@]}))
}

# ---- 2. rustup

by_rustup() {
  command -v rustup >/dev/null || return 1
  say "asking rustup for $target"
  timeout "$wait" rustup target add "$target" >&2 && has_std "$active"
}

# ---- 3. packages

apt=() # options that point apt at lists of our own, when the system has none

version_of() { # package: the version apt would take, or nothing
  apt-cache "${apt[@]}" policy "$1" 2>/dev/null | sed -n 's/^  Candidate: //p' | grep -vx '(none)' || true
}

needs_of() { # package version: what it depends on, the first of each set of alternatives, one per line
  apt-cache "${apt[@]}" show "$1=$2" 2>/dev/null \
    | sed -n 's/^\(Pre-\)\?Depends: //p' | tr ',' '\n' \
    | sed 's/|.*//; s/(.*//; s/:[a-z0-9]*//; s/[[:space:]]//g' | grep . || true
}

installed() { [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

# Compiler, standard library of this machine, standard library of the target (built or as source) and their version.
# A compiler packaged for building browsers is newer than the distribution's own, so it is asked for first.
choose_packages() {
  local compiler library extra version
  while read -r compiler library extra; do
    version=$(version_of "$compiler")
    [[ -n $version ]] && dpkg --compare-versions "$version" ge "$oldest" || continue
    [[ $(version_of "$library") == "$version" && $(version_of "$extra") == "$version" ]] || continue
    printf '%s %s %s %s\n' "$compiler" "$library" "$extra" "$version"
    return 0
  done <<'LIST'
rustc-web libstd-rust-web-dev rust-web-src
rustc libstd-rust-dev libstd-rust-dev-wasm32
rustc libstd-rust-dev rust-src
LIST
  return 1
}

# When the system's lists know no compiler that will do, lists of our own are fetched, for which nobody must be root.
fetch_lists() {
  mkdir -p "$cache/apt/lists/partial" "$cache/apt/archives/partial"
  apt=(-o "Dir::State::lists=$cache/apt/lists" -o "Dir::Cache=$cache/apt"
    -o "Dir::Cache::archives=$cache/apt/archives" -o APT::Sandbox::User=)
  timeout "$wait" apt-get "${apt[@]}" -q update >&2
}

# Downloads packages and what they need. Parts of the toolchain are taken even when the system has them, so that all
# of it is of one version; of other libraries only what is missing.
download() { # folder package...
  local folder=$1 package version need
  shift
  local queue=("$@") wanted=()
  local -A seen=()
  while ((${#queue[@]})); do
    package=${queue[0]}
    queue=("${queue[@]:1}")
    [[ -z ${seen[$package]:-} ]] || continue
    seen[$package]=1
    version=$(version_of "$package")
    [[ -n $version ]] || continue # a virtual package: the system provides it
    wanted+=("$package=$version")
    while read -r need; do
      case $need in
        gcc | libc-dev | libc6-dev | binutils | cargo* | '') ;;
        libstd-rust* | libllvm* | lld-* | liblld*) queue+=("$need") ;;
        *) installed "$need" || queue+=("$need") ;;
      esac
    done < <(needs_of "$package" "$version")
  done
  (cd "$folder" && timeout "$wait" apt-get "${apt[@]}" -q download "${wanted[@]}" >&2)
}

# The version of the linker has to be that of the LLVM which the compiler is made with.
llvm_of() { # compiler library version
  local runtime
  runtime=$(needs_of "$2" "$3" | grep -m1 '^libstd-rust' || true)
  { needs_of "${runtime:-$2}" "$3"; needs_of "$1" "$3"; } | sed -n 's/^libllvm\([0-9]*\).*/\1/p' | sort -u | tail -n1
}

# A compiler that finds its own libraries, wherever its folder is.
write_wrapper() { # folder
  mkdir -p "$1/bin"
  cat >"$1/bin/rustc" <<'WRAPPER'
#!/bin/sh
here=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
for folder in "$here"/root/usr/lib/*-linux-gnu* "$here"/root/lib/*-linux-gnu*; do
  [ -d "$folder" ] && LD_LIBRARY_PATH="$folder${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
done
export LD_LIBRARY_PATH
exec "$here/root/usr/bin/rustc" "$@"
WRAPPER
  chmod +x "$1/bin/rustc"
}

# Bitcode is kept, since guests are linked with LTO. Paths are replaced, so that a guest is the same bytes wherever
# the cache is. It is built in a folder of its own, where no project's cargo configuration reaches.
build_std() { # compiler, folder of the target's libraries
  local work=$cache/stdbuild library
  say "building the standard library of $target (once)"
  rm -rf "$work" && mkdir -p "$work/src"
  printf '[package]\nname = "stdbuild"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n' >"$work/Cargo.toml"
  printf '#![no_std]\n' >"$work/src/lib.rs"
  (
    cd "$work"
    env -u RUSTFLAGS -u RUSTC_WRAPPER -u CARGO_BUILD_RUSTC_WRAPPER \
      RUSTC="$1" RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$work/target" CARGO_PROFILE_RELEASE_DEBUG=0 \
      CARGO_ENCODED_RUSTFLAGS=-Cembed-bitcode=yes$'\x1f'"--remap-path-prefix=$cache=/overgrow-wasm" \
      cargo build -q -Zbuild-std=std,panic_abort --release --target "$target" >&2
  )
  mkdir -p "$2.new"
  for library in "$work/target/$target/release/deps"/*.rlib; do
    [[ $library == *libstdbuild* ]] || cp "$library" "$2.new/"
  done
  rm -rf "$2" "$work" && mv "$2.new" "$2"
}

package_compiler() {
  local program
  for program in apt-get apt-cache dpkg-deb; do command -v "$program" >/dev/null || return 1; done
  for program in cargo cc; do command -v "$program" >/dev/null || die "$program is missing"; done
  local chosen compiler library extra version llvm
  chosen=$(choose_packages) || { fetch_lists && chosen=$(choose_packages); } || return 1
  read -r compiler library extra version <<<"$chosen"
  llvm=$(llvm_of "$compiler" "$library" "$version")
  [[ -n $llvm ]] || die "cannot tell which LLVM $compiler is made with"
  say "taking $compiler $version from the distribution"

  local stage=$cache/packaged.new deb
  rm -rf "$stage" && mkdir -p "$stage/debs" "$stage/root"
  download "$stage/debs" "$compiler" "$library" "$extra" "lld-$llvm"
  for deb in "$stage"/debs/*.deb; do dpkg-deb -x "$deb" "$stage/root"; done
  write_wrapper "$stage"

  # The target's linker is looked for under this name and in this place.
  local usr=$stage/root/usr host
  host=$("$stage/bin/rustc" -vV | sed -n 's/^host: //p')
  mkdir -p "$usr/lib/rustlib/$host/bin"
  ln -sfn "../../../llvm-$llvm/bin/lld" "$usr/lib/rustlib/$host/bin/rust-lld"

  if ! has_std "$stage/bin/rustc"; then
    local sources=("$usr"/src/rustc-*)
    if [[ ! -e $usr/lib/rustlib/src/rust/library && ${#sources[@]} -gt 0 ]]; then
      mkdir -p "$usr/lib/rustlib/src"
      ln -sfn "../../../src/${sources[0]##*/}" "$usr/lib/rustlib/src/rust"
    fi
    build_std "$stage/bin/rustc" "$usr/lib/rustlib/$target/lib"
  fi
  # The sources are two thirds of the size, and nobody needs them again.
  rm -rf "$stage/debs" "$usr"/{src,share,libexec,bin/rustdoc} "$usr/lib/rustlib/src"
  has_std "$stage/bin/rustc" || die "the packaged compiler has no standard library for $target"
  printf '%s %s %s\n' "$recipe" "$target" "$version" >"$stage/stamp"
  rm -rf "$cache/packaged" && mv "$stage" "$cache/packaged"
}

packaged() {
  [[ -f $cache/packaged/stamp && $(<"$cache/packaged/stamp") == "$recipe $target "* ]] \
    && has_std "$cache/packaged/bin/rustc"
}

active_will_do() { [[ $route != packaged ]] && command -v "$active" >/dev/null && has_std "$active"; }

# The lock is for several builds that start at once on a fresh machine.
print_compiler() {
  ! active_will_do || return 0
  mkdir -p "$cache"
  cache=$(cd "$cache" && pwd -P)
  exec 9>"$cache/lock"
  flock 9
  if ! packaged; then
    [[ $route == packaged ]] || ! by_rustup || return 0
    package_compiler || die "add the target with \`rustup target add $target\`, or build on Debian with cargo and cc"
  fi
  printf '%s\n' "$cache/packaged/bin/rustc"
}

case ${1:-} in
  rustc) print_compiler ;;
  clean) rm -rf "$cache"/{packaged,packaged.new,stdbuild,apt} ;;
  *) sed -n '2,/^set /{/^set /!s/^# \{0,1\}//p}' "$0"; exit 2 ;;
esac
