#!/bin/sh
# Sourced before NetworkManager's or networkd's generator turns the command line into configuration. The first reads the
# tables as well, unless told not to; the second would try DHCP on all NICs. Only where one of them is in the image: a file
# in this place makes dracut run one service more.
if [ "$nbft_on" ]; then
    echo rd.nvmf.nonbft=1 > /etc/cmdline.d/50-nbft.conf
    if [ "$nbft_lone" ] && [ -e /usr/lib/systemd/systemd-networkd ]; then
        echo ip=nbft0:off >> /etc/cmdline.d/50-nbft.conf
    fi
fi
