#!/bin/sh
# Sourced after the nvmf module's hook and before those of the network modules.
if [ "$nbft_on" ]; then
    # When the root device is late, the nvmf module's last resort is "nvme connect-all", which would also connect what the
    # tables describe, with settings of its own and one dead path after the other. Let it do what it does in time:
    # connect what rd.nvmf.discover= and its configuration name.
    for nbft_job in "$hookdir"/initqueue/timeout/nvmf-connect-timeout*.sh; do
        [ -e "$nbft_job" ] || continue
        # shellcheck disable=SC2016 # for the shell that runs the job
        printf '%s\n' '[ -e "$job" ] && rm -f -- "$job"' '/sbin/nvmf-autoconnect.sh settled' > "$nbft_job"
    done

    # A network is asked for and no interface named: ours is the one. Else each other NIC would be tried with DHCP, for a
    # minute if nobody answers. netroot=nbft is the nvmf module's, for rd.nvmf.discover=.
    nbft_lone=
    if [ -z "$nbft_ip" ] && [ "${netroot:-nbft}" = nbft ]; then
        nbft_off "$nbft_neednet" && [ -z "$netroot" ] || nbft_lone=1
    fi
fi
