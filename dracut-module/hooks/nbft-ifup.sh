#!/bin/sh
# Sourced each time dracut has waited in vain. With rd.neednet=1 and no NIC named, network-legacy waits until some
# interface is set up. One of ours will do, as one that it had set up itself would.
# The stand-in for ours (nbft-cmdline-legacy.sh) is nbft0, whatever their names are.
for nbft_if in /sys/class/net/nbft*; do
    [ -e "$nbft_if/operstate" ] || continue
    read -r nbft_state < "$nbft_if/operstate"
    [ "$nbft_state" = up ] && : > "/tmp/net.${nbft_if##*/}.did-setup" && : > /tmp/net.nbft0.did-setup
done
