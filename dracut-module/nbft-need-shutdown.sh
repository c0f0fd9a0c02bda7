#!/bin/sh
# Sourced when root is mounted. Where connections of ours are up, the running system is to come back to the initramfs at its
# end: root is not unmounted before that, and only then the connections may go (nbft-shutdown.sh).
for nbft_owner in /run/nvme/registry/*/owner; do
    if [ -e "$nbft_owner" ]; then
        need_shutdown
        break
    fi
done
