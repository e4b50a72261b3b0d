#!/usr/bin/env bash
# The gate before every commit (`bun run ok`): format, lint, types, architecture and unit tests, in under a minute.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/scripts/lib.sh"
ensure_ready
cd "$root" || exit 1
export NO_COLOR=1

failures=()
# step NAME COMMAND...: runs it, prints its output only when it fails, and goes on, so one run shows all that is wrong.
step() {
  local name=$1 started=$SECONDS output
  shift
  if output=$("$@" 2>&1); then
    say "ok      $name ($((SECONDS - started)) s)"
  else
    printf '%s\n' "$output" | head -n 200 >&2
    say "FAILED  $name (its output is above): $*"
    failures+=("$name")
  fi
}

step "format" deno fmt --check
step "lint" deno lint
step "types" tsc --noEmit -p .
step "unit and architecture tests" "$bun" scripts/run-tests.ts unit

if [ ${#failures[@]} -gt 0 ]; then
  printf -v list '%s, ' "${failures[@]}"
  die "not ok: ${list%, }" "\`scripts/bun.sh x deno fmt\` mends the format; the rest is printed above"
fi
say "all ok in $SECONDS s"
