# What the guest says of itself, in a form that the bench reads: "@key value" lines, and blocks between "@begin NAME" and
# "@end STATUS", over a serial line of its own. Sourced by init of the small root and by a unit of the large one; $B is a busybox.

lab_say() { echo "@$1 $2" > /dev/ttyS1; }

lab_block() {
    echo "@begin $1" > /dev/ttyS1
    shift
    "$@" > /dev/ttyS1 2>&1
    echo "@end $?" > /dev/ttyS1
}

# Walks from a block device (a directory in sysfs) down to what it lies on.
lab_leaves() {
    local dir=$1 slave any= transport= file
    [ -e "$dir/partition" ] && dir=$dir/..
    for slave in "$dir"/slaves/*; do
        [ -e "$slave" ] || continue
        any=1
        lab_leaves "$($B readlink -f "$slave")"
    done
    [ "$any" ] && return
    # A namespace's device is its controller, or, with native multipath, its subsystem, which holds the controllers.
    for file in "$dir"/device/transport "$dir"/device/nvme*/transport; do
        [ -r "$file" ] && read -r transport < "$file" && break
    done
    case $($B readlink -f "$dir/device") in
        */virtio*) transport=virtio ;;
    esac
    lab_say leaf "$($B basename "$($B readlink -f "$dir")") ${transport:-unknown} $($B cat "$dir/uuid" 2> /dev/null)"
}

lab_controllers() {
    local dir file
    for dir in /sys/class/nvme/nvme*; do
        [ -e "$dir" ] || continue
        for file in transport address state subsysnqn hostnqn hostid cntlid ctrl_loss_tmo; do
            [ -r "$dir/$file" ] && echo "${dir##*/} $file $($B cat "$dir/$file")"
        done
    done
}

# The secrets that the kernel shows, and to whom: those who look for them elsewhere must find them here.
lab_secrets() {
    local file
    for file in /sys/class/nvme/nvme*/dhchap_*secret; do
        [ -e "$file" ] && echo "$($B stat -c %a "$file") $file $($B cat "$file")"
    done
    true
}

# $1: uptime, $2: processes so far, both taken first of all.
lab_report() {
    lab_say uptime "$1"
    lab_say processes "$2"
    read -r version < /proc/sys/kernel/osrelease
    lab_say kernel "$version"
    device=$($B awk '$5 == "/" { print $3 }' /proc/self/mountinfo | $B tail -n 1)
    lab_say root "$device"
    lab_leaves "$($B readlink -f "/sys/dev/block/$device")"
    lab_block cmdline $B cat /proc/cmdline
    lab_block addresses $B ip -o addr
    lab_block links $B ip -o link
    lab_block routes $B ip route
    lab_block routes6 $B ip -6 route
    lab_block controllers lab_controllers
    lab_block status-table nbft status
    lab_block status env COLUMNS=1000 nbft status -v
    lab_block status-json nbft status -o json
    # A second run must find all done, change nothing, and need little memory.
    case $($B cat /proc/cmdline) in
        *lab.again*)
            lab_block again $B time -v nbft connect --timeout 10
            lab_block controllers-again lab_controllers
            lab_block addresses-again $B ip -o addr
            ;;
    esac
    lab_block dmesg $B dmesg
    lab_block sysfs-secrets lab_secrets
    lab_say report end
}
