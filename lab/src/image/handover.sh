# Sourced by lab-report-run.sh when the kernel's command line says lab.handover: the root is read for a minute beside a
# network manager, and what became of the interfaces is told.

# The network manager that runs; it may need a while.
lab_manager() {
    for _ in $($B seq 60); do
        for unit in systemd-networkd NetworkManager; do
            [ "$(systemctl is-active $unit)" = active ] && echo $unit && return
        done
        sleep 1
    done
}

# Reads the root past the cache, for $1 seconds.
lab_load() {
    device=$($B awk '$5 == "/" { print $3 }' /proc/self/mountinfo | $B tail -n 1)
    device=/dev/$($B basename "$($B readlink -f "/sys/dev/block/$device")")
    end=$(($($B date +%s) + $1))
    while [ "$($B date +%s)" -lt $end ]; do
        dd if="$device" of=/dev/null bs=256k count=64 iflag=direct 2> /run/lab-dd || { cat /run/lab-dd; return 1; }
    done
}

lab_handover() {
    lab_say manager "$(lab_manager)"
    lab_block load lab_load 60
    lab_block monitor cat /run/lab-monitor
    lab_block networkctl networkctl --no-legend --no-pager list
    lab_block nmcli nmcli -t -f DEVICE,STATE device
    lab_block complaints sh -c "journalctl -b -p warning -t systemd-networkd -t NetworkManager -o cat --no-pager"
    lab_block kernel $B dmesg
}
