#!/usr/bin/env bash
# Lays out the root folder of the smallest image that runs dist/lamina: the binary, the C library, CA certificates, a user 1337.
# Usage: scripts/image-root.sh FOLDER   (an empty or new folder; the Dockerfile and the chroot test use it)
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/scripts/lib.sh"

image=${1:-}
[ -n "$image" ] || die "name the folder to fill" "scripts/image-root.sh FOLDER"
[ -x "$root/dist/lamina" ] || die "dist/lamina is missing" "run ./compile.sh first"
[ -s /etc/ssl/certs/ca-certificates.crt ] || die "this machine has no CA certificates" "install the package ca-certificates"

mkdir -p "$image"/usr/local/bin "$image"/etc/ssl/certs
cp "$root/dist/lamina" "$image/usr/local/bin/lamina"
cp -L /etc/ssl/certs/ca-certificates.crt "$image/etc/ssl/certs/"
# Each at the path where the loader looks for it, links resolved.
ldd "$root/dist/lamina" | grep -o '/[^ ]*' | while read -r library; do
  mkdir -p "$image$(dirname "$library")"
  cp -L "$library" "$image$library"
done
printf 'hosts: files dns\n' >"$image/etc/nsswitch.conf"
printf 'root:x:0:0::/:/sbin/nologin\nlamina:x:1337:1337::/:/sbin/nologin\n' >"$image/etc/passwd"
printf 'root:x:0:\nlamina:x:1337:\n' >"$image/etc/group"
