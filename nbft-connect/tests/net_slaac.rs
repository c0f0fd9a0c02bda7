//! Sets up addresses from router advertisements, and reads what DHCPv6 adds: real dnsmasq and radvd on the other end of a veth pair,
//! and a server that does not answer.

#![allow(clippy::disallowed_macros, clippy::disallowed_methods, clippy::unwrap_used)]

mod common;

use common::dhcp::{POOL6, Server, leased, link, plan};
use common::net::{AT, Root, next, outcome, ready, runtime, start, start_with};
use common::{in_namespace, ip};
use libnbft::model::{HfiExt, HfiExtFlags, HfiTcpFlags, IpOrigin};
use libnbft::plan::{Method, Plan};
use nbft_connect::net::{Information, NetEvent, NetOptions};
use std::fs;
use std::net::{Ipv6Addr, UdpSocket};
use std::time::Duration;

/// The address made of the test NIC's MAC address.
const AUTOCONFIGURED: &str = "2001:db8:1::ff:fe00:1";

/// An HFI whose address came from a router advertisement.
fn autoconfigured() -> Plan {
    plan("::", HfiTcpFlags::AUTOCONFIGURED, IpOrigin::OTHER, None)
}

/// A router that advertises a prefix for addresses, with these flags.
fn router(name: &str, flags: &str) -> Server {
    let config = format!(
        "interface eth0-peer {{ AdvSendAdvert on; {flags} MinRtrAdvInterval 3; MaxRtrAdvInterval 4; \
         prefix 2001:db8:1::/64 {{ AdvOnLink on; AdvAutonomous on; }}; }};\n"
    );
    Server::start(name, "radvd", |directory| {
        let file = format!("{directory}/radvd.conf");
        fs::write(&file, &config).unwrap();
        ["-n", "-m", "stderr", "-C", &file, "-p", &format!("{directory}/pid"), "-u", "root"].map(str::to_owned).to_vec()
    })
}

/// The server's messages, without those that no client caused.
fn exchanged(server: &Server) -> Vec<String> {
    server.messages().into_iter().filter(|message| message != "DHCP").collect()
}

#[test]
fn slaac() {
    in_namespace("slaac", || {
        link("2001:db8:1::1/64");
        let _router = router("slaac", "");
        runtime().block_on(async {
            let (_handle, mut events) = start(&autoconfigured()).await;
            assert_eq!(ready(&mut events).await.2.to_string(), AUTOCONFIGURED);
        });
    });
}

#[test]
fn information_of_stateless_dhcpv6_comes_after_the_address() {
    in_namespace("information_of_stateless_dhcpv6_comes_after_the_address", || {
        link("2001:db8:1::1/64");
        let options = [
            "--dhcp-option=option6:dns-server,[2001:db8:1::4],[2001:db8:1::5]",
            "--dhcp-option=option6:domain-search,example.org,example.net",
            "--dhcp-option=option6:ntp-server,[2001:db8:1::6]",
            "--dhcp-option=option6:bootfile-url,tftp://[2001:db8:1::9]/boot",
            "--dhcp-option=option6:information-refresh-time,1h",
        ];
        let range = ["--dhcp-range=2001:db8:1::,ra-stateless", "--enable-ra"];
        let server = Server::dnsmasq("stateless", &[&range[..], &options[..]].concat());
        let expected = || Information {
            server: link_local_of("eth0-peer").into(),
            dns: vec!["2001:db8:1::4".parse().unwrap(), "2001:db8:1::5".parse().unwrap()],
            domains: vec!["example.org".into(), "example.net".into()],
            ntp: vec!["2001:db8:1::6".into()],
            boot_file_url: Some("tftp://[2001:db8:1::9]/boot".into()),
        };
        runtime().block_on(async {
            for resident in [false, true] {
                let root = Root::new("stateless-root");
                let options = NetOptions::new(root.0.clone());
                let options = if resident { options.maintaining(Vec::new()) } else { options };
                let (_handle, mut events) = start_with(options, &autoconfigured()).await;
                assert_eq!(ready(&mut events).await.2.to_string(), AUTOCONFIGURED);
                match outcome(&mut events).await {
                    NetEvent::Informed { at: AT, information } => assert_eq!(*information, expected()),
                    other => panic!("{other:?}"),
                }
            }
        });
        let once = ["DHCPINFORMATION-REQUEST"];
        assert_eq!(exchanged(&server), [once, once].concat(), "{}", server.log());
    });
}

