#!/lab/busybox sh
# Run in the large root: reports, then says every change of a controller's state until the bench ends it.
read -r uptime _ < /proc/uptime
B=/lab/busybox
processes=$($B awk '$1 == "processes" { print $2 }' /proc/stat)
. /lab/report
case $($B cat /proc/cmdline) in
    *lab.handover*)
        . /lab/handover
        lab_handover
        lab_report "$uptime" "$processes"
        exec systemctl --no-block poweroff
        ;;
esac
lab_report "$uptime" "$processes"
case $($B cat /proc/cmdline) in
    *lab.writes*)
        . /lab/writes
        lab_writes &
        ;;
esac
last=
while :; do
    now=
    for dir in /sys/class/nvme/nvme*; do
        [ -r "$dir/state" ] && read -r state < "$dir/state" && now="$now ${dir##*/}=$state"
    done
    [ "$now" = "$last" ] || lab_say states "$now"
    last=$now
    $B usleep 200000
done
