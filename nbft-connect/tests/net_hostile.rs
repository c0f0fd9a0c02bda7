//! DHCP servers that grant, and routers that advertise, what cannot be, on the other end of a veth pair: what is set, what is refused, what is asked again.

#![allow(clippy::disallowed_macros, clippy::disallowed_methods, clippy::print_stderr, clippy::unwrap_used)]

mod common;

use common::dhcp::{link, plan};
use common::hostile::{Hostile, grant, grant6, until};
use common::net::{AT, next, outcome, ready, runtime, start, start_with};
use common::{in_namespace, ip, ip_lines};
use libnbft::model::{Hfi, HfiTcp, HfiTcpFlags, IpOrigin, Mac, Table, TransportType};
use libnbft::plan::{Options, Plan, Source};
use nbft_connect::net::{Lease, NetEvent, NetOptions, Waiting};
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, SockaddrIn6, sendto, setsockopt, socket, sockopt,
};
use std::ffi::OsString;
use std::net::{IpAddr, Ipv6Addr, SocketAddrV6};
use std::os::fd::AsRawFd;
use std::process::Command;
use std::time::Duration;

/// As `ip`, where there may be nothing to do.
fn ip_maybe(words: &str) {
    let _ = Command::new("ip").args(words.split_whitespace()).output().unwrap();
}

/// As nothing had been set on nbft0.
fn clear() {
    for family in ["-4", "-6"] {
        ip_maybe(&format!("{family} rule flush priority 20000"));
        ip_maybe(&format!("{family} route flush table 20000"));
        ip_maybe(&format!("{family} address flush dev nbft0 scope global"));
    }
    ip_maybe("link set nbft0 mtu 1500");
}

/// Rules that choose our tables, and addresses and routes of nbft0.
fn set(family: &str) -> Vec<String> {
    let rules = ip_lines(&format!("{family} rule show")).into_iter().filter(|rule| rule.starts_with("20000:"));
    let addresses = ip(&format!("{family} -o address show dev nbft0 scope global"));
    let addresses = addresses.lines().filter_map(|line| line.split_whitespace().nth(3)).map(str::to_owned);
    let routes = ip_lines(&format!("{family} route show table all dev nbft0"));
    let routes = routes.into_iter().filter(|route| {
        // What the kernel makes by itself.
        !["local", "broadcast", "anycast", "multicast", "fe80::"].iter().any(|word| route.starts_with(word))
    });
    rules.chain(addresses).chain(routes).collect()
}

/// What became of a grant: the lease, or why not. It is asked for again where there is none.
async fn became(plan: &Plan, asked: &dyn Fn() -> usize) -> Result<Lease, String> {
    let (_handle, mut events) = start(plan).await;
    match outcome(&mut events).await {
        NetEvent::Ready { lease: Some(lease), .. } => Ok(*lease),
        NetEvent::Failed { reason, .. } => {
            until("asked again", || asked() >= 2).await;
            Err(reason.to_string())
        }
        other => panic!("{other:?}"),
    }
}

fn dhcp4(prefix: u8) -> Plan {
    let mut plan = plan("192.0.2.77", HfiTcpFlags::DHCP_OVERRIDE, IpOrigin::DHCP, None);
    plan.interfaces[0].links[0].networks[0].prefix = prefix;
    plan
}

#[test]
fn a_lease_of_an_address_that_no_interface_can_have_is_refused() {
    in_namespace("a_lease_of_an_address_that_no_interface_can_have_is_refused", || {
        link("192.0.2.1/24");
        let server = Hostile::v4();
        for (address, why) in [
            ("0.0.0.0", "it is the unspecified address"),
            ("0.1.2.3", "it is in 0.0.0.0/8"),
            ("127.0.0.1", "it is a loopback address"),
            ("224.0.0.1", "it is a multicast address"),
            ("240.1.1.1", "it is in the reserved block 240.0.0.0/4"),
            ("255.255.255.255", "it is the broadcast address"),
            ("192.0.2.0", "it is the address of its /24 subnet itself"),
            ("192.0.2.255", "it is the broadcast address of its /24 subnet"),
        ] {
            server.grant(grant(address, &[]));
            let error = runtime().block_on(became(&dhcp4(24), &|| server.asked())).unwrap_err();
            assert_eq!(error, format!("the lease of {address} from 192.0.2.1 is refused: {why}"));
            assert_eq!(set("-4"), [""; 0], "{address}");
        }
        // The next good one is taken.
        server.grant(grant("192.0.2.77", &[]));
        runtime().block_on(became(&dhcp4(24), &|| server.asked())).unwrap();
    });
}

