#!/bin/sh
# Sourced when dracut gives up: what was tried, and how to go on. The log as well, for the state is that of the last run,
# which may have begun a moment ago.
for nbft_table in /sys/firmware/acpi/tables/NBFT* /run/nbft/status.json; do
    [ -e "$nbft_table" ] || continue
    [ "$nbft_table" = /run/nbft/status.json ] && nbft_table=rd.nvmf.connect=
    echo
    echo "What came of $nbft_table:"
    nbft status
    echo
    echo 'The end of the log:'
    if [ "$DRACUT_SYSTEMD" ]; then
        journalctl --quiet --no-pager --output=cat --lines=12 --unit=nbft-connect.service
    else
        # The last twelve lines; there is no tail here.
        # shellcheck disable=SC2016 # sed's last line
        dmesg | sed -n '/ nbft: /p' | sed -e :a -e '$q;N;13,$D;ba'
    fi
    echo
    echo 'What is wrong now:'
    nbft doctor
    echo
    echo 'To ask again: "nbft doctor". What follows from the table: "nbft plan". To try once more: "nbft connect". To go on with'
    echo 'the boot: "exit".'
    break
done
