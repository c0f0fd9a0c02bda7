//! Links that become ports of a bridge, in the resident service: the address is followed, and never set on a port.

#![allow(clippy::disallowed_macros, clippy::disallowed_methods, clippy::unwrap_used)]

mod common;

use common::dhcp::{POOL, RENEW, Server, leased, link};
use common::net::{AT, NIC, next, outcome, plan, runtime, start_with, veth};
use common::{in_namespace, ip, ip_lines};
use libnbft::model::{HfiTcpFlags, IpOrigin};
use nbft_connect::net::{NetEvent, NetFailure, NetHandle, NetOptions};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;

/// The link, its port and the address of the next network that is ready.
async fn moved(events: &mut UnboundedReceiver<NetEvent>) -> (String, Option<String>, String) {
    match outcome(events).await {
        NetEvent::Ready { at: AT, link_name, port, address, .. } => (link_name, port, address.to_string()),
        other => panic!("{other:?}"),
    }
}

fn on_bridge() -> (String, Option<String>, String) {
    ("br0".to_owned(), Some("nbft0".to_owned()), "192.0.2.2".to_owned())
}

fn on_nic() -> (String, Option<String>, String) {
    ("nbft0".to_owned(), None, "192.0.2.2".to_owned())
}

fn ipv4_of(link: &str) -> String {
    ip(&format!("-4 address show dev {link}"))
}

/// Rules and routes lead over the bridge and name no port.
async fn assert_consistent() {
    // Former rules are removed within some seconds.
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(ipv4_of("nbft0"), "", "nothing on the port");
    let table = ip_lines("route show table 20000");
    assert!(!table.is_empty() && table.iter().all(|route| route.contains("dev br0")), "{table:?}");
    assert!(!ip("route show").contains("dev nbft0"), "{}", ip("route show"));
    let expected =
        ["20000: from 192.0.2.2 lookup 20000 proto static", "20000: from all oif br0 lookup 20000 proto static"];
    assert_eq!(ip_lines("-4 rule show priority 20000"), expected);
    assert!(ip("route get 192.0.2.1 from 192.0.2.2").contains("dev br0"));
}

/// A NIC with a carrier, and a bridge without ports.
fn nic_and_bridge(nic: &str) {
    veth(nic, 1);
    ip(&format!("link set {nic}-peer up"));
    ip("link add br0 type bridge");
    ip("link set br0 up");
}

/// The resident service over the NIC; its network is ready there.
async fn resident() -> (NetHandle, UnboundedReceiver<NetEvent>) {
    let options = NetOptions::new("/".into()).maintaining(Vec::new());
    let (handle, mut events) = start_with(options, &plan(&[NIC])).await;
    assert_eq!(moved(&mut events).await, on_nic());
    (handle, events)
}

#[test]
fn an_address_is_followed_to_the_bridge_and_back() {
    in_namespace("an_address_is_followed_to_the_bridge_and_back", || {
        nic_and_bridge("eth0");
        runtime().block_on(async {
            let (_handle, mut events) = resident().await;
            ip("link set nbft0 master br0");
            ip("address del 192.0.2.2/24 dev nbft0");
            ip("address add 192.0.2.2/24 dev br0");
            assert_eq!(moved(&mut events).await, on_bridge());
            assert_consistent().await;

            // A rule that somebody removes is set again for the bridge.
            ip("rule del priority 20000 oif br0");
            assert_consistent().await;

            ip("link del br0");
            assert_eq!(moved(&mut events).await, on_nic());
            assert!(ipv4_of("nbft0").contains("192.0.2.2/24"));
        });
    });
}

#[test]
fn an_address_that_was_set_back_too_early_leaves_the_port() {
    in_namespace("an_address_that_was_set_back_too_early_leaves_the_port", || {
        nic_and_bridge("eth0");
        runtime().block_on(async {
            let (_handle, mut events) = resident().await;
            // A manager that takes the address away first.
            ip("address del 192.0.2.2/24 dev nbft0");
            assert_eq!(moved(&mut events).await, on_nic());
            ip("link set nbft0 master br0");
            ip("address add 192.0.2.2/24 dev br0");
            assert_eq!(moved(&mut events).await, on_bridge());
            assert_consistent().await;
        });
    });
}

#[test]
fn nothing_is_set_on_a_port_whose_master_has_no_address() {
    in_namespace("nothing_is_set_on_a_port_whose_master_has_no_address", || {
        nic_and_bridge("nbft0");
        ip("link set nbft0 master br0");
        runtime().block_on(async {
            let options = NetOptions::new("/".into()).maintaining(Vec::new());
            let (_handle, mut events) = start_with(options, &plan(&[NIC])).await;
            match outcome(&mut events).await {
                NetEvent::Failed { at: AT, reason } => {
                    let (port, master) = ("nbft0".to_owned(), "br0".to_owned());
                    assert_eq!(reason, NetFailure::HasMaster { port, master });
                    assert_eq!(reason.code(), NetFailure::LINK_HAS_MASTER);
                }
                other => panic!("{other:?}"),
            }
            assert_eq!(ipv4_of("nbft0"), "");
            assert_eq!(ip_lines("-4 rule show priority 20000"), [""; 0]);
            ip("address add 192.0.2.2/24 dev br0");
            assert_eq!(moved(&mut events).await, on_bridge());
        });
    });
}

#[test]
fn a_lease_is_renewed_over_the_bridge() {
    in_namespace("a_lease_is_renewed_over_the_bridge", || {
        link("192.0.2.1/24");
        let server = Server::dnsmasq("bridge", &[POOL, "--dhcp-authoritative", RENEW]);
        ip("link add br0 address 02:00:00:00:00:01 type bridge");
        ip("link set br0 up");
        let plan = common::dhcp::plan("192.0.2.77", HfiTcpFlags::DHCP_OVERRIDE, IpOrigin::DHCP, None);
        runtime().block_on(async {
            let options = NetOptions::new("/".into()).maintaining(Vec::new());
            let (_handle, mut events) = start_with(options, &plan).await;
            let (_, first) = leased(&mut events).await;
            ip("link set nbft0 master br0");
            ip("address del 192.0.2.77/24 dev nbft0");
            ip("address add 192.0.2.77/24 dev br0");
            let (index, second) = leased(&mut events).await;
            assert_eq!((second.address, second.server), (first.address, first.server));
            assert!(ip("-o link show br0").starts_with(&format!("{index}:")), "the bridge has the lease");
            while !matches!(next(&mut events).await, NetEvent::Renewed { at: AT, .. }) {}
            assert_eq!(ipv4_of("nbft0"), "", "nothing on the port");
        });
        assert_eq!(server.messages().iter().filter(|kind| *kind == "DHCPACK").count(), 2, "{}", server.log());
    });
}
