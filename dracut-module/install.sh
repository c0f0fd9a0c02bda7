#!/bin/sh
# Installs the dracut module: [DESTDIR=...] [DRACUT_DIR=/usr/lib/dracut] install.sh
# The number only sets the order in which dracut installs modules; 50 to 59 are for those not its own.
set -eu
cd "$(dirname "$0")"
module=${DESTDIR:-}${DRACUT_DIR:-/usr/lib/dracut}/modules.d/50nbft
install -d -m 0755 "$module"
install -m 0755 module-setup.sh nbft-*.sh "$module"
install -m 0644 nbft-*.service nbft-*.conf 05-nbft.network 92-nbft-ifup.rules "$module"
