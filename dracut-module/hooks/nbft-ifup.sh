#!/bin/sh
# Sourced each time dracut has waited in vain. With rd.neednet=1 and no NIC named, network-legacy waits until it has set up some
# interface. This makes it accept one of nbft's interfaces.
# nbft0 stands for nbft's interfaces (nbft-cmdline-legacy.sh), whatever their names are.
for nbft_if in /sys/class/net/nbft*; do
    [ -e "$nbft_if/operstate" ] || continue
    read -r nbft_state < "$nbft_if/operstate"
    [ "$nbft_state" = up ] && : > "/tmp/net.${nbft_if##*/}.did-setup" && : > /tmp/net.nbft0.did-setup
done
