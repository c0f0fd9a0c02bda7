//! Addresses that a server grants: real dnsmasq and radvd on the other end of a veth pair.

#![allow(clippy::disallowed_macros, clippy::disallowed_methods, clippy::unwrap_used)]

mod common;

use common::dhcp::{POOL, POOL6, RENEW, Server, leased, link, plan};
use common::net::{AT, Root, next, outcome, ready, runtime, start, start_with};
use common::{in_namespace, ip, ip_lines};
use libnbft::model::{HfiExt, HfiExtFlags, HfiTcpFlags, IpOrigin};
use libnbft::plan::Plan;
use nbft_connect::net::{NetEvent, NetOptions, Waiting};
use std::fs;
use std::net::IpAddr;
use std::time::Duration;

/// The address that the interface gets.
fn granted(plan: &Plan) -> IpAddr {
    runtime().block_on(async {
        let (_handle, mut events) = start(plan).await;
        ready(&mut events).await.2
    })
}

#[test]
fn firmwares_lease_is_asked_for_in_one_round_trip() {
    in_namespace("firmwares_lease_is_asked_for_in_one_round_trip", || {
        link("192.0.2.1/24");
        // Authoritative: a server that was restarted knows no lease and grants what is free.
        let server = Server::dnsmasq("reboot", &[POOL, "--dhcp-authoritative", "--dhcp-option=3,192.0.2.254"]);
        let mut ext = HfiExt::default();
        ext.flags = HfiExtFlags::VALID.with(HfiExtFlags::DHCP_CLIENT_ID);
        (ext.iaid, ext.duid) = (Some(0x0102_0304), Some(vec![4, 0, 0xaa, 0xbb]));
        let plan = plan("192.0.2.77", HfiTcpFlags::DHCP_OVERRIDE, IpOrigin::DHCP, Some(ext));
        assert_eq!(granted(&plan).to_string(), "192.0.2.77");
        assert_eq!(server.messages(), ["DHCPREQUEST", "DHCPACK"], "{}", server.log());
        // RFC 4361: type 255, IAID, DUID with its type in network byte order.
        let leases = fs::read_to_string(server.directory.path().join("leases")).unwrap();
        assert_eq!(leases.split_whitespace().last(), Some("ff:01:02:03:04:00:04:aa:bb"), "{leases}");
        assert_eq!(
            ip_lines("route show"),
            [
                "192.0.2.0/24 dev eth0-peer proto kernel scope link src 192.0.2.1",
                "192.0.2.0/24 dev nbft0 proto kernel scope link src 192.0.2.77 metric 500",
                "default via 192.0.2.254 dev nbft0 proto static src 192.0.2.77 metric 500",
            ]
        );
        assert!(ip("address show dev nbft0").contains("valid_lft forever"), "the kernel must never expire it");
    });
}

#[test]
fn another_address_is_taken_when_the_server_wants_it() {
    in_namespace("another_address_is_taken_when_the_server_wants_it", || {
        link("192.0.2.1/24");
        let server = Server::dnsmasq("other", &[POOL, "--dhcp-authoritative"]);
        let plan = plan("192.0.2.200", HfiTcpFlags::DHCP_OVERRIDE, IpOrigin(82), None);
        let address = granted(&plan).to_string();
        let last: u8 = address.strip_prefix("192.0.2.").and_then(|last| last.parse().ok()).expect(&address);
        assert!((50..=99).contains(&last), "{address}");
        let expected = ["DHCPREQUEST", "DHCPNAK", "DHCPDISCOVER", "DHCPOFFER", "DHCPREQUEST", "DHCPACK"];
        assert_eq!(server.messages(), expected, "{}", server.log());
    });
}

#[test]
fn dhcpv6() {
    in_namespace("dhcpv6", || {
        link("2001:db8:1::1/64");
        let _server = Server::dnsmasq("v6", &POOL6);
        let plan = plan("::", HfiTcpFlags::DHCP_OVERRIDE, IpOrigin::DHCP, None);
        // The table says nothing of the family but the form of its zero: raw, so IPv6.
        let address = granted(&plan).to_string();
        assert!(address.starts_with("2001:db8:1::5"), "{address}");
        let shown = ip("-6 address show dev nbft0 scope global");
        assert!(shown.contains(&format!("inet6 {address}/128")), "{shown}");
    });
}

