# Runs in the large root, with the uptime and number of processes so far. Reports, then prints every change of a controller's state until
# the bench ends it.
uptime=$1
processes=$2
B=/run/lab/busybox
. /run/lab/report
case $($B cat /proc/cmdline) in
    *lab.handover*)
        . /run/lab/handover
        lab_handover
        lab_report "$uptime" "$processes"
        exec systemctl --no-block poweroff
        ;;
esac
# Runs the bench's commands, one per line, with their output on the console. Starts before the report: input on a serial line that no
# process has open is lost.
while read -r line; do
    eval "$line" > /dev/console 2>&1
done < /dev/ttyS0 &
lab_report "$uptime" "$processes"
case $($B cat /proc/cmdline) in
    *lab.writes*)
        . /run/lab/writes
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
