#!/bin/sh
# Sourced each time dracut has waited for the root device in vain. dracut's loop then sleeps half a second, whatever happens. From now on
# that sleep ends as soon as udev has the root device. Other sleeps do not change, nor does this one if the device exists already and
# dracut waits for something else.
if [ -z "$nbft_root" ] && [ -e /run/udev/rules.d/70-nbft-names.rules ]; then
    case $root in
        block:/dev/*)
            nbft_root=${root#block:}
            sleep() {
                if [ "$*" = 0.5 ] && [ ! -e "$nbft_root" ]; then
                    udevadm wait --timeout=0.5 "$nbft_root" 2> /dev/null
                else
                    command sleep "$@"
                fi
            }
            ;;
    esac
fi