#[test]
fn dhcpv6_by_each_kind_of_the_tables_duid() {
    in_namespace("dhcpv6_by_each_kind_of_the_tables_duid", || {
        link("2001:db8:1::1/64");
        let server = Server::dnsmasq("duid", &POOL6);
        // As in the table, numbers little endian, and as the server must have it.
        let uuid = [&[4, 0][..], &[0xa5; 16]].concat();
        let cases: [(&[u8], &str); 5] = [
            (&[1, 0, 1, 0, 4, 3, 2, 1, 2, 0, 0, 0, 0, 1], "00:01:00:01:01:02:03:04:02:00:00:00:00:01"),
            (&[2, 0, 4, 3, 2, 1, 0xaa, 0xbb], "00:02:01:02:03:04:aa:bb"),
            (&[3, 0, 1, 0, 2, 0, 0, 0, 0, 1], "00:03:00:01:02:00:00:00:00:01"),
            (&uuid, "00:04:a5:a5:a5:a5:a5:a5:a5:a5:a5:a5:a5:a5:a5:a5:a5:a5"),
            (&[0x77, 0, 1, 2, 3], "00:77:01:02:03"),
        ];
        let mut expected = Vec::new();
        for (table, wire) in cases {
            let mut ext = HfiExt::default();
            ext.flags = HfiExtFlags::VALID.with(HfiExtFlags::DHCP_CLIENT_ID);
            (ext.iaid, ext.duid) = (Some(7), Some(table.to_vec()));
            let address = granted(&plan("::", HfiTcpFlags::DHCP_OVERRIDE, IpOrigin::DHCP, Some(ext)));
            expected.push(format!("7 {address} {wire}"));
        }
        // Time, IAID, address, name, DUID; the first line is the server's own.
        let leases = fs::read_to_string(server.directory.path().join("leases")).unwrap();
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let mut known: Vec<_> = leases.lines().map(words).filter(|words| words.len() == 5).collect();
        known.sort_by_key(|words| expected.iter().position(|line| line.ends_with(&words[4])));
        let known: Vec<_> = known.iter().map(|words| format!("{} {} {}", words[1], words[2], words[4])).collect();
        assert_eq!(known, expected, "{leases}{}", server.log());
    });
}

#[test]
fn a_server_that_comes_late_is_taken_as_it_comes() {
    in_namespace("a_server_that_comes_late_is_taken_as_it_comes", || {
        link("192.0.2.1/24");
        let plan = plan("::ffff:0.0.0.0", HfiTcpFlags::DHCP_OVERRIDE, IpOrigin::DHCP, None);
        runtime().block_on(async {
            let (_handle, mut events) = start(&plan).await;
            let waiting = async {
                loop {
                    match next(&mut events).await {
                        NetEvent::Waiting { for_what: Waiting::Lease, .. } => break,
                        NetEvent::Waiting { .. } => {}
                        other => panic!("{other:?} without a server"),
                    }
                }
            };
            waiting.await;
            tokio::time::sleep(std::time::Duration::from_secs(2)).await;
            // It probes the address first, as servers do unless told otherwise, and names no router.
            let _server = Server::dnsmasq("late", &[POOL, "--dhcp-option=3"]);
            ready(&mut events).await;
        });
        let routes = ip_lines("-4 route show dev nbft0");
        assert_eq!(routes.len(), 1, "{routes:?}");
        assert!(routes[0].starts_with("192.0.2.0/24 proto kernel scope link src 192.0.2."), "{routes:?}");
    });
}

