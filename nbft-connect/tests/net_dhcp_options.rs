//! Options by which the DHCP client describes itself, as real servers get them.

#![allow(clippy::disallowed_macros, clippy::disallowed_methods, clippy::unwrap_used)]

mod common;

use common::dhcp::{Server, leased, link, plan};
use common::granting::{Granting, Terms};
use common::in_namespace;
use common::net::{next, runtime, start_with};
use libnbft::model::{HfiTcpFlags, IpOrigin};
use libnbft::plan::Plan;
use nbft_connect::dhcp_options::ClientOptions;
use nbft_connect::net::{NetEvent, NetOptions};

/// A table that asks for an address, and names the host.
fn named(address: &str, host_name: &str) -> Plan {
    let mut plan = plan(address, HfiTcpFlags::DHCP_OVERRIDE, IpOrigin::DHCP, None);
    plan.interfaces[0].links[0].networks[0].host_name = Some(host_name.to_owned());
    plan
}

fn classes() -> ClientOptions {
    let mut options = ClientOptions::default();
    (options.vendor_class, options.user_class) = (Some("NbftBoot:1".into()), Some("racks".into()));
    options
}

/// Whether a message has these bytes among its options.
fn has(message: &[u8], option: &[u8]) -> bool {
    message[240..].windows(option.len()).any(|bytes| bytes == option)
}

#[test]
fn each_message_has_the_classes_and_the_tables_host_name() {
    in_namespace("each_message_has_the_classes_and_the_tables_host_name", || {
        link("192.0.2.1/24");
        let server = Granting::start("eth0-peer", Terms { pool: [60, 61], seconds: 60, renew: 5 });
        server.renew(true);
        runtime().block_on(async {
            let options = NetOptions::new("/".into()).maintaining(Vec::new()).with_client_options(classes());
            let (_handle, mut events) = start_with(options, &named("0.0.0.0", "node-7")).await;
            leased(&mut events).await;
            // The renewal too.
            while !matches!(next(&mut events).await, NetEvent::Renewed { .. }) {}
        });
        let received = server.received();
        let kinds: Vec<u8> = received.iter().map(|message| message[242]).collect();
        assert_eq!(kinds, [1, 3, 3], "DHCPDISCOVER and two DHCPREQUEST");
        for message in &received {
            // In this order, with the length of the user class before it (RFC 3004).
            let expected = b"\x0c\x06node-7\x3c\x0aNbftBoot:1\x4d\x06\x05racks\xff";
            assert!(has(message, expected), "{message:?}");
        }
    });
}

#[test]
fn a_host_name_of_the_table_that_is_none_is_not_sent() {
    in_namespace("a_host_name_of_the_table_that_is_none_is_not_sent", || {
        link("192.0.2.1/24");
        let server = Granting::start("eth0-peer", Terms { pool: [60, 61], seconds: 60, renew: 30 });
        runtime().block_on(async {
            let options = NetOptions::new("/".into());
            let (_handle, mut events) = start_with(options, &named("0.0.0.0", "node\n7")).await;
            leased(&mut events).await;
        });
        let received = server.received();
        assert_eq!(received.len(), 2);
        assert!(
            received.iter().all(|message| !message[240..].windows(4).any(|bytes| bytes == b"node")),
            "{received:?}"
        );
    });
}

/// The address that a server grants to a client of these classes, and the server's log.
fn granted(server: &Server, plan: &Plan) -> (String, String) {
    let address = runtime().block_on(async {
        let options = NetOptions::new("/".into()).with_client_options(classes());
        let (_handle, mut events) = start_with(options, plan).await;
        leased(&mut events).await.1.address.to_string()
    });
    (address, server.log())
}

#[test]
fn a_server_chooses_the_pool_by_vendor_class() {
    in_namespace("a_server_chooses_the_pool_by_vendor_class", || {
        link("192.0.2.1/24");
        let pools = [
            "--dhcp-vendorclass=set:boot,NbftBoot",
            "--dhcp-range=tag:boot,192.0.2.50,192.0.2.59,255.255.255.0,1h",
            "--dhcp-range=tag:!boot,192.0.2.80,192.0.2.89,255.255.255.0,1h",
            "--dhcp-authoritative",
        ];
        let (address, log) = granted(&Server::dnsmasq("class", &pools), &named("0.0.0.0", "node-7"));
        assert!(address.starts_with("192.0.2.5"), "{address}: {log}");
        for said in ["vendor class: NbftBoot:1", "client provides name: node-7", "user class: racks"] {
            assert!(log.contains(said), "{said}: {log}");
        }
    });
}

#[test]
fn a_dhcpv6_server_chooses_the_pool_by_vendor_class() {
    in_namespace("a_dhcpv6_server_chooses_the_pool_by_vendor_class", || {
        link("2001:db8:1::1/64");
        let pools = [
            "--dhcp-vendorclass=set:boot,enterprise:43793,NbftBoot",
            "--dhcp-userclass=set:shelf,racks",
            "--dhcp-range=tag:boot,2001:db8:1::50,2001:db8:1::5f,64,1h",
            "--dhcp-range=tag:!boot,2001:db8:1::80,2001:db8:1::8f,64,1h",
            "--enable-ra",
            "--dhcp-authoritative",
        ];
        let (address, log) = granted(&Server::dnsmasq("class6", &pools), &named("::", "node-7.example.org"));
        assert!(address.starts_with("2001:db8:1::5"), "{address}: {log}");
        for said in ["vendor class: 43793", "client provides name: node-7.example.org"] {
            assert!(log.contains(said), "{said}: {log}");
        }
        let tags = log.lines().filter_map(|line| line.split_once(" tags: "));
        assert!(tags.clone().count() > 0 && tags.clone().all(|(_, tags)| tags.contains("shelf")), "{log}");
    });
}
