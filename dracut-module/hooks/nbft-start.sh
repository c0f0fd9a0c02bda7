#!/bin/sh
# Sourced when udevd is up and before it is told of the devices: everything from here on goes on side by side.
if [ "$nbft_on" ]; then
    nbft connect < /dev/null > /dev/null 2> /dev/kmsg &
    nbft_pid=$!
fi
