# Sourced by init of the small root when the kernel's command line says lab.bare=ROUNDS: what `nbft connect` costs beside writes
# to the device by hand, one after the other, with the same options.

# Microseconds of the monotonic clock; nothing else tells finer than hundredths of a second without another process.
lab_now() {
    {
        read -r _
        read -r _
        read -r _ _ now _
    } < /proc/timer_list
    echo $((now / 1000))
}

# The options of each controller that is there, a line each.
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
            # For nbft, by the names of credentials.
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

# How many namespaces are there, under however many paths.
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

# As no machine has any before it boots: neither controllers nor what was noted of them.
lab_delete() {
    for dir in /sys/class/nvme/nvme*; do
        [ -e "$dir/delete_controller" ] && echo 1 > "$dir/delete_controller"
    done
    while [ -e /sys/class/nvme/nvme0 ] || [ "$(echo /sys/block/nvme*)" != "/sys/block/nvme*" ]; do
        $B usleep 10000
    done
    $B rm -rf /run/nvme/registry
}

# Microseconds until the first write is done and its namespace there, and until all are written and all namespaces there, as many
# as $1.
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

# Microseconds of the whole run, and what it says of itself.
lab_by_nbft() {
    begin=$(lab_now)
    lab_connect
    echo "nbft $(($(lab_now) - begin)) $(lab_live)"
    $B grep -E '"(ready_ms|present_ms|connected_ms)"' /run/nbft/status.json
}

lab_bare() {
    # There is no udev any more; what is left of the initramfs' one would be waited for.
    $B rm -rf /run/udev
    $B mkdir -p /run/lab-keys
    # What the initramfs did not wait for.
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
