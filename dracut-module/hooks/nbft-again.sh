#!/bin/sh
# Sourced each time dracut has waited for the root device in vain. Exit code 1 means that nbft's own deadline has passed, but dracut still
# waits, so this starts nbft again: at most once in ten rounds (at least five seconds), in case nbft fails immediately. The new run finds
# done what the old one did. After any other exit code there is nothing left to do.
if [ "$nbft_pid" ] && [ $((main_loop % 10)) -eq 9 ] && ! kill -0 "$nbft_pid" 2> /dev/null; then
    wait "$nbft_pid"
    if [ $? -eq 1 ]; then
        nbft connect < /dev/null > /dev/null 2> /dev/kmsg &
        nbft_pid=$!
    else
        nbft_pid=
    fi
fi