/// The rules of every lease of 192.0.2.77.
const RULES: [&str; 2] =
    ["20000: from 192.0.2.77 lookup 20000 proto static", "20000: from all oif nbft0 lookup 20000 proto static"];

#[test]
fn an_odd_item_of_a_lease_costs_itself() {
    in_namespace("an_odd_item_of_a_lease_costs_itself", || {
        link("192.0.2.1/24");
        let server = Hostile::v4();
        let connected = "192.0.2.0/24 proto kernel scope link src 192.0.2.77 metric 500";
        let own = "192.0.2.0/24 table 20000 proto static scope link src 192.0.2.77";
        let usual = ["192.0.2.77/24", own, connected];
        let alone = ["192.0.2.77/32", "192.0.2.77 table 20000 proto static scope link src 192.0.2.77"];
        let by = |to: &str, gateway: &str| {
            let way = format!("{to} via {gateway}");
            [
                format!("{way} proto static src 192.0.2.77 metric 500"),
                format!("{way} table 20000 proto static src 192.0.2.77"),
            ]
        };
        let masked = by("129.210.177.128/25", "192.0.2.254");
        let good = by("198.51.100.0/24", "192.0.2.254");
        let with = |more: &[String; 2]| usual.iter().map(|line| (*line).to_owned()).chain(more.clone()).collect();
        let just = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<String>>();
        // Options; the table's prefix length; what is set.
        type Case<'a> = (&'a str, &'a [(u8, &'a [u8])], u8, Vec<String>);
        let cases: [Case<'_>; 15] = [
            ("no mask, as in the table", &[(1, &[])], 24, just(&usual)),
            ("no mask, none in the table", &[(1, &[])], 32, just(&alone)),
            ("mask 0", &[(1, &[0, 0, 0, 0])], 24, just(&usual)),
            ("mask 0, none in the table", &[(1, &[0, 0, 0, 0])], 32, just(&alone)),
            ("mask with a hole", &[(1, &[255, 0, 255, 0])], 24, just(&usual)),
            ("gateway: the broadcast address", &[(3, &[192, 0, 2, 255])], 24, just(&usual)),
            ("gateway: everybody", &[(3, &[255, 255, 255, 255])], 24, just(&usual)),
            ("gateway: loopback", &[(3, &[127, 0, 0, 1])], 24, just(&usual)),
            ("gateway: itself", &[(3, &[192, 0, 2, 77])], 24, just(&usual)),
            ("gateway: nobody", &[(3, &[0, 0, 0, 0])], 24, just(&usual)),
            ("host bits", &[(121, &[25, 129, 210, 177, 132, 192, 0, 2, 254])], 24, with(&masked)),
            ("all the world on the link", &[(121, &[0, 0, 0, 0, 0])], 24, just(&usual)),
            (
                "a bad route before a good one",
                &[(121, &[8, 10, 192, 0, 2, 255, 8, 127, 192, 0, 2, 254, 24, 198, 51, 100, 192, 0, 2, 254])],
                24,
                with(&good),
            ),
            ("for ever, by everybody", &[(51, &[255; 4]), (54, &[255; 4])], 24, just(&usual)),
            ("an MTU below what IPv4 takes", &[(26, &[1, 244])], 24, just(&usual)),
        ];
        for (what, options, prefix, mut expected) in cases {
            server.grant(grant("192.0.2.77", options));
            let became = runtime().block_on(became(&dhcp4(prefix), &|| server.asked()));
            assert!(became.is_ok(), "{what}: {became:?}");
            expected.extend(RULES.map(str::to_owned));
            expected.sort();
            let mut found = set("-4");
            found.sort();
            assert_eq!(found, expected, "{what}");
            assert!(ip("-o link show nbft0").contains(" mtu 1500 "), "{what}");
            clear();
        }
        // That it is the broadcast address of another subnet of the NIC, only the kernel sees.
        ip("address add 10.9.9.1/24 brd + dev nbft0");
        server.grant(grant("192.0.2.77", &[(121, &[0, 10, 9, 9, 255, 24, 198, 51, 100, 192, 0, 2, 254])]));
        runtime().block_on(became(&dhcp4(24), &|| server.asked())).unwrap();
        let found = set("-4");
        assert!(good.iter().all(|route| found.contains(route)), "{found:?}");
        assert!(!found.iter().any(|line| line.contains("default")), "{found:?}");
        clear();
        let servers = [0, 0, 0, 0, 127, 0, 0, 53, 224, 0, 0, 251, 192, 0, 2, 5];
        server.grant(grant("192.0.2.77", &[(6, &servers), (42, &servers), (54, &[255; 4]), (51, &[255; 4])]));
        let lease = runtime().block_on(became(&dhcp4(24), &|| server.asked())).unwrap();
        assert_eq!(lease.dns, ["192.0.2.5".parse::<IpAddr>().unwrap()]);
        assert_eq!(lease.ntp, ["192.0.2.5"]);
        assert_eq!(lease.server.to_string(), "0.0.0.0");
        assert_eq!(lease.seconds, u32::MAX);
        assert!(lease.renew_in() > Duration::from_secs(86_400));
    });
}

