//! From the NIC to ICReq, on real links.

use crate::common::far::{Serve, far};
use crate::common::net::veth;
use crate::common::{in_namespace, ip};
use crate::support::{Root, diagnose, ssns, table};
use libnbft::model::{HfiTcpFlags, IpOrigin, Naed, Nceec, PciAddress, VlanId};
use std::time::Instant;

/// A link that is set up as the table says, and the target's end of it.
fn set_up(addresses: &'static [&'static str], serve: Serve) {
    veth("nbft0", 1);
    far("nbft0", addresses, serve);
    ip("address add 192.0.2.2/24 dev nbft0");
    ip("link set nbft0 up");
}

const AT: &str = "192.0.2.1:4420";
const TARGET: &[&str] = &["192.0.2.1/24"];

#[test]
fn no_nic() {
    in_namespace("network::no_nic", || {
        let mut table = table();
        let root = Root::new("no-nic", &table);
        assert_eq!(
            root.path(""),
            "path 192.0.2.1 port 4420 over nbft0: stops at the NIC\n  \
             wrong:    No NIC has the MAC address 02:00:00:00:00:01, and the NBFT does not say where it sits.\n  \
             do:       If the card was moved or exchanged, boot through the firmware's setup once, so that it writes the \
             table anew; otherwise check that the card is seated and switched on.\n"
        );
        // Where it should be there is nothing, another thing, a NIC without a driver, one whose driver has made nothing.
        let tcp = table.hfis[0].tcp.as_mut().unwrap();
        tcp.routing_id = PciAddress::new(0, 0, 3, 0).routing_id.into();
        let root = Root::new("no-nic-pci", &table);
        let device = "sys/bus/pci/devices/0000:00:03.0";
        let wrong = || root.path("").lines().nth(1).unwrap().to_owned();
        assert_eq!(
            wrong(),
            "  wrong:    No NIC has the MAC address 02:00:00:00:00:01, and at the PCI address 0000:00:03.0 there is no device."
        );
        root.write(&format!("{device}/class"), b"0x010000\n");
        assert_eq!(
            wrong(),
            "  wrong:    No NIC has the MAC address 02:00:00:00:00:01, and the device at 0000:00:03.0 is not a network \
             device."
        );
        root.write(&format!("{device}/class"), b"0x020000\n");
        assert_eq!(wrong(), "  wrong:    The NIC at 0000:00:03.0 has no driver.");
        std::os::unix::fs::symlink("../../drivers/e1000", root.0.join(device).join("driver")).unwrap();
        root.write("sys/bus/pci/drivers/e1000/bind", b"");
        assert_eq!(wrong(), "  wrong:    The driver e1000 of the NIC at 0000:00:03.0 has made no interface.");
    });
}

#[test]
fn no_carrier() {
    in_namespace("network::no_carrier", || {
        veth("eth0", 1);
        let mut table = table();
        diagnose(&mut table.ssns[0], Naed::NETWORK, Nceec::CARRIER);
        let root = Root::new("no-carrier", &table);
        let firmware = "  firmware: NBFT SSNS 1: network error (NAED 0x1), carrier (NCEEC 0x2). No carrier: nothing \
                        answers at the other end of the cable.\n";
        assert_eq!(
            root.path(""),
            "path 192.0.2.1 port 4420 over nbft0: stops at the carrier\n  \
             wrong:    eth0 is down: nothing has brought it up.\n  \
             do:       Run nbft connect, which brings it up.\n  \
             works:    NIC eth0\n"
                .to_owned()
                + firmware
        );
        ip("link set eth0 up");
        assert_eq!(
            root.path(""),
            "path 192.0.2.1 port 4420 over nbft0: stops at the carrier\n  \
             wrong:    eth0 has no carrier.\n  \
             do:       Check cable, transceiver and switch port.\n  \
             works:    NIC eth0\n"
                .to_owned()
                + firmware
        );
    });
}

#[test]
fn no_vlan() {
    in_namespace("network::no_vlan", || {
        set_up(TARGET, Serve::Nothing);
        let mut table = table();
        table.hfis[0].tcp.as_mut().unwrap().vlan = VlanId(10);
        assert_eq!(
            Root::new("no-vlan", &table).path(""),
            "path 192.0.2.1 port 4420 over nbft0.10: stops at the VLAN\n  \
             wrong:    There is no VLAN 10 on nbft0.\n  \
             do:       Run nbft connect, which makes it; it needs the kernel module 8021q.\n  \
             works:    NIC nbft0, carrier\n"
        );
    });
}

