#!/lab/busybox sh
# Takes the time, and leaves the root: it may stall, and that is what has to be told then.
read -r uptime _ < /proc/uptime
processes=$(/lab/busybox awk '$1 == "processes" { print $2 }' /proc/stat)
/lab/busybox cp -r /lab /run/lab
exec /run/lab/busybox sh /run/lab/run "$uptime" "$processes"
