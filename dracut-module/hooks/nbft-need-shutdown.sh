#!/bin/sh
# Sourced when root is mounted. Where connections of ours are up, the running system is to come back to the initramfs at its
# end: root is not unmounted before that, and only then the connections may go (nbft-shutdown.sh).
#
# Without systemd, dracut mounts /run so that no program runs from there: systemd would not go back to /run/initramfs. That
# directory alone gets a mount of its own without that, for it stays where it is when root is switched.
nbft_let_run() {
    local nbft_mount nbft_options
    while read -r _ nbft_mount _ nbft_options _; do
        case $nbft_mount,$nbft_options, in
            /run,*,noexec,*)
                if ! mount --bind /run/initramfs /run/initramfs ||
                    ! mount -o remount,bind,exec,nosuid,nodev /run/initramfs; then
                    warn 'nbft: nothing runs from /run: the system will not come back to the initramfs at its end'
                fi
                return
                ;;
        esac
    done < /proc/mounts
}

for nbft_owner in /run/nvme/registry/*/owner; do
    if [ -e "$nbft_owner" ]; then
        need_shutdown
        nbft_let_run
        break
    fi
done
