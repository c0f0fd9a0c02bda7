#!/bin/sh
# Sourced when root is mounted. Paths that are not there yet are left to the service in the running system.
# Not waited for: a write to /dev/nvme-fabrics cannot be interrupted.
[ "$nbft_pid" ] && kill "$nbft_pid" 2> /dev/null
