#!/bin/sh
# Sourced by the initramfs to which the system returns at its end, until it returns 0 or dracut loses patience ($1 is "final"). By then
# root is unmounted. Ends the connections in order, so that the target releases this host immediately; otherwise it would wait for the
# keep-alive timeout. Interfaces stay as they are, since the machine is about to go off.

# Other hooks stop what is on the namespaces first (LVM, LUKS, RAID). Whatever is still mounted needs its connections.
nbft_in_use() {
    local nbft_mount nbft_holder
    while read -r _ nbft_mount _; do
        case $nbft_mount in
            /oldroot | /oldroot/*) return 0 ;;
        esac
    done < /proc/mounts
    for nbft_holder in /sys/block/nvme*/holders/* /sys/block/nvme*/nvme*/holders/*; do
        [ -e "$nbft_holder" ] && return 0
    done
    return 1
}

nbft_disconnect() {
    local nbft_owner nbft_name nbft_who nbft_left nbft_rounds=50
    for nbft_owner in /run/nvme/registry/*/owner; do
        nbft_name=${nbft_owner%/owner}
        nbft_name=/sys/class/nvme/${nbft_name##*/}
        if [ ! -e "$nbft_owner" ] || [ ! -e "$nbft_name/delete_controller" ]; then
            continue
        fi
        read -r nbft_who < "$nbft_owner"
        [ "$nbft_who" = nbft ] || continue
        # All in parallel in the background: on a path that is dead without having been detected as dead, the kernel waits for a minute.
        echo 1 > "$nbft_name/delete_controller" &
        nbft_left="$nbft_left $nbft_name"
    done
    # Waits at most ten seconds, since the machine goes off anyway.
    while [ "$nbft_left" ] && [ "$nbft_rounds" -gt 0 ]; do
        nbft_who=$nbft_left
        nbft_left=
        for nbft_name in $nbft_who; do
            if [ -e "$nbft_name" ]; then
                nbft_left="$nbft_left $nbft_name"
            else
                info "nbft: ${nbft_name##*/} is disconnected"
            fi
        done
        [ "$nbft_left" ] && sleep 0.2
        nbft_rounds=$((nbft_rounds - 1))
    done
    [ -z "$nbft_left" ] || warn "nbft: not disconnected:$nbft_left"
}

if nbft_in_use; then
    if [ "$1" = final ]; then
        warn 'nbft: something on the namespaces is still in use: their connections are left as they are'
    fi
    return 1
fi
nbft_disconnect
return 0
