#!/bin/sh
# Sourced before udevd starts, so that udev itself names the NICs, here and in the running system.
[ "$nbft_on" ] && nbft export udev --output /run/udev/rules.d 2> /dev/kmsg
