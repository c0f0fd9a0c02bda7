#!/bin/sh
# Sourced when root is mounted. The service in the running system connects the paths that are still missing.
# Does not wait for nbft's end: a write to /dev/nvme-fabrics cannot be interrupted.
[ "$nbft_pid" ] && kill "$nbft_pid" 2> /dev/null
