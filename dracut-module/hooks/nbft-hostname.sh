#!/bin/sh
# Sourced when root is mounted. The host name of the table or of a DHCP server is for a system that has none of its own:
# systemd takes over the kernel's unless /etc/hostname names another.
if [ -s /run/nbft/hostname ]; then
    read -r nbft_name < /proc/sys/kernel/hostname
    case $nbft_name in
        '' | '(none)' | localhost | localhost.localdomain) cat /run/nbft/hostname > /proc/sys/kernel/hostname ;;
    esac
fi
