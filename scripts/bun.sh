#!/usr/bin/env bash
# Runs the pinned Bun, installing it first where needed: `scripts/bun.sh test test/base`, `scripts/bun.sh run src/main.ts`.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/scripts/lib.sh"
ensure_bun
exec "$bun" "$@"
