#!/bin/sh
# Installs the hook and the scripts: [DESTDIR=...] [INITRAMFS_TOOLS_DIR=/usr/share/initramfs-tools] install.sh
set -eu
cd "$(dirname "$0")"
to=${DESTDIR:-}${INITRAMFS_TOOLS_DIR:-/usr/share/initramfs-tools}
for file in hooks/* scripts/*/*; do
    install -D -m 0755 "$file" "$to/$file"
done
