//! Leases whose times are out of order, from a fake server: each is taken, and renewed when it should have said.

#![allow(clippy::disallowed_macros, clippy::disallowed_methods, clippy::unwrap_used)]

mod common;

use common::dhcp::{leased, link, plan};
use common::hostile::{Hostile, grant, grant6};
use common::net::{AT, Root, outcome, runtime, start, start_with};
use common::{in_namespace, ip};
use libnbft::model::{HfiTcpFlags, IpOrigin};
use libnbft::plan::Plan;
use nbft_connect::net::{Lease, NetEvent, NetOptions};

fn by_dhcp(address: &str) -> Plan {
    plan(address, HfiTcpFlags::DHCP_OVERRIDE, IpOrigin::DHCP, None)
}

/// The lease, once its address is set.
fn taken(plan: &Plan) -> Lease {
    runtime().block_on(async {
        let (_handle, mut events) = start(plan).await;
        leased(&mut events).await.1
    })
}

/// The lease, and the first renewal of it.
fn renewed(name: &str, plan: &Plan) -> (Lease, Lease) {
    runtime().block_on(async {
        let root = Root::new(name);
        let (_handle, mut events) = start_with(NetOptions::new(root.0.clone()).maintaining(Vec::new()), plan).await;
        let (_, first) = leased(&mut events).await;
        match outcome(&mut events).await {
            NetEvent::Renewed { at: AT, lease } => (first, *lease),
            other => panic!("{other:?}"),
        }
    })
}

#[test]
fn a_dhcpv4_lease_with_odd_times_is_taken() {
    in_namespace("a_dhcpv4_lease_with_odd_times_is_taken", || {
        link("192.0.2.1/24");
        let server = Hostile::v4();
        let seconds = |seconds: u32| seconds.to_be_bytes();
        let (hour, half, late, week) = (seconds(3600), seconds(1800), seconds(3150), seconds(604_800));
        let usual = (3600, 1800, 3150);
        let always = u32::MAX;
        // Options 51, 58 and 59; lease, T1 and T2.
        type Case<'a> = (&'a str, [&'a [u8]; 3], (u32, u32, u32));
        let cases: [Case<'_>; 12] = [
            ("in order", [&hour, &seconds(600), &half], (3600, 600, 1800)),
            ("neither T1 nor T2", [&hour, &[], &[]], usual),
            ("both left to the client", [&hour, &[0; 4], &[0; 4]], usual),
            ("T1 is T2", [&hour, &half, &half], usual),
            ("T1 after T2", [&hour, &late, &half], usual),
            ("T2 is the end", [&hour, &half, &hour], usual),
            ("T2 after the end", [&hour, &half, &week], usual),
            ("T1 after the end, and no T2", [&hour, &week, &[]], usual),
            ("T1 of three bytes", [&hour, &[0, 7, 8], &late], usual),
            ("no lease time", [&[], &[], &[]], usual),
            ("a lease of no time", [&[0; 4], &[0; 4], &[0; 4]], usual),
            ("for ever", [&[255; 4], &[255; 4], &[255; 4]], (always, always, always)),
        ];
        for (what, [lease, t1, t2], expected) in cases {
            server.grant(grant("192.0.2.77", &[(51, lease), (58, t1), (59, t2)]));
            let lease = taken(&by_dhcp("192.0.2.77"));
            assert_eq!((lease.seconds, lease.renew_seconds, lease.rebind_seconds), expected, "{what}");
            assert!(ip("-4 address show dev nbft0").contains("inet 192.0.2.77/24"), "{what}");
            ip("address flush dev nbft0 scope global");
        }
    });
}

#[test]
fn a_dhcpv6_lease_with_odd_times_is_taken() {
    in_namespace("a_dhcpv6_lease_with_odd_times_is_taken", || {
        link("2001:db8:1::1/64");
        let server = Hostile::v6();
        let always = u32::MAX;
        // Preferred and valid lifetime, T1, T2; T1 and T2 of the lease.
        let cases = [
            ("in order", [1800, 3600, 600, 1800], (600, 1800)),
            ("both left to the client", [1800, 3600, 0, 0], (900, 1440)),
            ("T1 after T2", [1800, 3600, 1440, 900], (900, 1440)),
            ("T2 after the end", [1800, 3600, 900, 7200], (900, 1440)),
            ("T1 after the end, and no T2", [1800, 3600, 7200, 0], (900, 1440)),
            ("no longer preferred", [0, 3600, 0, 0], (1800, 2880)),
            ("for ever", [always, always, always, always], (always, always)),
        ];
        for (what, times, expected) in cases {
            server.grant(grant6("2001:db8:1::99", times));
            let lease = taken(&by_dhcp("::"));
            assert_eq!(
                (lease.renew_seconds, lease.rebind_seconds, lease.seconds),
                (expected.0, expected.1, times[1]),
                "{what}"
            );
            assert!(ip("-6 address show dev nbft0").contains("inet6 2001:db8:1::99/128"), "{what}");
            ip("-6 address flush dev nbft0 scope global");
        }
        // An address that would be preferred after its end is left out (RFC 8415, section 21.6), the others are not.
        let address = |last: u16, times| (format!("2001:db8:1::{last:x}").parse().unwrap(), times);
        server.grant(([0, 0], vec![address(0x98, [3600, 1800]), address(0x97, [0, 0]), address(0x99, [1800, 3600])]));
        let lease = taken(&by_dhcp("::"));
        assert_eq!((lease.address.to_string().as_str(), lease.renew_seconds), ("2001:db8:1::99", 900));
    });
}

#[test]
fn a_dhcpv4_lease_with_odd_times_is_renewed_at_the_usual_ones() {
    in_namespace("a_dhcpv4_lease_with_odd_times_is_renewed_at_the_usual_ones", || {
        link("192.0.2.1/24");
        let server = Hostile::v4();
        server.grant(grant("192.0.2.77", &[(51, &[0, 0, 0, 14]), (58, &[0, 0, 0, 14]), (59, &[0, 0, 0, 9])]));
        let (first, second) = renewed("times", &by_dhcp("192.0.2.77"));
        assert_eq!((first.seconds, first.renew_seconds, first.rebind_seconds), (14, 7, 12));
        let after = second.granted_at - first.granted_at;
        assert!((7..=9).contains(&after), "after {after} s");
        assert_eq!(second.address, first.address);
    });
}

#[test]
fn a_dhcpv6_lease_with_odd_times_is_renewed_at_the_usual_ones() {
    in_namespace("a_dhcpv6_lease_with_odd_times_is_renewed_at_the_usual_ones", || {
        link("2001:db8:1::1/64");
        let server = Hostile::v6();
        server.grant(grant6("2001:db8:1::99", [14, 20, 14, 9]));
        let (first, second) = renewed("times6", &by_dhcp("::"));
        assert_eq!((first.seconds, first.renew_seconds, first.rebind_seconds), (20, 7, 11));
        let after = second.granted_at - first.granted_at;
        assert!((7..=9).contains(&after), "after {after} s");
        assert_eq!(second.address, first.address);
    });
}

#[test]
fn a_server_that_has_forgotten_firmwares_lease_is_asked_for_another() {
    in_namespace("a_server_that_has_forgotten_firmwares_lease_is_asked_for_another", || {
        link("192.0.2.1/24");
        let server = Hostile::v4_without_memory();
        server.grant(grant("192.0.2.50", &[]));
        assert_eq!(taken(&by_dhcp("192.0.2.77")).address.to_string(), "192.0.2.50");
    });
}
