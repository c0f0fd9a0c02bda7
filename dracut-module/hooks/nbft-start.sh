#!/bin/sh
# Sourced when udevd runs and before the kernel's devices are triggered, so that nbft works in parallel with udevd.
if [ "$nbft_on" ]; then
    nbft connect < /dev/null > /dev/null 2> /dev/kmsg &
    nbft_pid=$!
fi
