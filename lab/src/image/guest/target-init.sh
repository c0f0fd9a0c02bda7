# The rest of the target's init: functions with which /lab/setup makes the network and the subsystems.
for file in /proc/sys/net/ipv6/conf/*/accept_dad; do echo 0 > $file; done
echo 1 > /proc/sys/net/ipv4/ip_forward
echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
echo 7 > /proc/sys/kernel/printk
mount -t configfs config /sys/kernel/config
ip link set lo up
mdev -s
nvmet=/sys/kernel/config/nvmet

# nic MAC NAME: gives the NIC its name in the scenario.
nic() {
    for dir in /sys/class/net/*; do
        read -r mac < $dir/address
        [ "$mac" = "$1" ] || continue
        old=${dir##*/}
        [ "$old" = "$2" ] || ip link set "$old" name "$2"
        ip link set "$2" up
        return
    done
    echo "lab-error: no NIC $1"
}

# vlan NIC ID
vlan() {
    ip link add link "$1" name "$1.$2" type vlan id "$2"
    ip link set "$1.$2" up
}

# switch NAME NIC...: a bridge of wires.
switch() {
    bridge=$1
    shift
    ip link add "$bridge" type bridge
    for nic; do ip link set "$nic" master "$bridge"; done
    ip link set "$bridge" up
}

# subsystem NQN HOST...: a subsystem for these hosts, or for any host.
subsystem() {
    sub=$nvmet/subsystems/$1
    shift
    mkdir $sub
    if [ $# = 0 ]; then
        echo 1 > $sub/attr_allow_any_host
    else
        echo 0 > $sub/attr_allow_any_host
        for host; do
            mkdir -p "$nvmet/hosts/$host"
            ln -s "$nvmet/hosts/$host" "$sub/allowed_hosts/$host"
        done
    fi
}

# authenticate HASH GROUP KEY [CONTROLLER-KEY]: requires authentication of all allowed hosts.
authenticate() {
    for host in "$sub"/allowed_hosts/*; do
        echo "$1" > "$host/dhchap_hash" && echo "$2" > "$host/dhchap_dhgroup" && echo "$3" > "$host/dhchap_key" ||
            echo "lab-error: no authentication"
        [ $# = 3 ] || echo "$4" > "$host/dhchap_ctrl_key" || echo "lab-error: no authentication of the controller"
    done
}

# Runs a program of /lab/tls.
tls() { program=$1; shift; /lab/tls/ld-linux-x86-64.so.2 --library-path /lab/tls "/lab/tls/$program" "$@"; }

# secure NEED KEY IDENTITY: makes all later ports offer TLS with this key (hexadecimal).
secure() {
    need=$1
    identity=$3
    # Keys in the session's keyring are readable by their owner, and tlshd finds them.
    tls keyctl link %:.nvme @us
    printf %s "$2" | tls keyctl padd -x psk "$3" %:.nvme > /run/psk || echo "lab-error: no key"
    printf '[debug]\nloglevel=1\n' > /run/tlshd.conf
    tls tlshd --stderr --config /run/tlshd.conf < /dev/null &
}

# Prints the key as the kernel has it, so that the search for secrets can prove that it finds it.
show_psk() { tls keyctl print "%psk:$identity"; }

# namespace NSID DEVICE UUID: adds a namespace to the latest subsystem.
namespace() {
    mkdir $sub/namespaces/$1
    if [ "$2" = /run/blank ]; then
        [ -e /run/blank ] || dd if=/dev/zero of=/run/blank bs=1M count=16 2> /dev/null
        echo 1 > $sub/namespaces/$1/buffered_io
    fi
    echo -n "$2" > $sub/namespaces/$1/device_path
    echo -n "$3" > $sub/namespaces/$1/device_uuid
    echo 1 > $sub/namespaces/$1/enable
}

# port NUMBER FAMILY ADDRESS SERVICE: serves all subsystems.
port() {
    port=$nvmet/ports/$1
    mkdir $port
    echo tcp > $port/addr_trtype
    echo "$2" > $port/addr_adrfam
    echo "$3" > $port/addr_traddr
    echo "$4" > $port/addr_trsvcid
    if [ "$need" ]; then
        echo tls1.3 > $port/addr_tsas && echo "$need" > $port/addr_treq || echo "lab-error: no TLS"
    fi
    for sub in $nvmet/subsystems/*; do
        ln -s $sub $port/subsystems/${sub##*/} || echo "lab-error: port $3:$4 does not open"
    done
}

# refuse NUMBER: refuses new connections of all hosts, and disconnects those on this port.
refuse() {
    for host in "$sub"/allowed_hosts/*; do
        echo "${host##*/}" >> /run/refused
        rm "$host"
    done
    rm "$nvmet/ports/$1/subsystems/${sub##*/}"
    ln -s "$sub" "$nvmet/ports/$1/subsystems/${sub##*/}"
}

# allow: admits the hosts again that `refuse` has refused.
allow() {
    while read -r host; do
        ln -s "$nvmet/hosts/$host" "$sub/allowed_hosts/$host"
    done < /run/refused
}

# dhcp NIC ADDRESS ROUTER SECONDS
dhcp() {
    printf 'start %s\nend %s\ninterface %s\noption subnet 255.255.255.0\noption router %s\noption lease %s\n' \
        "$2" "$2" "$1" "$3" "$4" > /etc/udhcpd.conf
    # udhcpd writes its leases every 5 s, so that a reader finds the current ones.
    echo "auto_time 5" >> /etc/udhcpd.conf
    mkdir -p /var/lib/misc
    : > /var/lib/misc/udhcpd.leases
    udhcpd -S /etc/udhcpd.conf
}

# dnsmasq OPTION...
dnsmasq() {
    echo 'root:x:0:0::/:/bin/sh' > /etc/passwd
    # DNS runs only if the options set its port.
    case " $*" in
        *" --port="*) ;;
        *) set -- --port=0 "$@" ;;
    esac
    # The leases get a file only if the options name one.
    case " $*" in
        *" --dhcp-leasefile="*) ;;
        *) set -- --leasefile-ro "$@" ;;
    esac
    /lab/dnsmasq --conf-file=/dev/null --user=root --no-ping --dhcp-authoritative \
        --pid-file=/run/dnsmasq.pid --log-facility=/dev/console "$@" || echo "lab-error: dnsmasq"
}

# web ADDRESS: serves /www by HTTP.
web() {
    mkdir -p /www
    httpd -p "$1:80" -h /www || echo "lab-error: httpd"
}

# redfish ADDRESS: serves /lab/redfish by HTTPS.
redfish() {
    (cd /lab/redfish && exec /lab/openssl s_server -quiet -accept "$1" -cert /lab/redfish.pem -key /lab/redfish.pem -WWW < /dev/null) &
}

. /lab/setup
echo "lab-ready"
# Runs the bench's commands, one per line, with their output on the console.
while read -r line; do
    eval "$line"
    echo "lab-done"
done
# The console has ended, so the bench has ended.
poweroff -f
