#!/bin/sh
# Sourced before nbft connects: who makes the handshakes of TLS. It stays for the life of the machine, since each reconnection is a
# handshake anew; systemd, in the running system and at its end, leaves alone what is called @something.

# Keeps a process out of the swap, which may lie behind the connection that it is to bring back. It cannot lock its memory itself, and
# the cgroup outlives this mount: systemd leaves it as it finds it.
nbft_no_swap() {
    mkdir -p /run/nbft/cgroup && mount -t cgroup2 cgroup2 /run/nbft/cgroup || return
    echo +memory > /run/nbft/cgroup/cgroup.subtree_control
    mkdir -p /run/nbft/cgroup/nbft-tlshd
    echo 0 > /run/nbft/cgroup/nbft-tlshd/memory.swap.max && echo "$1" > /run/nbft/cgroup/nbft-tlshd/cgroup.procs
    umount /run/nbft/cgroup
}

if [ "$nbft_on" ]; then
    # The first handshake would wait for these; until then there is time.
    modprobe -qab tls crypto-gcm crypto-aes 2> /dev/null &
    @tlshd --stderr < /dev/null > /dev/null 2> /dev/kmsg &
    nbft_no_swap $! 2> /dev/kmsg
    # One of the root's beside it would take handshakes on which its own pages depend.
    mkdir -p /run/systemd/system/tlshd.service.d
    cp /usr/lib/nbft/tlshd-alone.conf /run/systemd/system/tlshd.service.d/nbft.conf
fi
