#!/bin/sh
# Sourced before NetworkManager's or networkd's generator turns the command line into configuration. NetworkManager's reads the tables as
# well, unless told not to; networkd's would use DHCP on all NICs. Installed only if one of them is in the image: a file at this place
# makes dracut run another service.
if [ "$nbft_on" ]; then
    echo rd.nvmf.nonbft=1 > /etc/cmdline.d/50-nbft.conf
    if [ "$nbft_lone" ] && [ -e /usr/lib/systemd/systemd-networkd ]; then
        echo ip=nbft0:off >> /etc/cmdline.d/50-nbft.conf
    fi
fi
