#!/lab/busybox sh
# Takes the time, and moves to memory: the report must continue even if the root stalls.
read -r uptime _ < /proc/uptime
processes=$(/lab/busybox awk '$1 == "processes" { print $2 }' /proc/stat)
# A separate mount, since dracut mounts /run with noexec.
/lab/busybox mkdir /run/lab
/lab/busybox mount -t tmpfs -o mode=0755 lab /run/lab
/lab/busybox cp -r /lab/. /run/lab
exec /run/lab/busybox sh /run/lab/run "$uptime" "$processes"