#[test]
fn a_dhcpv6_lease_of_an_address_that_no_interface_can_have_is_refused() {
    in_namespace("a_dhcpv6_lease_of_an_address_that_no_interface_can_have_is_refused", || {
        link("2001:db8:1::1/64");
        let server = Hostile::v6();
        let plan = plan("::", HfiTcpFlags::DHCP_OVERRIDE, IpOrigin::DHCP, None);
        let whole = [1800, 3600, 900, 1440];
        for (address, why) in [
            ("::ffff:10.0.0.1", "it is an IPv4 address in IPv6 form"),
            ("::1", "it is a loopback address"),
            ("fe80::99", "it is a link-local address"),
            ("ff02::99", "it is a multicast address"),
            ("2001:db8:1::", "it is the router anycast address of its /64 subnet"),
        ] {
            server.grant(grant6(address, whole));
            let error = runtime().block_on(became(&plan, &|| server.asked())).unwrap_err();
            assert_eq!(error, format!("the lease of {address} from :: is refused: {why}"));
            assert_eq!(set("-6"), [""; 0], "{address}");
        }
        // For ever, with the times left to the client.
        for times in [[u32::MAX, u32::MAX, u32::MAX, u32::MAX], [u32::MAX, u32::MAX, 0, 0], whole] {
            let address = "2001:db8:1::99".parse::<Ipv6Addr>().unwrap();
            server.grant(grant6("2001:db8:1::99", times));
            let lease = runtime().block_on(became(&plan, &|| server.asked())).unwrap();
            assert_eq!((lease.address, lease.seconds), (address.into(), times[1]));
            assert!(lease.renew_seconds <= lease.rebind_seconds && lease.rebind_seconds <= lease.seconds, "{lease:?}");
            clear();
        }
    });
}

/// An HFI of the NIC with this address and VLAN; DHCPv4 where it has none.
fn hfi(index: u8, address: &str) -> Hfi {
    let mut tcp = HfiTcp::default();
    tcp.mac = Mac([2, 0, 0, 0, 0, 1]);
    tcp.ip = address.parse::<IpAddr>().unwrap().into();
    tcp.prefix = 64;
    tcp.flags = HfiTcpFlags::VALID;
    if !tcp.ip.is_set() {
        (tcp.prefix, tcp.flags) = (24, HfiTcpFlags::VALID.with(HfiTcpFlags::DHCP_OVERRIDE));
    }
    let mut hfi = Hfi::default();
    (hfi.index, hfi.transport, hfi.tcp) = (index, TransportType::TCP, Some(tcp));
    hfi
}

fn planned(hfis: Vec<Hfi>) -> Plan {
    let mut table = Table::default();
    table.hfis = hfis;
    Plan::new(&[Source { name: "NBFT", table: &table }], &Options::default())
}