#[test]
fn no_address() {
    in_namespace("network::no_address", || {
        set_up(TARGET, Serve::Nothing);
        ip("address flush dev nbft0");
        let mut table = table();
        let root = Root::new("no-address", &table);
        assert_eq!(
            root.path(""),
            "path 192.0.2.1 port 4420 over nbft0: stops at the address\n  \
             wrong:    nbft0 has no address 192.0.2.2.\n  \
             do:       Run nbft connect, which sets it.\n  \
             works:    NIC nbft0, carrier\n"
        );
        ip("link add br0 type bridge");
        ip("address add 192.0.2.2/24 dev br0");
        assert_eq!(root.path("").lines().nth(1), Some("  wrong:    192.0.2.2 is on br0, not on nbft0."),);
        let tcp = table.hfis[0].tcp.as_mut().unwrap();
        (tcp.flags, tcp.ip_origin) = (tcp.flags.with(HfiTcpFlags::DHCP_OVERRIDE), IpOrigin::DHCP);
        let root = Root::new("no-lease", &table);
        assert_eq!(
            root.path(""),
            "path 192.0.2.1 port 4420 over nbft0: stops at the address\n  \
             wrong:    nbft0 has no address by DHCPv4.\n  \
             do:       Check the DHCP server, its relay and the VLAN; nbft connect asks for a lease again.\n  \
             works:    NIC nbft0, carrier\n"
        );
    });
}

#[test]
fn no_route() {
    in_namespace("network::no_route", || {
        set_up(TARGET, Serve::Nothing);
        let mut table = table();
        table.ssns[0] = ssns(1, "203.0.113.1", 1);
        assert_eq!(
            Root::new("no-route", &table).path(""),
            "path 203.0.113.1 port 4420 over nbft0: stops at the route\n  \
             wrong:    203.0.113.1 is not in the subnet 192.0.2.2/24 of nbft0, and the NBFT names no gateway.\n  \
             do:       Correct prefix length or gateway of HFI 1 of NBFT in the firmware's setup.\n  \
             works:    NIC nbft0, carrier, 192.0.2.2/24\n"
        );
        let gateway: std::net::IpAddr = "192.0.2.254".parse().unwrap();
        table.hfis[0].tcp.as_mut().unwrap().gateway = gateway.into();
        let root = Root::new("no-gateway", &table);
        let text = root.path("");
        let wrong = text.lines().nth(1).unwrap();
        let begin = "  wrong:    There is no route from 192.0.2.2 to 203.0.113.1 over nbft0 (";
        assert!(wrong.starts_with(begin) && wrong.contains("(os error "), "{wrong}");
        assert_eq!(
            text.lines().nth(2),
            Some("  do:       Run nbft connect, which sets it through the gateway 192.0.2.254.")
        );
        ip("route add 203.0.113.1 via 192.0.2.254 dev nbft0");
        assert_eq!(
            root.path("--timeout 1"),
            "path 203.0.113.1 port 4420 over nbft0: stops at the TCP port\n  \
             wrong:    The gateway 192.0.2.254 does not answer on nbft0 (ARP).\n  \
             do:       Check the gateway's address in the firmware's setup, the VLAN and the switch port.\n  \
             works:    NIC nbft0, carrier, 192.0.2.2/24, route via 192.0.2.254\n"
        );
    });
}

const FOUND: &str = "  works:    NIC nbft0, carrier, 192.0.2.2/24, route on the link\n";

#[test]
fn refused() {
    in_namespace("network::refused", || {
        set_up(TARGET, Serve::Nothing);
        assert_eq!(
            Root::new("refused", &table()).path(""),
            "path 192.0.2.1 port 4420 over nbft0: stops at the TCP port\n  \
             wrong:    192.0.2.1 refuses connections to port 4420.\n  \
             do:       The host is up, but nothing listens there: start the target's service, or correct the port in the \
             firmware's setup.\n"
                .to_owned()
                + FOUND
        );
    });
}

#[test]
fn nobody_there() {
    in_namespace("network::nobody_there", || {
        set_up(&[], Serve::Nothing);
        // While the kernel still asks, and when it has given up asking.
        for timeout in ["--timeout 1", ""] {
            assert_eq!(
                Root::new("nobody", &table()).path(timeout),
                "path 192.0.2.1 port 4420 over nbft0: stops at the TCP port\n  \
                 wrong:    No host answers for 192.0.2.1 on nbft0 (ARP).\n  \
                 do:       Check that the target is up and has this address, and that both are in one VLAN and subnet.\n"
                    .to_owned()
                    + FOUND
            );
        }
    });
}

