#!/bin/sh
# Sourced when root is mounted. Sets the host name of the table or of a DHCP server, for a system without its own: systemd keeps the
# kernel's host name unless /etc/hostname names another.
if [ -s /run/nbft/hostname ]; then
    read -r nbft_name < /proc/sys/kernel/hostname
    case $nbft_name in
        '' | '(none)' | localhost | localhost.localdomain) cat /run/nbft/hostname > /proc/sys/kernel/hostname ;;
    esac
fi