#[test]
fn a_silent_server_delays_nothing() {
    in_namespace("a_silent_server_delays_nothing", || {
        link("2001:db8:1::1/64");
        let _router = router("silent", "AdvOtherConfigFlag on;");
        let heard = UdpSocket::bind("[::]:547").unwrap();
        let index = nix::net::if_::if_nametoindex("eth0-peer").unwrap();
        heard.join_multicast_v6(&"ff02::1:2".parse().unwrap(), index).unwrap();
        heard.set_nonblocking(true).unwrap();
        let mut ext = HfiExt::default();
        ext.flags = HfiExtFlags::VALID.with(HfiExtFlags::DHCP_CLIENT_ID);
        (ext.iaid, ext.duid) = (Some(7), Some(vec![3, 0, 1, 0, 2, 0, 0, 0, 0, 9]));
        let plan = plan("::", HfiTcpFlags::AUTOCONFIGURED, IpOrigin::OTHER, Some(ext));
        runtime().block_on(async {
            let (_handle, mut events) = start(&plan).await;
            assert_eq!(ready(&mut events).await.2.to_string(), AUTOCONFIGURED);
            let heard = tokio::net::UdpSocket::from_std(heard).unwrap();
            let mut requests = Vec::new();
            for _ in 0..2 {
                let mut buffer = [0; 1500];
                let receive = tokio::time::timeout(Duration::from_secs(40), heard.recv(&mut buffer));
                let length = receive.await.expect("a request").unwrap();
                requests.push(buffer[..length].to_vec());
            }
            // Information-request with the table's DUID in wire form, then the requested options.
            let identifier = [0, 1, 0, 10, 0, 3, 0, 1, 2, 0, 0, 0, 0, 9];
            for request in &requests {
                assert_eq!((request[0], &request[4..18]), (11, &identifier[..]), "{request:02x?}");
            }
            assert_eq!(requests[0][1..4], requests[1][1..4], "it is one transaction");
            let elapsed = |request: &[u8]| u16::from_be_bytes([request[request.len() - 2], request[request.len() - 1]]);
            assert_eq!(elapsed(&requests[0]), 0);
            assert!(elapsed(&requests[1]) >= 90, "{requests:02x?}");
            assert!(events.try_recv().is_err(), "nothing else came of it");
        });
    });
}

#[test]
fn an_open_method_becomes_dhcpv6_if_the_router_says_so() {
    in_namespace("an_open_method_becomes_dhcpv6_if_the_router_says_so", || {
        link("2001:db8:1::1/64");
        // M, and a prefix that is not for addresses.
        let server = Server::dnsmasq("managed", &POOL6);
        let open = plan("::", HfiTcpFlags(0), IpOrigin::OTHER, None);
        assert_eq!(open.networks().map(|(_, network)| network.method).collect::<Vec<_>>(), [Method::Slaac]);
        let lease = runtime().block_on(async {
            let (_handle, mut events) = start(&open).await;
            leased(&mut events).await.1
        });
        assert!(lease.address.to_string().starts_with("2001:db8:1::5"), "{lease:?}");
        let shown = ip("-6 address show dev nbft0 scope global");
        assert!(shown.contains(&format!("inet6 {}/128", lease.address)), "{shown}");
        let own = exchanged(&server);
        assert_eq!(own, ["DHCPSOLICIT", "DHCPADVERTISE", "DHCPREQUEST", "DHCPREPLY"], "{}", server.log());

        // The resident service uses the lease as it is.
        runtime().block_on(async {
            let root = Root::new("managed-root");
            let options = NetOptions::new(root.0.clone()).maintaining(vec![(AT, lease.clone())]);
            let (_handle, mut events) = start_with(options, &open).await;
            assert_eq!(leased(&mut events).await.1, lease);
        });
        assert_eq!(exchanged(&server), own, "{}", server.log());
    });
}

#[test]
fn an_advertised_address_is_preferred_to_dhcpv6() {
    in_namespace("an_advertised_address_is_preferred_to_dhcpv6", || {
        link("2001:db8:1::1/64");
        // M, and a prefix for addresses.
        let range = "--dhcp-range=2001:db8:1::50,2001:db8:1::5f,slaac,64,1h";
        let server = Server::dnsmasq("both", &[range, "--enable-ra", "--dhcp-authoritative"]);
        runtime().block_on(async {
            let (_handle, mut events) = start(&autoconfigured()).await;
            match next_outcome(&mut events).await {
                NetEvent::Ready { address, lease: None, .. } => assert_eq!(address.to_string(), AUTOCONFIGURED),
                other => panic!("{other:?}"),
            }
            let event = next_outcome(&mut events).await;
            assert!(matches!(event, NetEvent::Informed { at: AT, .. }), "{event:?}");
        });
        assert_eq!(exchanged(&server), ["DHCPINFORMATION-REQUEST"], "{}", server.log());
    });
}

/// The next event other than `Waiting` for carrier or advertisement; there must be no other wait.
async fn next_outcome(events: &mut tokio::sync::mpsc::UnboundedReceiver<NetEvent>) -> NetEvent {
    use nbft_connect::net::Waiting;
    loop {
        match next(events).await {
            NetEvent::Waiting { for_what: Waiting::Advertisement | Waiting::Carrier, .. } => {}
            other => return other,
        }
    }
}

fn link_local_of(link: &str) -> Ipv6Addr {
    let shown = ip(&format!("-6 -o address show dev {link} scope link"));
    let word = shown.split_whitespace().find(|word| word.starts_with("fe80")).expect(&shown);
    word.split('/').next().unwrap().parse().unwrap()
}
