#!/usr/bin/env bash
# Installs what the tests need, builds dist/lamina and runs all tests but the slow ones; the last line is `N passed, N failed`.
# `./test/run.sh GROUP...` runs the named groups only: unit, conformance, interop, integration, differential, slow.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
. "$root/scripts/lib.sh"

# A machine on which the build fails has run no test: the closing line says so too.
trap '[ $? -eq 0 ] || echo "0 passed, 1 failed"' EXIT
ensure_ready
"$root/scripts/test-tools.sh"
"$root/compile.sh"
trap - EXIT

export PATH="$PATH:/usr/sbin:/sbin"
export LAMINA_BINARY="$root/dist/lamina" LAMINA_ENVOY="$cache/envoy/envoy"
exec "$bun" "$root/scripts/run-tests.ts" "$@"
