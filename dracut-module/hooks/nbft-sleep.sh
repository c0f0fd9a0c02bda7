#!/bin/sh
# Sourced each time dracut has waited for the root device in vain. Its loop then sleeps half a second, whatever happens
# meanwhile. From now on that sleep, and no other, ends when udev has the root device. One that is there already and is not
# what dracut waits for is slept beside as before.
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
