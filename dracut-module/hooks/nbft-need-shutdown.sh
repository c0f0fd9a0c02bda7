#!/bin/sh
# Sourced when root is mounted. If nbft has connections, makes the running system return to the initramfs at its end: root is unmounted
# only there, and the connections must not end before (nbft-shutdown.sh).
#
# Without systemd, dracut mounts /run with noexec, so systemd could not run /run/initramfs. Therefore this directory gets its own mount
# without noexec, which stays in place when root is switched.
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
