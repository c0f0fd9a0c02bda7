//! Tests addresses that cannot have the role that the table gives them.

use super::choices::flagged;
use super::*;
use alloc::format;

#[test]
fn an_hfi_whose_static_address_no_interface_can_have_is_left_out() {
    for (address, prefix, why) in [
        ("127.0.0.1", 8, "it is a loopback address"),
        ("224.0.0.1", 24, "it is a multicast address"),
        ("240.1.1.1", 24, "it is in the reserved block 240.0.0.0/4"),
        ("255.255.255.255", 24, "it is the broadcast address"),
        ("0.0.0.7", 24, "it is in 0.0.0.0/8"),
        ("192.0.2.0", 24, "it is the address of its /24 subnet itself"),
        ("192.0.2.255", 24, "it is the broadcast address of its /24 subnet"),
        ("::1", 64, "it is a loopback address"),
        ("ff02::1", 64, "it is a multicast address"),
        ("2001:db8:1::", 64, "it is the router anycast address of its /64 subnet"),
    ] {
        let planned = plan(&[&table(vec![hfi(1, 3, address, prefix)], Vec::new())]);
        let left: Vec<_> = planned.left_out.iter().map(|left| left.reason.to_string()).collect();
        assert_eq!(left, [format!("its IP address {address} cannot be used: {why}")]);
        assert_eq!(planned.networks().count(), 0, "{address}");
    }
    for (address, prefix) in [("192.0.2.0", 31), ("192.0.2.255", 32), ("192.0.2.0", 0), ("2001:db8:1::", 127)] {
        let planned = plan(&[&table(vec![hfi(1, 3, address, prefix)], Vec::new())]);
        assert_eq!(planned.networks().count(), 1, "{address}/{prefix}");
    }
}

#[test]
fn what_else_cannot_be_used_costs_itself() {
    let mut dhcp = flagged(hfi(1, 3, "127.0.0.1", 24), HfiTcpFlags::DHCP_OVERRIDE);
    let tcp = dhcp.tcp.as_mut().unwrap();
    (tcp.dhcp_server, tcp.gateway) = (ip("255.255.255.255"), ip("224.0.0.5"));
    (tcp.primary_dns, tcp.secondary_dns) = (ip("127.0.0.53"), ip("192.0.2.53"));
    let mut fixed = flagged(hfi(2, 4, "192.0.2.2", 24), HfiTcpFlags::GLOBAL_ROUTE);
    fixed.tcp.as_mut().unwrap().gateway = ip("192.0.2.255");
    let planned = plan(&[&table(vec![dhcp, fixed], Vec::new())]);
    let notes = [
        "NBFT1: HFI 1: IP address 127.0.0.1 is not used: it is a loopback address",
        "NBFT1: HFI 1: gateway 224.0.0.5 is not used: it is a multicast address",
        "NBFT1: HFI 1: DHCP server 255.255.255.255 is not used: it is the broadcast address",
        "NBFT1: HFI 1: DNS server 127.0.0.53 is not used: it is a loopback address",
        "NBFT1: HFI 2: gateway 192.0.2.255 is not used: it is the broadcast address of its /24 subnet",
    ];
    assert_eq!(planned.notes, notes);
    let networks: Vec<_> = planned.networks().map(|(_, network)| network).collect();
    let seen = |n: &Network| (n.method, n.address, n.gateway, n.dhcp_server, n.default_route, n.routes.len());
    assert_eq!(seen(networks[0]), (Method::Dhcp4, None, None, None, false, 0));
    assert_eq!(networks[0].dns, [ip("192.0.2.53").raw()]);
    assert_eq!(seen(networks[1]), (Method::Static, ip("192.0.2.2").get(), None, None, false, 0));
}

#[test]
fn a_target_at_which_nobody_can_be_is_left_out() {
    for (traddr, why) in [("224.0.0.9", "a multicast address"), ("255.255.255.255", "the broadcast address")] {
        let planned = plan(&[&table(vec![hfi(1, 3, "192.0.2.2", 24)], vec![ssns(1, traddr, 1, &[])])]);
        let left: Vec<_> = planned.left_out.iter().map(|left| left.reason.to_string()).collect();
        assert_eq!(left, [format!("its transport address {traddr} cannot be used: it is {why}")]);
        assert!(planned.paths.is_empty());
    }
}
