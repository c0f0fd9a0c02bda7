# Sourced by lab-report-run.sh if the kernel's command line has lab.writes. Writes to the root and reads back, bypassing the cache, until
# the bench ends it.

lab_writes() {
    round=0
    while :; do
        round=$((round + 1))
        $B dd if=/dev/urandom of=/run/lab-wanted bs=64k count=4 2> /dev/null
        if ! dd if=/run/lab-wanted of=/var/tmp/lab-writes bs=64k oflag=direct conv=fsync 2> /run/lab-dd; then
            lab_say write-error "$($B tail -n 1 /run/lab-dd)"
        elif ! dd if=/var/tmp/lab-writes of=/run/lab-found bs=64k iflag=direct 2> /run/lab-dd; then
            lab_say write-error "$($B tail -n 1 /run/lab-dd)"
        elif ! $B cmp -s /run/lab-wanted /run/lab-found; then
            lab_say write-error "what is read back is not what was written"
        fi
        lab_say written $round
        $B sleep 1
    done
}
