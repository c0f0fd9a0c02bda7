#!/bin/sh
# Sourced when dracut gives up: shows what was tried, and how to go on. Shows the log too, since the status is that of the last run, which
# may have begun a moment ago.
for nbft_table in /sys/firmware/acpi/tables/NBFT* /run/nbft/status.json; do
    [ -e "$nbft_table" ] || continue
    [ "$nbft_table" = /run/nbft/status.json ] && nbft_table=rd.nvmf.connect=
    echo
    echo "Status of $nbft_table (nbft status):"
    nbft status
    echo
    echo 'End of the log:'
    # Two rows of a console for each line: the reasons are long, and the status has them whole.
    if [ "$DRACUT_SYSTEMD" ]; then
        journalctl --quiet --no-pager --output=cat --lines=12 --unit=nbft-connect.service | sed 's/^\(.\{157\}\).\{4,\}$/\1.../'
    else
        # Prints the last twelve lines; the image has no tail.
        # shellcheck disable=SC2016 # sed's last line
        dmesg | sed -n '/ nbft: /p' | sed -e :a -e '$q;N;13,$D;ba' | sed 's/^\(.\{157\}\).\{4,\}$/\1.../'
    fi
    echo
    echo 'Diagnosis (nbft doctor):'
    nbft doctor
    echo
    echo 'Commands:'
    echo '  nbft doctor    diagnose again'
    echo '  nbft plan      show the plan that nbft made of the table'
    echo '  nbft connect   try again'
    echo '  exit           go on with the boot, after a connection is up'
    break
done
