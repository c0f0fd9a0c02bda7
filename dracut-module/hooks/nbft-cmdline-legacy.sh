#!/bin/sh
# Sourced before network-legacy reads the command line; an interface that the command line names replaces this one.
if [ "$nbft_on" ] && [ "$nbft_lone" ]; then
    echo nbft0 > /tmp/net.ifaces
    # Only the nvmf module's own connections have to wait for the network; the boot waits for the root device.
    [ "$netroot" ] || : > /tmp/net.nbft0.did-setup
fi
