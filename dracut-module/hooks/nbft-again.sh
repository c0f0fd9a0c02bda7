#!/bin/sh
# Sourced each time dracut has waited for the root device in vain. nbft's own deadline ended its waiting, not ours: it is
# started again, at most once in ten rounds (five seconds and more), should it fail at once. What it has done already it
# finds done. All other exit codes mean that there is nothing left to do.
if [ "$nbft_pid" ] && [ $((main_loop % 10)) -eq 9 ] && ! kill -0 "$nbft_pid" 2> /dev/null; then
    wait "$nbft_pid"
    if [ $? -eq 1 ]; then
        nbft connect < /dev/null > /dev/null 2> /dev/kmsg &
        nbft_pid=$!
    else
        nbft_pid=
    fi
fi
