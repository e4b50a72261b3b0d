#!/usr/bin/env bash
# Builds Lamina into one executable, dist/lamina (see `./compile.sh --help`). Needs Node.js with npm and a C library; fetches the rest through npm.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$root/scripts/lib.sh"

targets="linux-x64 linux-x64-baseline linux-x64-musl linux-arm64 linux-arm64-musl"

usage() {
  cat <<'EOF'
Usage: ./compile.sh [--target TARGET] [--base FILE] [--force]
       ./compile.sh demo [ARGUMENTS]

Builds dist/lamina for this machine, or dist/lamina-TARGET for another one. Does nothing when the result is up to date.

  demo            build, then run `dist/lamina demo` with the ARGUMENTS
  --target TARGET linux-x64, linux-x64-baseline (no AVX2), linux-x64-musl, linux-arm64 or linux-arm64-musl
  --base FILE     take the runtime of TARGET from this Bun executable (of the pinned version) instead of fetching it through npm
  --force         build even when the result is up to date
  --help          print this

Without a .git folder the environment variable LAMINA_REVISION tells the revision that `lamina --version` prints.
EOF
}

target="" base="" force="" demo=""
while [ $# -gt 0 ]; do
  case "$1" in
    -h | --help) usage; exit 0 ;;
    --target=* | --base=*) set -- "${1%%=*}" "${1#*=}" "${@:2}" ;;
    --target | --base)
      [ $# -ge 2 ] || die "$1 needs a value" "see ./compile.sh --help"
      if [ "$1" = --target ]; then target=$2; else base=$2; fi
      shift 2
      ;;
    --force) force=1; shift ;;
    demo) demo=1; shift; break ;;
    *) die "unknown argument '$1'" "see ./compile.sh --help" ;;
  esac
done
case " $targets " in
  *" ${target:-linux-x64} "*) ;;
  *) die "unknown target '$target'" "choose one of: $targets" ;;
esac
[ -z "$demo" ] || [ -z "$target" ] || die "demo runs the build for this machine" "leave out --target"
if [ -n "$base" ]; then
  [ -n "$target" ] || die "--base needs --target" "name the target that the executable in --base was built for"
  [ -f "$base" ] || die "--base: no file '$base'"
  base=$(cd "$(dirname "$base")" && pwd)/$(basename "$base")
fi

ensure_ready
cd "$root"

version=$(sed -n 's/^ *"version": *"\([^"]*\)".*/\1/p' package.json | head -n 1)
revision=${LAMINA_REVISION:-unknown} status=Clean
if [ -e .git ] && revision=$(git rev-parse HEAD 2>/dev/null); then
  git diff --quiet HEAD -- 2>/dev/null || status=Modified
else
  revision=${LAMINA_REVISION:-unknown}
fi

name=lamina${target:+-$target}
stamp="$cache/compile/$name.stamp"
key="$version $revision $status $bun_version $base"
is_current() {
  [ -x "dist/$name" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$key" ] || return 1
  [ -z "$(find src proto package.json bun.lock tsconfig.json compile.sh scripts/lib.sh -newer "$stamp" -print -quit)" ]
}

if [ -n "$force" ] || ! is_current; then
  [ -f src/main.ts ] && [ -f src/worker.ts ] || die "src/main.ts or src/worker.ts is missing" "this is not a whole copy of the repository"
  mkdir -p "$cache/compile" dist
  staging=$(mktemp -d "$cache/compile/staging.XXXXXX")
  trap 'rm -rf "$staging"' EXIT
  # The stamp is older than every input that the build reads, so an edit made during the build is seen next time.
  printf '%s\n' "$key" >"$staging/stamp"
  quietly "$bun" build src/main.ts src/worker.ts --compile --minify --bytecode --format=esm --sourcemap \
    --no-compile-autoload-dotenv --no-compile-autoload-bunfig \
    --define "LAMINA_VERSION=\"$version\"" --define "LAMINA_REVISION=\"$revision\"" --define "LAMINA_REVISION_STATUS=\"$status\"" \
    ${target:+--target="bun-$target"} ${base:+--compile-executable-path="$base"} --outfile "$staging/lamina" ||
    die "bun build failed (its message is above)" "${target:+where the runtime of $target cannot be fetched, name a file with --base: npm package @oven/bun-${target/arm64/aarch64}}"
  # Renamed into place, so a running binary is left alone and nobody sees half a file.
  mv "$staging/lamina" "dist/$name"
  mv "$staging/lamina.map" "dist/$name.map"
  mv "$staging/stamp" "$stamp"
  say "built dist/$name $version ($revision, $status)"
fi

if [ -n "$demo" ]; then
  exec "dist/$name" demo "$@"
fi