#[test]
fn an_mtu_that_ends_ipv6_is_refused_where_the_link_has_it() {
    in_namespace("an_mtu_that_ends_ipv6_is_refused_where_the_link_has_it", || {
        link("192.0.2.1/24");
        let server = Hostile::v4();
        let mtu = |bytes: u16| grant("192.0.2.77", &[(26, &bytes.to_be_bytes())]);
        let both = planned(vec![hfi(1, "::ffff:0.0.0.0"), hfi(2, "2001:db8:1::2")]);
        for (bytes, expected) in [(576, 1500), (1279, 1500), (1280, 1280)] {
            server.grant(mtu(bytes));
            runtime().block_on(async {
                let (_handle, mut events) = start(&both).await;
                ready(&mut events).await;
                ready(&mut events).await;
            });
            assert!(ip("-o link show nbft0").contains(&format!(" mtu {expected} ")), "{bytes}");
            assert!(ip("-6 address show dev nbft0").contains("inet6 2001:db8:1::2/64"), "{bytes}");
            clear();
        }
        // Without IPv6 it is the server's to say.
        server.grant(mtu(1000));
        runtime().block_on(became(&planned(vec![hfi(1, "::ffff:0.0.0.0")]), &|| server.asked())).unwrap();
        assert!(ip("-o link show nbft0").contains(" mtu 1000 "));
    });
}

#[test]
fn an_address_that_vanishes_while_it_is_tentative_is_told_of_and_set_again() {
    in_namespace("an_address_that_vanishes_while_it_is_tentative_is_told_of_and_set_again", || {
        link("2001:db8:1::1/64");
        // Deleted; with the whole of IPv6.
        for (away, back) in [
            ("address del 2001:db8:1::2/64 dev nbft0", "link set nbft0 mtu 1500"),
            ("link set nbft0 mtu 1000", "link set nbft0 mtu 1500"),
        ] {
            runtime().block_on(async {
                let (_handle, mut events) = start(&planned(vec![hfi(1, "2001:db8:1::2")])).await;
                loop {
                    match next(&mut events).await {
                        NetEvent::Waiting { for_what: Waiting::Address, .. } => break,
                        NetEvent::Waiting { .. } => {}
                        other => panic!("{other:?}"),
                    }
                }
                ip(away);
                let NetEvent::Failed { reason, .. } = outcome(&mut events).await else { panic!("it is gone") };
                assert_eq!(reason.to_string(), "2001:db8:1::2 was removed before it could be used");
                ip(back);
                // The kernel may have refused to take it meanwhile.
                while !matches!(outcome(&mut events).await, NetEvent::Ready { .. }) {}
            });
            assert!(ip("-6 address show dev nbft0").contains("inet6 2001:db8:1::2/64"), "{away}");
            clear();
        }
    });
}

#[test]
fn a_lease_that_a_file_holds_is_checked_too() {
    in_namespace("a_lease_that_a_file_holds_is_checked_too", || {
        link("192.0.2.1/24");
        let server = Hostile::v4();
        server.grant(grant("192.0.2.77", &[]));
        // The address is there, as the network would have left it.
        ip("link set eth0 up");
        ip("address add 192.0.2.255/32 dev eth0");
        let text = r#"{"address": "192.0.2.255", "prefix": 24, "server": "192.0.2.1", "granted_at": 18446744073709551615,
            "seconds": 4294967295, "renew_seconds": 4294967295, "rebind_seconds": 0, "routes": [], "dns": [], "domains": [],
            "ntp": []}"#;
        let stored: Lease = serde_json::from_str(text).unwrap();
        runtime().block_on(async {
            let settings = NetOptions::new("/".into()).maintaining(vec![(AT, stored)]);
            let (_handle, mut events) = start_with(settings, &dhcp4(24)).await;
            assert_eq!(ready(&mut events).await.2.to_string(), "192.0.2.77");
        });
        assert_eq!(ip_lines("-4 rule show").iter().filter(|rule| rule.contains("192.0.2.255")).count(), 0);
    });
}

/// A router advertisement with one prefix of 64 bits: its valid and its preferred lifetime. With it an MTU of 500.
fn advertisement(prefix: &str, valid: u32, preferred: u32) -> Vec<u8> {
    let prefix = prefix.parse::<Ipv6Addr>().unwrap().octets();
    [
        // Type, code, checksum (the kernel's), hop limit, flags, lifetime, two timers.
        &[134, 0, 0, 0, 64, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0][..],
        // On the link, and for addresses.
        &[3, 4, 64, 0xc0],
        &valid.to_be_bytes(),
        &preferred.to_be_bytes(),
        &[0; 4],
        &prefix,
        &[5, 1, 0, 0, 0, 0, 1, 244],
    ]
    .concat()
}

