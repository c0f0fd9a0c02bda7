//! Sets up static addresses on real links: veth pairs in namespaces that the tests make.

#![allow(clippy::disallowed_macros, clippy::disallowed_methods, clippy::unwrap_used)]

mod common;

use common::net::{AT, NIC, Nic, next, outcome, plan, ready, runtime, start, start_with, veth};
use common::{in_namespace, ip, ip_lines};
use nbft_connect::net::{NetEvent, NetFailure, NetOptions, Step, Waiting};

#[test]
fn address_routes_and_rules() {
    in_namespace("address_routes_and_rules", || {
        veth("eth0", 1);
        ip("link set eth0-peer up");
        let plan = plan(&[Nic { gateway: "192.0.2.254", ..NIC }]);
        let set_up = || {
            runtime().block_on(async {
                let (_handle, mut events) = start(&plan).await;
                let expected = (AT, "nbft0".to_owned(), "192.0.2.2".parse().unwrap());
                assert_eq!(ready(&mut events).await, expected);
            });
            assert_eq!(ip_lines("-4 -brief address show nbft0"), ["nbft0@eth0-peer UP 192.0.2.2/24 metric 500"]);
            assert_eq!(
                ip_lines("route show"),
                [
                    "192.0.2.0/24 dev nbft0 proto kernel scope link src 192.0.2.2 metric 500",
                    "203.0.113.1 via 192.0.2.254 dev nbft0 proto static src 192.0.2.2 metric 500",
                    "default via 192.0.2.254 dev nbft0 proto static src 192.0.2.2 metric 500",
                ]
            );
            assert_eq!(
                ip_lines("route show table 20000"),
                [
                    "192.0.2.0/24 dev nbft0 proto static scope link src 192.0.2.2",
                    "203.0.113.1 via 192.0.2.254 dev nbft0 proto static src 192.0.2.2",
                    "default via 192.0.2.254 dev nbft0 proto static src 192.0.2.2",
                ]
            );
            assert_eq!(
                ip_lines("-4 rule show priority 20000"),
                [
                    "20000: from 192.0.2.2 lookup 20000 proto static",
                    "20000: from all oif nbft0 lookup 20000 proto static"
                ]
            );
        };
        set_up();
        // A second run changes nothing, and does not take the link down.
        let index = ip("-o link show nbft0");
        set_up();
        assert_eq!(ip("-o link show nbft0"), index);
        for (key, value) in [("rp_filter", "2"), ("arp_ignore", "0"), ("arp_announce", "0")] {
            let file = format!("/proc/sys/net/ipv4/conf/nbft0/{key}");
            assert_eq!(std::fs::read_to_string(file).unwrap().trim(), value, "{key}");
        }
    });
}

#[test]
fn ipv6_waits_for_duplicate_address_detection() {
    in_namespace("ipv6_waits_for_duplicate_address_detection", || {
        veth("eth0", 1);
        ip("link set eth0-peer up");
        let plan = plan(&[Nic { address: "2001:db8:1::2", prefix: 0, ..NIC }]);
        runtime().block_on(async {
            let (_handle, mut events) = start(&plan).await;
            assert_eq!(ready(&mut events).await, (AT, "nbft0".to_owned(), "2001:db8:1::2".parse().unwrap()));
        });
        let shown = ip("-6 address show dev nbft0 scope global");
        assert!(shown.contains("inet6 2001:db8:1::2/64") && !shown.contains("tentative"), "{shown}");
    });
}

#[test]
fn a_duplicate_address_is_refused() {
    in_namespace("a_duplicate_address_is_refused", || {
        veth("eth0", 1);
        ip("link set eth0-peer address 02:00:00:00:00:99");
        ip("-6 address add 2001:db8:1::2/64 dev eth0-peer nodad");
        ip("link set eth0-peer up");
        let plan = plan(&[Nic { address: "2001:db8:1::2", prefix: 64, ..NIC }]);
        runtime().block_on(async {
            let (_handle, mut events) = start(&plan).await;
            match outcome(&mut events).await {
                NetEvent::Failed { at: AT, reason } => assert_eq!(
                    reason.to_string(),
                    "another host, 02:00:00:00:00:99, uses 2001:db8:1::2: duplicate address detection failed"
                ),
                other => panic!("{other:?}"),
            }
        });
    });
}

