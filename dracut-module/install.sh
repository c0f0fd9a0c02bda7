#!/bin/sh
# Installs the dracut module and the running system's service:
# [DESTDIR=...] [DRACUT_DIR=/usr/lib/dracut] [UNIT_DIR=/usr/lib/systemd/system] install.sh
# The number only sets the order in which dracut installs modules; 50 to 59 are for those not its own.
set -eu
cd "$(dirname "$0")"
module=${DESTDIR:-}${DRACUT_DIR:-/usr/lib/dracut}/modules.d/50nbft
install -d -m 0755 "$module"
install -m 0755 module-setup.sh nbft-*.sh "$module"
install -m 0644 nbft-connect.service nbft-names.service nbft-tlshd.service nbft-*.conf 05-nbft.network 92-nbft-ifup.rules "$module"
units=${DESTDIR:-}${UNIT_DIR:-/usr/lib/systemd/system}
install -d -m 0755 "$units"
install -m 0644 nbft-stay.service "$units"
