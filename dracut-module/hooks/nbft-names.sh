#!/bin/sh
# Sourced before udevd starts: udev itself is to give the NICs their names, here and in the running system.
[ "$nbft_on" ] && nbft export udev --output /run/udev/rules.d 2> /dev/kmsg
