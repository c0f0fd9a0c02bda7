# Sourced by lab-report-run.sh if the kernel's command line has lab.handover. Reads the root for a minute beside a network manager, and
# reports the state of the interfaces.

# Prints the running network manager; it may take a while to start.
lab_manager() {
    for _ in $($B seq 60); do
        for unit in systemd-networkd NetworkManager; do
            [ "$(systemctl is-active $unit)" = active ] && echo $unit && return
        done
        sleep 1
    done
}

# Reads the root for $1 seconds, bypassing the cache.
lab_load() {
    device=$($B awk '$5 == "/" { print $3 }' /proc/self/mountinfo | $B tail -n 1)
    device=/dev/$($B basename "$($B readlink -f "/sys/dev/block/$device")")
    end=$(($($B date +%s) + $1))
    while [ "$($B date +%s)" -lt $end ]; do
        dd if="$device" of=/dev/null bs=256k count=64 iflag=direct 2> /run/lab-dd || { cat /run/lab-dd; return 1; }
    done
}

# Makes the manager $1 read the files that `nbft export` writes for a table with every kind of interface. They must not affect existing
# interfaces: profiles are not activated, and networkd's files name other links.
lab_exports() {
    case $1 in
        NetworkManager)
            mkdir -p /run/NetworkManager/system-connections
            for file in /run/lab/exports/*.nmconnection; do
                loaded=/run/NetworkManager/system-connections/${file##*/}
                sed 's/^autoconnect-priority=/autoconnect=false\n&/' "$file" > "$loaded"
                chmod 600 "$loaded"
                nmcli connection load "$loaded" || return 1
                echo "# ${file##*/}"
                nmcli --offline connection modify connection.autoconnect no < "$file" || return 1
            done
            nmcli -t -f NAME,FILENAME connection show | sed 's/^/loaded /'
            ;;
        systemd-networkd)
            for file in /run/lab/exports/05-nbft*; do
                name=${file##*/05-nbft}
                sed 's/nbft/lab/g' "$file" > "/run/systemd/network/05-lab$name"
            done
            # networkd must complain about these files; only then is its silence on the others meaningful.
            for kind in link:Link network:Network netdev:NetDev; do
                printf '[Match]\nName=lab-wrong\n\n[%s]\nWrong=yes\n' "${kind#*:}" \
                    > "/run/systemd/network/05-lab-wrong.${kind%:*}"
            done
            networkctl reload || return 1
            SYSTEMD_LOG_LEVEL=debug udevadm test-builtin net_setup_link /sys/class/net/lo 2>&1 | grep /05-lab
            journalctl --sync
            ;;
    esac
}

lab_handover() {
    manager=$(lab_manager)
    lab_say manager "$manager"
    lab_block load lab_load 60
    lab_block monitor cat /run/lab-monitor
    lab_block networkctl networkctl --no-legend --no-pager list
    lab_block nmcli nmcli -t -f DEVICE,STATE device
    lab_block exports lab_exports "$manager"
    lab_block complaints sh -c "journalctl -b -p warning -t systemd-networkd -t NetworkManager -o cat --no-pager"
    lab_block kernel $B dmesg
}
