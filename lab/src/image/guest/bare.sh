# Sourced by init of the small root if the kernel's command line has lab.bare=ROUNDS. Measures `nbft connect` and direct writes to the
# device in turn, with the same options.

# Prints microseconds of the monotonic clock. Every other clock with this resolution needs a process.
lab_now() {
    {
        read -r _
        read -r _
        read -r _ _ now _
    } < /proc/timer_list
    echo $((now / 1000))
}

# Prints the options of each existing controller, a line each.
lab_options() {
    for dir in /sys/class/nvme/nvme*; do
        read -r transport < "$dir/transport"
        [ "$transport" = tcp ] || continue
        read -r address < "$dir/address"
        read -r nqn < "$dir/subsysnqn"
        read -r hostnqn < "$dir/hostnqn"
        read -r hostid < "$dir/hostid"
        secrets=
        for name in dhchap_secret dhchap_ctrl_secret; do
            [ -e "$dir/$name" ] && read -r secret < "$dir/$name" && [ "$secret" != none ] || continue
            secrets=$secrets,$name=$secret
            # nbft gets the secrets as credentials.
            case $name in
                dhchap_secret) echo "$secret" > /run/lab-keys/nbft.dhchap-secret ;;
                *) echo "$secret" > /run/lab-keys/nbft.dhchap-ctrl-secret ;;
            esac
        done
        # The key itself stays in the kernel's keyring, where nbft finds it too.
        [ -e "$dir/tls_key" ] && read -r secret < "$dir/tls_key" && secrets=$secrets,tls,tls_key=$((0x$secret))
        echo "transport=tcp,nqn=$nqn,${address%,src_addr=*},hostnqn=$hostnqn,hostid=$hostid,ctrl_loss_tmo=-1$secrets"
    done
}

lab_live() {
    local count=0
    for dir in /sys/class/nvme/nvme*; do
        [ -r "$dir/state" ] && read -r state < "$dir/state" && [ "$state" = live ] && count=$((count + 1))
    done
    echo $count
}

# Prints the number of namespaces; several paths to a namespace count once.
lab_namespaces() {
    local count=0
    for dir in /sys/block/nvme*; do
        case $dir in
            */nvme*c*n*) ;;
            */nvme*n*) count=$((count + 1)) ;;
        esac
    done
    echo $count
}

# Restores the state before a boot: deletes the controllers and their records.
lab_delete() {
    for dir in /sys/class/nvme/nvme*; do
        [ -e "$dir/delete_controller" ] && echo 1 > "$dir/delete_controller"
    done
    while [ -e /sys/class/nvme/nvme0 ] || [ "$(echo /sys/block/nvme*)" != "/sys/block/nvme*" ]; do
        $B usleep 10000
    done
    $B rm -rf /run/nvme/registry
}

# Prints the microseconds until the first write is done and its namespace exists, and until all writes are done and all $1 namespaces
# exist.
lab_by_hand() {
    begin=$(lab_now)
    first=
    while read -r options; do
        printf %s "$options" > /dev/nvme-fabrics
        [ "$first" ] && continue
        until [ "$(lab_namespaces)" != 0 ]; do $B usleep 500; done
        first=$(($(lab_now) - begin))
    done < /run/lab-options
    until [ "$(lab_namespaces)" = "$1" ]; do $B usleep 500; done
    echo "hand $first $(($(lab_now) - begin)) $(lab_live)"
}

lab_connect() {
    CREDENTIALS_DIRECTORY=/run/lab-keys nbft connect --wait all --timeout 60 2> /run/lab-nbft || $B cat /run/lab-nbft
}

# Prints the microseconds of the whole run, and the times in its status file.
lab_by_nbft() {
    begin=$(lab_now)
    lab_connect
    echo "nbft $(($(lab_now) - begin)) $(lab_live)"
    $B grep -E '"(ready_ms|present_ms|connected_ms)"' /run/nbft/status.json
}

lab_bare() {
    # udev no longer runs, but nbft would wait for it if the initramfs' udev files remained.
    $B rm -rf /run/udev
    $B mkdir -p /run/lab-keys
    # Connects the paths for which the initramfs did not wait.
    lab_connect
    lab_options > /run/lab-options
    namespaces=$(lab_namespaces)
    for _ in $($B seq "$1"); do
        lab_delete
        lab_by_hand "$namespaces"
        lab_delete
        lab_by_nbft
    done
}
