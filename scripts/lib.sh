# Steps shared by compile.sh, test/run.sh, .ci/run and scripts/*.sh: the pinned Bun, the packages, the generated code.
# Sourced by bash with `root` set to the folder of the repository; puts the pinned Bun first on PATH.

cache="$root/.cache"
bun_version=$(sed -n 's/.*"bun": *"\([0-9][^"]*\)".*/\1/p' "$root/scripts/bun/package.json")
bun_folder="$cache/bun/$bun_version"
bun="$bun_folder/bin/bun"
export PATH="$bun_folder/bin:$root/node_modules/.bin:$PATH"

say() { printf 'lamina: %s\n' "$*" >&2; }

# die MESSAGE [WHAT TO DO]
die() {
  printf 'lamina: error: %s\n' "$1" >&2
  [ $# -lt 2 ] || printf '  %s\n' "$2" >&2
  exit 1
}

# Runs a command and shows what it printed only when it failed.
quietly() {
  local output status=0
  output=$("$@" 2>&1) || status=$?
  [ "$status" -eq 0 ] || printf '%s\n' "$output" >&2
  return "$status"
}

# Installs the pinned Bun into .cache/bun/VERSION through npm; `npm ci` checks it against scripts/bun/package-lock.json.
# A Bun of another version on PATH is never used: the undocumented socket options that Lamina needs are pinned with it.
ensure_bun() {
  [ "$("$bun" --version 2>/dev/null)" != "$bun_version" ] || return 0
  command -v node >/dev/null || die "node is not installed" "install Node.js 18 or newer with npm; Lamina fetches Bun through npm"
  command -v npm >/dev/null || die "npm is not installed" "install the npm that belongs to your Node.js; Lamina fetches Bun through npm"
  say "installing Bun $bun_version through npm into .cache/bun"
  local staging="$cache/bun/.staging.$$" candidate
  rm -rf "$staging"
  mkdir -p "$staging/bin"
  cp "$root/scripts/bun/package.json" "$root/scripts/bun/package-lock.json" "$staging/"
  (cd "$staging" && quietly npm ci --ignore-scripts --no-audit --no-fund) || {
    rm -rf "$staging"
    die "npm could not install bun@$bun_version (its message is above)" "check that \`npm ping\` works, then run this again"
  }
  # Old npm versions ignore `libc` and install the musl build beside the glibc one: the right one is the one that runs.
  for candidate in "$staging"/node_modules/@oven/bun-*/bin/bun; do
    if [ "$("$candidate" --version 2>/dev/null)" = "$bun_version" ]; then
      mv "$candidate" "$staging/bin/bun"
      break
    fi
  done
  [ -x "$staging/bin/bun" ] || {
    rm -rf "$staging"
    die "no build of Bun $bun_version runs on $(uname -sm)" "Bun needs a 64-bit x86 or ARM processor; on Linux, glibc or musl"
  }
  rm -rf "$staging/node_modules" "$bun_folder"
  mv "$staging" "$bun_folder"
}

# Installs exactly what bun.lock names (a few milliseconds when nothing changed).
ensure_packages() {
  [ -w "${HOME:-/nonexistent}" ] || export BUN_INSTALL_CACHE_DIR="$cache/bun-install"
  [ -d "$root/node_modules" ] || say "installing packages"
  (cd "$root" && quietly "$bun" install --frozen-lockfile) ||
    die "bun install failed (its message is above)" "if package.json changed, run \`scripts/bun.sh install\` and commit bun.lock with it"
}

# Makes src/gen from proto/ when it is stale.
ensure_generated() {
  [ -f "$root/proto/generate.sh" ] || return 0
  (cd "$root" && quietly bash proto/generate.sh) || die "proto/generate.sh failed (its message is above)"
}

ensure_ready() {
  [ -n "$bun_version" ] || die "scripts/bun/package.json names no version of Bun"
  ensure_bun
  ensure_packages
  ensure_generated
}
