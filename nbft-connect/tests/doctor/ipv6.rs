//! Tests the causes that keep an IPv6 address from being used.

use crate::common::far::{Serve, far};
use crate::common::net::veth;
use crate::common::{in_namespace, ip};
use crate::support::{Root, hfi, plan, ssns, table};
use nbft_connect::status::schema::{Outcome, Reason, Status};
use std::time::Instant;

#[test]
fn another_host_has_the_address() {
    in_namespace("ipv6::another_host_has_the_address", || {
        veth("nbft0", 1);
        ip("link set nbft0-peer address 02:00:00:00:00:99");
        far("nbft0", &["2001:db8:1::2/64 nodad", "2001:db8:1::1/64 nodad"], Serve::Nothing);
        ip("link set nbft0 up");
        ip("address add 2001:db8:1::2/64 dev nbft0");
        let mut table = table();
        table.hfis[0] = hfi(1, 1, "2001:db8:1::2");
        table.ssns[0] = ssns(1, "2001:db8:1::1", 1);
        let root = Root::new("duplicate", &table);
        let started = Instant::now();
        let shown = |words: &str| ip(&format!("-6 address show dev nbft0 {words}"));
        while !shown("dadfailed").contains("2001:db8:1::2") || shown("scope link -tentative").is_empty() {
            assert!(started.elapsed().as_secs() < 20, "the kernel has not noticed");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        assert_eq!(
            root.path(""),
            "path 2001:db8:1::1 port 4420 over nbft0: stops at the address\n  \
             wrong:    The host with the MAC address 02:00:00:00:00:99 uses 2001:db8:1::2: duplicate address detection failed \
             on nbft0.\n  \
             do:       Give one of the two another address; the kernel will not use this one.\n  \
             works:    NIC nbft0, carrier\n"
        );
    });
}

#[test]
fn ipv6_is_switched_off() {
    in_namespace("ipv6::ipv6_is_switched_off", || {
        veth("nbft0", 1);
        for link in ["nbft0", "nbft0-peer"] {
            ip(&format!("link set {link} up"));
        }
        let mut table = table();
        table.hfis[0] = hfi(1, 1, "2001:db8:1::2");
        table.ssns[0] = ssns(1, "2001:db8:1::1", 1);
        let root = Root::new("ipv6-off", &table);
        root.write("proc/sys/net/ipv4/ip_forward", b"0\n");
        let head = "path 2001:db8:1::1 port 4420 over nbft0: stops at the address\n";
        let tail = "  works:    NIC nbft0, carrier\n";
        assert_eq!(
            root.path(""),
            format!(
                "{head}  wrong:    The kernel has no IPv6.\n  do:       Take ipv6.disable=1 off the kernel's command line, or have \
                 the module ipv6 in the initramfs.\n{tail}"
            )
        );
        root.write("proc/sys/net/ipv6/conf/nbft0/disable_ipv6", b"1\n");
        let off = "IPv6 is switched off on nbft0: net.ipv6.conf.nbft0.disable_ipv6 is 1";
        assert_eq!(
            root.path(""),
            format!(
                "{head}  wrong:    {off}.\n  do:       Run nbft connect, which switches IPv6 on for this interface.\n{tail}"
            )
        );
        // To run it again would not help.
        let mut status = Status::of_plan(&plan(&table));
        let reason = Reason { code: "ipv6-off".into(), text: "it may not be switched on".into() };
        status.interfaces[0].set_reason(Some(reason));
        status.outcome = Outcome::Failed;
        status.write(&root.0.join("run/nbft/status.json")).unwrap();
        assert_eq!(
            root.path(""),
            format!(
                "{head}  wrong:    {off} (nbft connect: it may not be switched on).\n  do:       Set \
                 net.ipv6.conf.nbft0.disable_ipv6 to 0 from where /proc/sys can be written: outside the container, or as \
                 root without a policy that forbids it.\n{tail}"
            )
        );
        root.write("proc/sys/net/ipv6/conf/nbft0/disable_ipv6", b"0\n");
        assert_eq!(
            root.path("").lines().nth(1),
            Some("  wrong:    nbft0 has no address 2001:db8:1::2 (nbft connect: it may not be switched on).")
        );
    });
}