#[test]
fn what_the_server_says_of_routes_and_mtu_is_done_and_told() {
    in_namespace("what_the_server_says_of_routes_and_mtu_is_done_and_told", || {
        link("192.0.2.1/24");
        // A gateway outside the subnet, as servers that grant single addresses name it.
        let options = [
            "--dhcp-option=121,198.51.100.0/24,192.0.2.253,0.0.0.0/0,203.0.113.254",
            "--dhcp-option=26,1400",
            "--dhcp-option=6,192.0.2.5",
            "--dhcp-option=42,192.0.2.6",
            "--dhcp-option=15,example.org",
            "--dhcp-option=17,nvme+tcp://192.0.2.9/",
        ];
        let all: Vec<&str> =
            [POOL, "--dhcp-host=02:00:00:00:00:01,192.0.2.77,host.example"].into_iter().chain(options).collect();
        let _server = Server::dnsmasq("routes", &all);
        let plan = plan("::ffff:0.0.0.0", HfiTcpFlags::DHCP_OVERRIDE, IpOrigin::DHCP, None);
        let lease = runtime().block_on(async {
            let (_handle, mut events) = start(&plan).await;
            match outcome(&mut events).await {
                NetEvent::Ready { lease: Some(lease), .. } => lease,
                other => panic!("{other:?}"),
            }
        });
        let mut lease = serde_json::to_value(&*lease).unwrap();
        assert!(lease.as_object_mut().unwrap().remove("granted_at").is_some_and(|at| at.as_u64() > Some(0)));
        let expected = serde_json::json!({
            "address": "192.0.2.77", "prefix": 24, "server": "192.0.2.1",
            "seconds": 3600, "renew_seconds": 1800, "rebind_seconds": 3150,
            "routes": [
                {"destination": "198.51.100.0", "prefix": 24, "gateway": "192.0.2.253"},
                {"destination": "0.0.0.0", "prefix": 0, "gateway": "203.0.113.254"},
            ],
            "dns": ["192.0.2.5"], "domains": ["example.org"], "ntp": ["192.0.2.6"], "mtu": 1400,
            "host_name": "host", "root_path": "nvme+tcp://192.0.2.9/",
        });
        assert_eq!(lease, expected);
        assert_eq!(
            ip_lines("-4 route show dev nbft0"),
            [
                "192.0.2.0/24 proto kernel scope link src 192.0.2.77 metric 500",
                "198.51.100.0/24 via 192.0.2.253 proto static src 192.0.2.77 metric 500",
                "203.0.113.254 proto static scope link src 192.0.2.77 metric 500",
                "default via 203.0.113.254 proto static src 192.0.2.77 metric 500",
            ]
        );
        assert!(ip("-o link show nbft0").contains(" mtu 1400 "));
        assert!(ip("-4 address show nbft0").contains("valid_lft forever"), "the kernel never takes it away");
    });
}

#[test]
fn what_the_administrator_says_of_the_mtu_goes_before_what_the_server_says() {
    in_namespace("what_the_administrator_says_of_the_mtu_goes_before_what_the_server_says", || {
        link("192.0.2.1/24");
        let _server = Server::dnsmasq("mtu", &[POOL, "--dhcp-option=26,1400"]);
        let plan = plan("::ffff:0.0.0.0", HfiTcpFlags::DHCP_OVERRIDE, IpOrigin::DHCP, None);
        runtime().block_on(async {
            let settings = NetOptions::new("/".into()).with_mtu(Some(1450));
            let (_handle, mut events) = start_with(settings, &plan).await;
            ready(&mut events).await;
        });
        assert!(ip("-o link show nbft0").contains(" mtu 1450 "));
    });
}

