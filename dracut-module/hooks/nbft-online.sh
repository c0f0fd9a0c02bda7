#!/bin/sh
# Sourced each time dracut has waited in vain. For each interface that nbft has set up, runs once what waits for a network, as dracut's
# network modules do: dracut's online hooks, and the handler of a root from another module (root=live:http, nfs, iSCSI). netroot=nbft
# belongs to the nvmf module, and the tables' own root needs no handler.
for nbft_up in /run/nbft/online/*; do
    [ -e "$nbft_up" ] || continue
    nbft_if=${nbft_up##*/}
    [ -e "/tmp/nbft.$nbft_if.online" ] && continue
    : > "/tmp/nbft.$nbft_if.online"
    source_hook initqueue/online "$nbft_if"
    if [ "$netroot" != nbft ] && [ -x /sbin/netroot ]; then
        /sbin/netroot "$nbft_if"
    fi
done
