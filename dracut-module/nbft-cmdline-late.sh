#!/bin/sh
# Sourced after the nvmf module's hook. When the root device is late, that module's last resort is "nvme connect-all",
# which would also connect what the tables describe, with settings of its own and one dead path after the other. Let it
# do what it does in time: connect what rd.nvmf.discover= and its configuration name.
if [ "$nbft_on" ]; then
    for nbft_job in "$hookdir"/initqueue/timeout/nvmf-connect-timeout*.sh; do
        [ -e "$nbft_job" ] || continue
        # shellcheck disable=SC2016 # for the shell that runs the job
        printf '%s\n' '[ -e "$job" ] && rm -f -- "$job"' '/sbin/nvmf-autoconnect.sh settled' > "$nbft_job"
    done
fi
