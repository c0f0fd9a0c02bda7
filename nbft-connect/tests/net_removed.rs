//! Removes NICs and brings them back, again and again, with each way to get an address.

#![allow(clippy::disallowed_macros, clippy::disallowed_methods, clippy::print_stderr, clippy::unwrap_used)]

mod common;

use common::dhcp::{POOL, POOL6, Server, plan as leased_plan};
use common::net::{AT, NIC, Root, next, plan, runtime, start_with, veth};
use common::{in_namespace, ip, ip_lines};
use libnbft::model::{HfiTcpFlags, IpOrigin};
use libnbft::plan::Plan;
use nbft_connect::net::{NetEvent, NetFailure, NetOptions};

/// How often the NIC is removed.
const TIMES: u32 = 5;

/// Connects the NIC to a bridge that outlives it and has the server's address.
fn plug() {
    veth("eth0", 1);
    ip("link set eth0-peer master lan up");
}

fn bridge(address: &str) {
    ip("link add lan type bridge");
    ip(&format!("address add {address} dev lan nodad"));
    ip("link set lan up");
}

/// Removes the NIC and brings it back: each time an event must report its removal, and then the address.
fn is_removed_and_comes_back(plan: &Plan, family: &str) {
    plug();
    runtime().block_on(async {
        let root = Root::new("removed");
        let (_handle, mut events) = start_with(NetOptions::new(root.0.clone()).maintaining(Vec::new()), plan).await;
        let mut before = None;
        for time in 0..=TIMES {
            let address = loop {
                match next(&mut events).await {
                    NetEvent::Ready { at: AT, address, .. } => break address,
                    // The kernel refuses requests for a link that is about to go.
                    NetEvent::Waiting { .. } | NetEvent::Failed { .. } | NetEvent::Informed { .. } => {}
                    other => panic!("{other:?}"),
                }
            };
            let shown = ip(&format!("{family} address show dev nbft0"));
            assert!(shown.contains(&format!(" {address}/")), "{shown}");
            let rules = ip_lines(&format!("{family} rule show priority 20000"));
            assert_eq!(rules.len(), 2, "{rules:?}");
            assert_eq!(*before.get_or_insert_with(|| rules.clone()), rules, "time {time}");
            if time == TIMES {
                break;
            }
            // The kernel reports the addresses first, or the link: a wait for an address is a wait on a link that goes.
            if time % 2 == 1 {
                ip("address flush dev nbft0 scope global");
                // The address is requested again; a static one is set again.
                while !matches!(next(&mut events).await, NetEvent::Waiting { .. } | NetEvent::Ready { .. }) {}
            }
            ip("link del nbft0");
            loop {
                match next(&mut events).await {
                    NetEvent::Failed { at: AT, reason: NetFailure::LinkGone } => break,
                    // The address was set once more just before.
                    NetEvent::Ready { .. } if time % 2 == 1 => {}
                    NetEvent::Waiting { .. } | NetEvent::Failed { .. } | NetEvent::Informed { .. } => {}
                    other => panic!("{other:?}"),
                }
            }
            plug();
        }
    });
}

#[test]
fn with_a_static_address() {
    in_namespace("with_a_static_address", || {
        bridge("192.0.2.1/24");
        is_removed_and_comes_back(&plan(&[NIC]), "-4");
    });
}

#[test]
fn with_dhcpv4() {
    in_namespace("with_dhcpv4", || {
        bridge("192.0.2.1/24");
        let _server = Server::dnsmasq_on("lan", "removed4", &[POOL, "--dhcp-authoritative"]);
        let plan = leased_plan("192.0.2.77", HfiTcpFlags::DHCP_OVERRIDE, IpOrigin::DHCP, None);
        is_removed_and_comes_back(&plan, "-4");
    });
}

#[test]
fn with_dhcpv6() {
    in_namespace("with_dhcpv6", || {
        bridge("2001:db8:1::1/64");
        let _server = Server::dnsmasq_on("lan", "removed6", &POOL6);
        is_removed_and_comes_back(&leased_plan("::", HfiTcpFlags::DHCP_OVERRIDE, IpOrigin::DHCP, None), "-6");
    });
}

#[test]
fn with_router_advertisements() {
    in_namespace("with_router_advertisements", || {
        bridge("2001:db8:1::1/64");
        let _router = Server::radvd("lan", "removed-ra", "");
        is_removed_and_comes_back(&leased_plan("::", HfiTcpFlags::AUTOCONFIGURED, IpOrigin::OTHER, None), "-6");
    });
}

#[test]
fn a_nic_that_is_renamed_or_was_elsewhere_is_set_up_again() {
    in_namespace("a_nic_that_is_renamed_or_was_elsewhere_is_set_up_again", || {
        std::process::Command::new("mount").args(["-t", "tmpfs", "none", "/run"]).status().unwrap();
        bridge("192.0.2.1/24");
        plug();
        runtime().block_on(async {
            let root = Root::new("renamed");
            let (_handle, mut events) =
                start_with(NetOptions::new(root.0.clone()).maintaining(Vec::new()), &plan(&[NIC])).await;
            let mut ready = async || loop {
                match next(&mut events).await {
                    NetEvent::Ready { link_name, ifindex, .. } => break (link_name, ifindex),
                    NetEvent::Waiting { .. } | NetEvent::Failed { .. } => {}
                    other => panic!("{other:?}"),
                }
            };
            let all = || (ip_lines("-4 address show dev nbft0"), ip_lines("rule"), ip_lines("route show table 20000"));
            let first = ready().await;
            let before = all();
            ip("link set nbft0 name other0");
            assert_eq!(ready().await, first);
            assert_eq!(all(), before);
            // It comes back with the same index, but down and without its addresses.
            ip("netns add elsewhere");
            ip("link set nbft0 netns elsewhere");
            ip(&format!("-n elsewhere link set nbft0 netns {} name eth0", std::process::id()));
            assert_eq!(ready().await.0, "nbft0");
            assert_eq!(all().1, before.1);
            assert_eq!(all().2, before.2);
        });
    });
}
