#!/bin/sh
# Sourced before nbft connects: starts tlshd, which makes the handshakes of TLS. It stays for the life of the machine, since each
# reconnection needs a handshake. systemd does not kill a process named @something, neither in the running system nor at its end.

# Keeps a process out of the swap, which may be behind the connection that the process must restore. The process cannot lock its memory
# itself. The cgroup outlives this mount, and systemd does not change it.
nbft_no_swap() {
    mkdir -p /run/nbft/cgroup && mount -t cgroup2 cgroup2 /run/nbft/cgroup || return
    echo +memory > /run/nbft/cgroup/cgroup.subtree_control
    mkdir -p /run/nbft/cgroup/nbft-tlshd
    echo 0 > /run/nbft/cgroup/nbft-tlshd/memory.swap.max && echo "$1" > /run/nbft/cgroup/nbft-tlshd/cgroup.procs
    umount /run/nbft/cgroup
}

if [ "$nbft_on" ]; then
    # The first handshake needs these modules, so they are loaded in advance.
    modprobe -qab tls crypto-gcm crypto-aes 2> /dev/null &
    @tlshd --stderr < /dev/null > /dev/null 2> /dev/kmsg &
    nbft_no_swap $! 2> /dev/kmsg
    # Root's own tlshd would take handshakes on which its own pages depend.
    mkdir -p /run/systemd/system/tlshd.service.d
    cp /usr/lib/nbft/tlshd-alone.conf /run/systemd/system/tlshd.service.d/nbft.conf
fi
