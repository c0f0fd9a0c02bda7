# Writes the guest's report for the bench: "@key value" lines, and blocks between "@begin NAME" and "@end STATUS", over a separate serial
# line. Init of the small root and a unit of the large root source this file; $B is a busybox.

lab_say() { echo "@$1 $2" > /dev/ttyS1; }

lab_block() {
    echo "@begin $1" > /dev/ttyS1
    shift
    "$@" > /dev/ttyS1 2>&1
    echo "@end $?" > /dev/ttyS1
}

# Walks from a block device (a directory in sysfs) down to the devices below it.
lab_leaves() {
    local dir=$1 slave any= transport= file
    [ -e "$dir/partition" ] && dir=$dir/..
    for slave in "$dir"/slaves/*; do
        [ -e "$slave" ] || continue
        any=1
        lab_leaves "$($B readlink -f "$slave")"
    done
    [ "$any" ] && return
    # The parent of a namespace's device is its controller or, with native multipath, its subsystem, which contains the controllers.
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

# Prints the kernel's files with secrets and their permissions. The judge's search must find the secrets here, which proves that it works.
lab_secrets() {
    local file
    for file in /sys/class/nvme/nvme*/dhchap_*secret; do
        [ -e "$file" ] && echo "$($B stat -c %a "$file") $file $($B cat "$file")"
    done
    true
}

# $1: uptime, $2: number of processes so far; the caller takes both before anything else.
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
    # A second run must find everything done, change nothing, and need little memory.
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
