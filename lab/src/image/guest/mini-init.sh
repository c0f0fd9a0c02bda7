#!/bin/busybox sh
# /sbin/init of the small root: reports where it runs from, then switches the machine off.
read -r uptime _ < /proc/uptime
while read -r key value; do
    [ "$key" = processes ] && processes=$value
done < /proc/stat
B=/bin/busybox
export PATH=/bin:/usr/bin:/sbin
[ -e /dev/ttyS1 ] || $B mount -t devtmpfs dev /dev
. /lab/report
case $($B cat /proc/cmdline) in
    *lab.bare=*)
        . /lab/bare
        rounds=$($B cat /proc/cmdline)
        rounds=${rounds##*lab.bare=}
        lab_block bare lab_bare "${rounds%% *}"
        ;;
esac
lab_report "$uptime" "$processes"
case $(cat /proc/cmdline) in
    *lab.keep*) exec $B setsid $B cttyhack $B sh ;;
esac
$B poweroff -f
