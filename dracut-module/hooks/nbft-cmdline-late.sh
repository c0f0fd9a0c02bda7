#!/bin/sh
# Sourced after the nvmf module's hook and before those of the network modules.
if [ "$nbft_on" ]; then
    # If the root device is late, the nvmf module runs "nvme connect-all" as its last resort. That would also connect the tables' paths,
    # with its own settings and one dead path after another. Replaces this job by what the module does earlier: connect what
    # rd.nvmf.discover= and its configuration name.
    for nbft_job in "$hookdir"/initqueue/timeout/nvmf-connect-timeout*.sh; do
        [ -e "$nbft_job" ] || continue
        # shellcheck disable=SC2016 # for the shell that runs the job
        printf '%s\n' '[ -e "$job" ] && rm -f -- "$job"' '/sbin/nvmf-autoconnect.sh settled' > "$nbft_job"
    done

    # The command line requests a network and names no interface, so nbft's interface serves. Otherwise dracut would try DHCP on every
    # other NIC, for a minute if no server answers. netroot=nbft comes from the nvmf module, for rd.nvmf.discover=.
    nbft_lone=
    if [ -z "$nbft_ip" ] && [ "${netroot:-nbft}" = nbft ]; then
        nbft_off "$nbft_neednet" && [ -z "$netroot" ] || nbft_lone=1
    fi
fi
