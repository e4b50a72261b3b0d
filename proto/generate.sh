#!/usr/bin/env bash
# Generates src/gen from proto/ (needs node_modules, no network). Does nothing when the result is up to date, except with --force.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=../scripts/lib.sh
. "$root/scripts/lib.sh"
cd "$root/proto"

packages=(buf protoc-gen-es protobuf)
for package in "${packages[@]}"; do
  [ -d "$root/node_modules/@bufbuild/$package" ] || die "node_modules/@bufbuild/$package is missing" "run \`scripts/bun.sh install\` first"
done

# A change of any input, or of the packages that read them, changes the key.
key=$({
  find . -type f \( -name '*.proto' -o -name 'buf*.yaml' -o -path './tools/*.ts' -o -name generate.sh \) -print0 | LC_ALL=C sort -z | xargs -0 cat
  cat "$root"/src/config/{locate,type-table}.ts # imported by tools/write-type-table.ts
  for package in "${packages[@]}"; do cat "$root/node_modules/@bufbuild/$package/package.json"; done
} | bun -e 'console.log(Bun.SHA256.hash(await Bun.stdin.bytes(), "hex"))')
stamp="$root/src/gen/.stamp"
is_current() { [ "$(cat "$stamp" 2>/dev/null)" = "$key" ]; }
if [ "${1:-}" != --force ] && is_current; then exit 0; fi

mkdir -p "$cache"
# Two runs at a time: the second one waits, then finds the work done.
if command -v flock >/dev/null; then
  exec 9>"$cache/generate.lock"
  flock 9
  if [ "${1:-}" != --force ] && is_current; then exit 0; fi
fi
staging=$(mktemp -d "$cache/gen.XXXXXX")
trap 'rm -rf "$staging"' EXIT

buf build -o "$staging/image.binpb" --exclude-source-info
buf generate -o "$staging"
# The tools import @bufbuild/protobuf, so they run inside the tree.
bun tools/extract-rules.ts "$staging/image.binpb" "$staging/gen/validate-rules.ts"
bun tools/write-index.ts "$staging/image.binpb" "$staging/gen"
bun tools/write-type-table.ts "$staging/gen"
printf '%s\n' "$key" >"$staging/gen/.stamp"

# The finished folder takes the place of the old one, so nobody sees half of it.
[ ! -e "$root/src/gen" ] || mv "$root/src/gen" "$staging/old"
mv "$staging/gen" "$root/src/gen"
