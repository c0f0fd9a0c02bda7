#!/bin/sh
# Installs the dracut module and the running system's service: [DESTDIR=...] [DRACUT_DIR=/usr/lib/dracut]
# [UNIT_DIR=/usr/lib/systemd/system] [RULES_DIR=/usr/lib/udev/rules.d] install.sh
set -eu
exec "$(dirname "$0")/../packaging/install" --part dracut --part systemd --part udev