#[test]
fn carrier_and_nic_may_come_late() {
    in_namespace("carrier_and_nic_may_come_late", || {
        let plan = plan(&[NIC]);
        runtime().block_on(async {
            let (_handle, mut events) = start(&plan).await;
            let NetEvent::Waiting { at: AT, for_what: Waiting::Nic } = next(&mut events).await else {
                panic!("no NIC yet")
            };
            veth("eth0", 1);
            let NetEvent::Waiting { at: AT, for_what: Waiting::Carrier } = next(&mut events).await else {
                panic!("no carrier yet")
            };
            ip("link set eth0-peer up");
            assert_eq!(ready(&mut events).await.1, "nbft0");
        });
    });
}

#[test]
fn a_link_that_borrows_the_mac_is_not_the_nic() {
    in_namespace("a_link_that_borrows_the_mac_is_not_the_nic", || {
        ip("link add br0 address 02:00:00:00:00:01 type bridge");
        veth("eth0", 1);
        ip("link set eth0-peer up");
        let plan = plan(&[NIC]);
        runtime().block_on(async {
            let (_handle, mut events) = start(&plan).await;
            ready(&mut events).await;
        });
        assert!(ip("-brief link show nbft0").contains("eth0-peer"), "the veth is the NIC");
        assert_eq!(ip("-brief address show br0").split_whitespace().nth(2), None, "the bridge is left alone");
    });
}

#[test]
fn two_nics_in_one_subnet_each_use_their_own_routes() {
    in_namespace("two_nics_in_one_subnet_each_use_their_own_routes", || {
        for (name, mac) in [("eth0", 1), ("eth1", 2)] {
            veth(name, mac);
            ip(&format!("link set {name}-peer up"));
        }
        let plan = plan(&[NIC, Nic { mac: 2, address: "192.0.2.3", ..NIC }]);
        runtime().block_on(async {
            let (_handle, mut events) = start(&plan).await;
            ready(&mut events).await;
            ready(&mut events).await;
        });
        let way = |words: &str| ip(&format!("route get 192.0.2.9 {words}"));
        assert!(way("from 192.0.2.2").contains("dev nbft0"));
        assert!(way("from 192.0.2.3").contains("dev nbft1"));
        assert!(way("oif nbft1").contains("src 192.0.2.3"));
        assert!(way("").contains("dev nbft0"), "the first HFI has the lower metric");
    });
}

#[test]
fn a_nic_that_keeps_its_name_gives_it_to_its_vlan() {
    in_namespace("a_nic_that_keeps_its_name_gives_it_to_its_vlan", || {
        veth("eth0", 1);
        ip("link set eth0-peer up");
        let mut plan = plan(&[NIC]);
        let mut tagged = plan.interfaces[0].links[0].clone();
        (tagged.name, tagged.vlan) = ("nbft0.10".into(), Some(10));
        tagged.networks[0].address = Some("198.51.100.2".parse().unwrap());
        plan.interfaces[0].links.push(tagged);
        runtime().block_on(async {
            let options = NetOptions::new("/".into()).keeping_names(true);
            let (_handle, mut events) = start_with(options, &plan).await;
            let mut names = Vec::new();
            while names.len() < 2 {
                names.push(match outcome(&mut events).await {
                    NetEvent::Ready { link_name, .. } => link_name,
                    // A kernel without VLANs refuses it by its name.
                    NetEvent::Failed { reason: NetFailure::Kernel { step: Step::AddVlan(name), .. }, .. } => name,
                    other => panic!("{other:?}"),
                });
            }
            names.sort();
            assert_eq!(names, ["eth0", "eth0.10"]);
        });
        assert_eq!(ip_lines("-4 -brief address show eth0"), ["eth0@eth0-peer UP 192.0.2.2/24 metric 500"]);
    });
}