#[test]
fn a_lease_is_renewed_by_whoever_stays() {
    in_namespace("a_lease_is_renewed_by_whoever_stays", || {
        link("192.0.2.1/24");
        let server = Server::dnsmasq("renew", &[POOL, "--dhcp-authoritative", RENEW, "--dhcp-option=59,20"]);
        let plan = plan("192.0.2.77", HfiTcpFlags::DHCP_OVERRIDE, IpOrigin::DHCP, None);
        let once = ["DHCPREQUEST", "DHCPACK"];
        runtime().block_on(async {
            let root = Root::new("renew");
            let settings = NetOptions::new(root.0.clone()).maintaining(Vec::new());
            let (handle, mut events) = start_with(settings, &plan).await;
            let (_, first) = leased(&mut events).await;
            assert_eq!((first.renew_seconds, first.rebind_seconds), (5, 20));
            let renewed = match outcome(&mut events).await {
                NetEvent::Renewed { at: AT, lease } => *lease,
                other => panic!("{other:?}"),
            };
            assert_eq!(renewed.address, first.address);
            assert!(renewed.granted_at >= first.granted_at + 5);
            assert_eq!(server.messages(), [once, once].concat(), "{}", server.log());
            drop(handle);

            // It is held already: nobody is asked, neither now nor later, when a network manager renews it.
            let settings = NetOptions::new(root.0.clone()).maintaining(vec![(AT, renewed.clone())]);
            let (_handle, mut events) = start_with(settings, &plan).await;
            let (link, held) = leased(&mut events).await;
            assert_eq!(held, renewed);
            let lease = format!("run/systemd/netif/leases/{link}");
            root.file(&lease, &format!("ADDRESS={}\n", held.address));
            tokio::time::sleep(Duration::from_secs(8)).await;
            assert_eq!(server.messages(), [once, once].concat(), "{}", server.log());

            // A manager whose lease is for another address does not renew this one.
            root.file(&lease, "ADDRESS=192.0.2.60\n");
            let event = outcome(&mut events).await;
            assert!(matches!(&event, NetEvent::Renewed { lease, .. } if lease.address == held.address), "{event:?}");
            assert_eq!(server.messages(), [once, once, once].concat(), "{}", server.log());
        });
    });
}

#[test]
fn a_dhcpv6_lease_is_renewed_with_its_server() {
    in_namespace("a_dhcpv6_lease_is_renewed_with_its_server", || {
        link("2001:db8:1::1/64");
        let server = Server::dnsmasq("renew6", &POOL6);
        let plan = plan("::", HfiTcpFlags::DHCP_OVERRIDE, IpOrigin::DHCP, None);
        let asked = ["DHCPSOLICIT", "DHCPADVERTISE", "DHCPREQUEST", "DHCPREPLY"];
        let of_clients = |server: &Server| -> Vec<String> {
            server.messages().into_iter().filter(|message| message != "DHCPINFORMATION-REQUEST").collect()
        };
        runtime().block_on(async {
            let root = Root::new("renew6");
            let (handle, mut events) = start_with(NetOptions::new(root.0.clone()).maintaining(Vec::new()), &plan).await;
            let (_, mut first) = leased(&mut events).await;
            assert_eq!(of_clients(&server), asked, "{}", server.log());
            drop(handle);

            // A lease whose time has come.
            first.renew_seconds = 0;
            let settings = NetOptions::new(root.0.clone()).maintaining(vec![(AT, first.clone())]);
            let (handle, mut events) = start_with(settings, &plan).await;
            assert_eq!(leased(&mut events).await.1, first);
            let renewed = match outcome(&mut events).await {
                NetEvent::Renewed { at: AT, lease } => *lease,
                other => panic!("{other:?}"),
            };
            assert_eq!(of_clients(&server), [&asked[..], &["DHCPRENEW", "DHCPREPLY"]].concat(), "{}", server.log());
            assert_eq!((renewed.address, &renewed.server_duid), (first.address, &first.server_duid));
            assert!(renewed.server_duid.is_some() && renewed.granted_at > first.granted_at);
            drop(handle);

            // One that is to be rebound.
            let mut late = renewed.clone();
            (late.renew_seconds, late.rebind_seconds) = (0, 0);
            let settings = NetOptions::new(root.0.clone()).maintaining(vec![(AT, late.clone())]);
            let (_handle, mut events) = start_with(settings, &plan).await;
            assert_eq!(leased(&mut events).await.1, late);
            let event = outcome(&mut events).await;
            assert!(matches!(&event, NetEvent::Renewed { lease, .. } if lease.address == first.address), "{event:?}");
            let last = of_clients(&server).split_off(6);
            assert_eq!(last, ["DHCPREBIND", "DHCPREPLY"], "{}", server.log());
        });
    });
}
