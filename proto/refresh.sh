#!/usr/bin/env bash
# Prints the .proto files anew from the Go modules that sources.json pins (needs Go and, for modules not in its cache, the network).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=../scripts/lib.sh
. "$root/scripts/lib.sh"
command -v go >/dev/null || die "go is not installed" "only a refresh needs it; \`bun run generate\` does not"
cd "$root/proto"

mkdir -p "$cache"
staging=$(mktemp -d "$cache/refresh.XXXXXX")
trap 'rm -rf "$staging"' EXIT

(cd tools && go build -o "$staging/tools" .)
# `go mod download` of single modules must not depend on a go.mod around it.
cd "$staging"
./tools print "$root/proto" "$staging/protos"
cp "$root/proto/buf.yaml" protos/
buf build protos -o image.binpb --exclude-source-info
./tools compare "$root/proto" image.binpb

# Printed files that are no longer in the subset go; everything else in proto/ is written by hand and stays.
find "$root/proto" -name '*.proto' -not -path '*/lamina/*' -delete
find "$root/proto" -mindepth 1 -type d -empty -delete
rm protos/buf.yaml
cp -R protos/. "$root/proto/"