#[test]
fn black_holed() {
    in_namespace("network::black_holed", || {
        set_up(&[], Serve::Nothing);
        // As if it had answered once: what is sent to it now gets lost.
        ip("neighbour add 192.0.2.1 lladdr 02:00:00:00:00:99 dev nbft0 nud permanent");
        assert_eq!(
            Root::new("black", &table()).path("--timeout 1"),
            "path 192.0.2.1 port 4420 over nbft0: stops at the TCP port\n  \
             wrong:    192.0.2.1 does not answer on port 4420: packets are dropped, there or on the way.\n  \
             do:       Check firewalls on the target and on the way, and the target's route back to 192.0.2.2.\n"
                .to_owned()
                + FOUND
        );
    });
}

const TALKS: &str = "  works:    NIC nbft0, carrier, 192.0.2.2/24, route on the link, TCP port 4420\n";

#[test]
fn silent() {
    in_namespace("network::silent", || {
        set_up(TARGET, Serve::Silent(AT));
        ip("link set nbft0 mtu 9000");
        assert_eq!(
            Root::new("silent", &table()).path("--timeout 3"),
            "path 192.0.2.1 port 4420 over nbft0: stops at ICReq\n  \
             wrong:    192.0.2.1 accepts connections to port 4420 and does not answer ICReq.\n  \
             do:       Look at the target's NVMe/TCP service; if it serves other hosts, compare the MTU of target and \
             switch with nbft0's, which is 9000.\n"
                .to_owned()
                + TALKS
        );
    });
}

#[test]
fn not_a_controller() {
    in_namespace("network::not_a_controller", || {
        set_up(TARGET, Serve::Web(AT));
        assert_eq!(
            Root::new("web", &table()).path(""),
            "path 192.0.2.1 port 4420 over nbft0: stops at ICReq\n  \
             wrong:    192.0.2.1 port 4420: the target answers ICReq with PDU type 0x48: it is not an NVMe/TCP controller.\n  \
             do:       Another service has this port: correct it in the firmware's setup.\n"
                .to_owned()
                + TALKS
        );
    });
}

#[test]
fn closes() {
    in_namespace("network::closes", || {
        set_up(TARGET, Serve::Closes(AT));
        assert_eq!(
            Root::new("closes", &table()).path(""),
            "path 192.0.2.1 port 4420 over nbft0: stops at ICReq\n  \
             wrong:    192.0.2.1 closes the connection to port 4420 when ICReq comes.\n  \
             do:       Check that this is an NVMe/TCP port, and whether the target requires TLS or other digests there.\n"
                .to_owned()
                + TALKS
        );
    });
}

#[test]
fn all_paths_are_asked_at_once() {
    in_namespace("network::all_paths_are_asked_at_once", || {
        set_up(&[], Serve::Nothing);
        let mut table = table();
        table.ssns = (1..=20).map(|number| ssns(number, &format!("192.0.2.{}", 100 + number), 1)).collect();
        let root = Root::new("at-once", &table);
        let started = Instant::now();
        let (code, text) = root.doctor("--timeout 2");
        assert!(started.elapsed().as_secs() < 10, "20 paths took {:?}", started.elapsed());
        assert_eq!((code, text.matches(": stops at the TCP port\n").count()), (1, 20), "{text}");
    });
}

#[test]
fn interfaces_that_others_have() {
    in_namespace("network::interfaces_that_others_have", || {
        set_up(&["192.0.2.1/16"], Serve::Nothing);
        ip("address flush dev nbft0");
        ip("address add 192.0.2.2/16 dev nbft0");
        ip("link add br0 type bridge");
        ip("link set nbft0 master br0");
        let (code, text) = Root::new("others", &table()).doctor("");
        assert_eq!(code, 1);
        let warnings: Vec<_> = text.lines().skip(2).take(5).collect();
        assert_eq!(
            warnings,
            [
                "warning: nbft0 is a port of br0: what comes in goes there, and not to the NIC's own address.",
                "  do:       Take nbft0 out of the configuration of br0.",
                "",
                "warning: nbft0 has 192.0.2.2/16, and the NBFT says 192.0.2.2/24.",
                "  do:       Find what has set it; nbft connect sets it as the NBFT says.",
            ]
        );
    });
}

#[test]
fn a_link_that_borrows_the_mac() {
    in_namespace("network::a_link_that_borrows_the_mac", || {
        ip("link add br0 address 02:00:00:00:00:01 type bridge");
        let (code, text) = Root::new("borrowed", &table()).doctor("");
        assert_eq!(code, 1);
        assert_eq!(
            text.lines().skip(2).take(2).collect::<Vec<_>>(),
            [
                "warning: br0 has the MAC address 02:00:00:00:00:01 and is no NIC, but a link on top of others.",
                "  do:       It is not used: nbft sets up NICs only.",
            ]
        );
        assert!(text.contains(": stops at the NIC\n"), "{text}");
    });
}
