#!/bin/sh
# Installs the dracut module and the running system's service:
# [DESTDIR=...] [DRACUT_DIR=/usr/lib/dracut] [UNIT_DIR=/usr/lib/systemd/system]
# [RULES_DIR=/usr/lib/udev/rules.d] install.sh
# The number only sets the order in which dracut installs modules; 50 to 59 are for those not its own.
set -eu
cd "$(dirname "$0")"
module=${DESTDIR:-}${DRACUT_DIR:-/usr/lib/dracut}/modules.d/50nbft
install -d -m 0755 "$module"
# dracut wants all of a module in one folder.
install -m 0755 module-setup.sh hooks/* "$module"
install -m 0644 units/nbft-connect.service units/nbft-names.service units/nbft-tlshd.service conf/*nbft.network conf/*-ifup.rules \
    conf/*.conf "$module"
units=${DESTDIR:-}${UNIT_DIR:-/usr/lib/systemd/system}
install -d -m 0755 "$units"
install -m 0644 units/nbft-stay.service "$units"
rules=${DESTDIR:-}${RULES_DIR:-/usr/lib/udev/rules.d}
install -d -m 0755 "$rules"
install -m 0644 conf/71-nbft-registry.rules "$rules"
