#!/bin/bash
# A dracut module of the lab: says in the kernel's log when each kind of hook begins and ends, so that a time line can show
# where an initramfs spends its time. Not in what is measured: the hooks cost time themselves.

check() {
    return 255
}

install() {
    local hook marks
    marks=$(mktemp -d)
    for hook in cmdline pre-udev pre-trigger initqueue/settled pre-mount mount pre-pivot cleanup; do
        echo "echo '<6>lab: hooks $hook' > /dev/kmsg" > "$marks/lab-begin.sh"
        echo "echo '<6>lab: hooks $hook are through' > /dev/kmsg" > "$marks/lab-end.sh"
        inst_hook "$hook" 00 "$marks/lab-begin.sh"
        inst_hook "$hook" 99 "$marks/lab-end.sh"
    done
    rm -r "$marks"
}
