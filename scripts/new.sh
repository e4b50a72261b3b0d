#!/usr/bin/env bash
# Starts an extension (`npm run new http-filter NAME`): gets what scripts/new.ts needs, then runs it.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/scripts/lib.sh"
ensure_ready
exec "$bun" "$root/scripts/new.ts" "$@"