#[test]
fn what_a_router_advertises_wrongly_is_passed_over() {
    in_namespace("what_a_router_advertises_wrongly_is_passed_over", || {
        link("fe80::9/64");
        let flags = SockFlag::SOCK_CLOEXEC;
        let router = socket(AddressFamily::Inet6, SockType::Raw, flags, SockProtocol::IcmpV6).unwrap();
        setsockopt(&router, sockopt::BindToDevice, &OsString::from("eth0-peer")).unwrap();
        setsockopt(&router, sockopt::Ipv6MulticastHops, &255).unwrap();
        let index = ip("-o link show eth0-peer").split(':').next().unwrap().parse().unwrap();
        let all_nodes: SockaddrIn6 = SocketAddrV6::new("ff02::1".parse().unwrap(), 0, 0, index).into();
        let advertise = |prefix, valid, preferred| {
            let message = advertisement(prefix, valid, preferred);
            let send = || sendto(router.as_raw_fd(), &message, &all_nodes, MsgFlags::empty());
            // The peer has just got its carrier.
            while send() == Err(Errno::ENETUNREACH) {
                std::thread::sleep(Duration::from_millis(20));
            }
        };
        let plan = plan("2001:db8:1::2", HfiTcpFlags::default(), IpOrigin::ROUTER_ADVERTISEMENT, None);
        runtime().block_on(async {
            let (_handle, mut events) = start(&plan).await;
            loop {
                match next(&mut events).await {
                    NetEvent::Waiting { for_what: Waiting::Advertisement, .. } => break,
                    NetEvent::Waiting { .. } => {}
                    other => panic!("{other:?}"),
                }
            }
            for (prefix, valid, preferred) in
                [("2001:db8:7::", 0, 0), ("2001:db8:8::", 1800, 3600), ("fe80::", 3600, 1800), ("ff02::", 3600, 1800)]
            {
                advertise(prefix, valid, preferred);
            }
            let early = tokio::time::timeout(Duration::from_secs(2), outcome(&mut events)).await;
            if let Ok(event) = &early {
                let NetEvent::Ready { address: IpAddr::V6(address), .. } = event else { panic!("{event:?}") };
                panic!("{address} of a prefix that is none; {}", ip("-6 address show dev nbft0"));
            }
            // For ever.
            advertise("2001:db8:1::", u32::MAX, u32::MAX);
            assert_eq!(ready(&mut events).await.2.to_string(), "2001:db8:1::ff:fe00:1");
        });
        assert!(ip("-o link show nbft0").contains(" mtu 1500 "));
    });
}

#[test]
fn a_renewal_is_checked_as_the_first_lease_is() {
    in_namespace("a_renewal_is_checked_as_the_first_lease_is", || {
        link("2001:db8:1::1/64");
        let server = Hostile::v6();
        let plan = plan("::", HfiTcpFlags::DHCP_OVERRIDE, IpOrigin::DHCP, None);
        let whole = [1800, 3600, 900, 1440];
        server.grant(grant6("2001:db8:1::99", whole));
        let mut lease = runtime().block_on(became(&plan, &|| server.asked())).unwrap();
        // Its time has come, and now the server moves it to the routers' address.
        lease.renew_seconds = 0;
        server.grant(grant6("2001:db8:1::", whole));
        runtime().block_on(async {
            let (_handle, mut events) =
                start_with(NetOptions::new("/".into()).maintaining(vec![(AT, lease)]), &plan).await;
            ready(&mut events).await;
            tokio::time::sleep(Duration::from_secs(5)).await;
            until("renewed", || server.asked() > 0).await;
            tokio::time::sleep(Duration::from_millis(500)).await;
        });
        let found = set("-6");
        assert!(found.iter().any(|line| line == "2001:db8:1::99/128"), "{found:?}");
        assert!(!found.iter().any(|line| line.contains("2001:db8:1::/128")), "{found:?}");
        assert_eq!(found.iter().filter(|line| line.contains("from 2001:db8:1:: ")).count(), 0, "{found:?}");
    });
}
