#!/bin/sh
# Sourced when dracut gives up: what was tried, and how to go on.
for nbft_table in /sys/firmware/acpi/tables/NBFT*; do
    [ -e "$nbft_table" ] || break
    echo
    echo "What came of $nbft_table:"
    nbft status
    echo
    echo 'The log is in the journal or in "dmesg" (both are in the report below), the plan is shown by "nbft plan".'
    echo 'To try once more: "nbft connect". To go on with the boot: "exit".'
    break
done
