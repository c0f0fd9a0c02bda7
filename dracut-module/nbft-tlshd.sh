#!/bin/sh
# Sourced before nbft connects: who makes the handshakes of TLS. It stays for the life of the machine, since each reconnection is a
# handshake anew; systemd, in the running system and at its end, leaves alone what is called @something.
if [ "$nbft_on" ]; then
    # The first handshake would wait for these; until then there is time.
    modprobe -qab tls crypto-gcm crypto-aes 2> /dev/null &
    @tlshd --stderr < /dev/null > /dev/null 2> /dev/kmsg &
fi
