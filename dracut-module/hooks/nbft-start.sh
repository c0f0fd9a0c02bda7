#!/bin/sh
# Sourced when udevd runs and before it is told of the devices, so that nbft works in parallel with it.
if [ "$nbft_on" ]; then
    nbft connect < /dev/null > /dev/null 2> /dev/kmsg &
    nbft_pid=$!
fi
