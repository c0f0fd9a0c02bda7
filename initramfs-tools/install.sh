#!/bin/sh
# Installs the hook and the scripts: [DESTDIR=...] [INITRAMFS_TOOLS_DIR=/usr/share/initramfs-tools] install.sh
set -eu
exec "$(dirname "$0")/../packaging/install" --part initramfs-tools
