//! Uses the address of a network manager that has the interface, and requests none.

#![allow(clippy::disallowed_macros, clippy::disallowed_methods, clippy::unwrap_used)]

mod common;

use common::dhcp::{POOL, Server, leased, link, plan};
use common::net::{AT, Root, next, runtime, start_with};
use common::{in_namespace, ip, ip_lines};
use libnbft::model::{HfiTcpFlags, IpOrigin};
use nbft_connect::net::{NetEvent, NetOptions, Waiting};
use std::fs;

#[test]
fn the_new_address_of_a_manager_is_used() {
    in_namespace("the_new_address_of_a_manager_is_used", || {
        link("192.0.2.1/24");
        let server = Server::dnsmasq("manager", &[POOL, "--dhcp-authoritative", "--dhcp-option=3,192.0.2.254"]);
        let plan = plan("192.0.2.77", HfiTcpFlags::DHCP_OVERRIDE, IpOrigin::DHCP, None);
        let once = ["DHCPREQUEST", "DHCPACK"];
        runtime().block_on(async {
            let root = Root::new("manager");
            let (_handle, mut events) =
                start_with(NetOptions::new(root.0.clone()).maintaining(Vec::new()), &plan).await;
            let (index, first) = leased(&mut events).await;
            let state = format!("run/systemd/netif/links/{index}");
            root.file(&state, "ADMIN_STATE=configured\n");

            // The manager got another address: it removes the old one and sets the new one a little later.
            ip("address del 192.0.2.77/24 dev nbft0");
            let waiting = next(&mut events).await;
            assert!(matches!(waiting, NetEvent::Waiting { at: AT, for_what: Waiting::Manager }), "{waiting:?}");
            ip("address add 192.0.2.60/24 dev nbft0 valid_lft 120 preferred_lft 120");
            let (_, second) = leased(&mut events).await;
            assert_eq!(second.address.to_string(), "192.0.2.60");
            let unmoved = |mut lease: nbft_connect::net::Lease| {
                (lease.address, lease.granted_at) = (first.address, first.granted_at);
                lease
            };
            assert_eq!(unmoved(second.clone()), first);
            // The HFI's own table has the new address; what is left of the old one does no harm.
            let new = |line: &String| line.contains("192.0.2.60");
            let table = plan.interfaces[0].links[0].networks[0].route_table;
            assert_eq!(
                ip_lines(&format!("route show table {table}")),
                [
                    "192.0.2.0/24 dev nbft0 proto static scope link src 192.0.2.60",
                    "default via 192.0.2.254 dev nbft0 proto static src 192.0.2.60",
                ]
            );
            let rules: Vec<_> = ip_lines("rule").into_iter().filter(new).collect();
            assert_eq!(rules, [format!("20000: from 192.0.2.60 lookup {table} proto static")]);
            assert!(ip("-4 address show dev nbft0").contains("valid_lft 1"), "its lifetime stays the manager's");

            // The manager sets the new address first, in another subnet whose router is unknown.
            ip("address add 198.51.100.60/24 dev nbft0");
            ip("address del 192.0.2.60/24 dev nbft0");
            let (_, third) = leased(&mut events).await;
            assert_eq!((third.address.to_string().as_str(), third.routes.as_slice()), ("198.51.100.60", &[][..]));
            assert_eq!(server.messages(), once, "{}", server.log());

            // No manager has the interface any more: nbft requests the address.
            fs::remove_file(root.0.join(&state)).unwrap();
            ip("address del 198.51.100.60/24 dev nbft0");
            let (_, own) = leased(&mut events).await;
            assert_eq!(own.address.to_string(), "192.0.2.77");
            assert_eq!(server.messages(), [once, once].concat(), "{}", server.log());
        });
    });
}

#[test]
fn a_second_run_leaves_the_managers_lease_its_time() {
    in_namespace("a_second_run_leaves_the_managers_lease_its_time", || {
        link("192.0.2.1/24");
        let _server = Server::dnsmasq("second", &[POOL, "--dhcp-authoritative"]);
        let plan = plan("192.0.2.77", HfiTcpFlags::DHCP_OVERRIDE, IpOrigin::DHCP, None);
        let root = Root::new("second");
        let run = || {
            runtime().block_on(async {
                let (_handle, mut events) = start_with(NetOptions::new(root.0.clone()), &plan).await;
                let (index, lease) = leased(&mut events).await;
                assert_eq!(lease.address.to_string(), "192.0.2.77");
                index
            })
        };
        let lifetime = || ip("-4 address show dev nbft0").contains("valid_lft forever");
        let index = run();
        assert!(lifetime(), "a boot sets it for ever");

        // The manager has the same lease now, and sets its time.
        let renewed = || ip("address change 192.0.2.77/24 dev nbft0 valid_lft 120 preferred_lft 120");
        renewed();
        let lease = format!("run/systemd/netif/leases/{index}");
        root.file(&lease, "ADDRESS=192.0.2.77\n");
        assert_eq!(run(), index);
        assert!(!lifetime(), "its time stays the manager's");

        // Nobody renews it any more.
        fs::remove_file(root.0.join(&lease)).unwrap();
        assert_eq!(run(), index);
        assert!(lifetime(), "nbft sets it for ever");
    });
}
