#!/bin/sh
# A systemd generator for the initramfs: with an NBFT or rd.nvmf.connect=, systemd waits for devices as long as dracut does.
#
# dracut lifts systemd's limit of 90 s for the root device, but not for devices that must be unlocked first: systemd would give up a LUKS
# device on a late path while nbft and dracut still try. Without dracut, root has the limit, too. The new limit is rd.timeout=, or else
# rd.retry=.
[ -e /etc/initrd-release ] || exit 0
set -f
timeout=0
retry=180
asked=
read -r cmdline < /proc/cmdline
for word in $cmdline; do
    case $word in
        rd.timeout=*) timeout=${word#*=} ;;
        rd.retry=*) retry=${word#*=} ;;
        rd.nvmf.connect=*) asked=1 ;;
    esac
done
[ "$timeout" = 0 ] && timeout=$retry

set +f
for table in /sys/firmware/acpi/tables/NBFT*; do
    [ -e "$table" ] || [ "$asked" ] || exit 0
done
case $timeout in
    *[!0-9]* | '') exit 0 ;;
esac
mkdir -p "$1/device.d"
printf '[Unit]\nJobRunningTimeoutSec=%s\n' "$timeout" > "$1/device.d/50-nbft.conf"
