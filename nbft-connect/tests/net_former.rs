//! Removes addresses that a server no longer grants: the server gives the client another address at each renewal.

#![allow(clippy::disallowed_macros, clippy::disallowed_methods, clippy::print_stderr, clippy::unwrap_used)]

mod common;

use common::dhcp::{leased, link, plan};
use common::granting::{Granting, Terms};
use common::net::{Root, runtime, start_with};
use common::{in_namespace, ip, ip_lines};
use libnbft::model::{HfiTcpFlags, IpOrigin};
use libnbft::plan::Plan;
use nbft_connect::net::{NetEvent, NetOptions};
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::time::{Duration, Instant};

fn by_dhcp() -> Plan {
    plan("::ffff:0.0.0.0", HfiTcpFlags::DHCP_OVERRIDE, IpOrigin::DHCP, None)
}

/// The addresses of the NIC, and those that rules name.
fn addresses_and_rules() -> (Vec<String>, Vec<String>) {
    let second = |line: &String, at: usize| line.split(' ').nth(at).unwrap().split('/').next().unwrap().to_owned();
    let addresses = ip_lines("-4 -o address show dev nbft0").iter().map(|line| second(line, 3)).collect();
    let rules = ip_lines("-4 rule show priority 20000");
    let from = rules.iter().filter(|rule| !rule.contains("oif"));
    (addresses, from.map(|rule| second(rule, 2)).collect())
}

async fn until(what: &str, seconds: u64, is: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(seconds);
    while !is() {
        assert!(Instant::now() < end, "{what}: {:?}", addresses_and_rules());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn only(address: IpAddr) -> (Vec<String>, Vec<String>) {
    (vec![address.to_string()], vec![address.to_string()])
}

#[test]
fn an_address_is_removed_when_the_server_grants_another() {
    in_namespace("an_address_is_removed_when_the_server_grants_another", || {
        link("192.0.2.1/24");
        let server = Granting::start("eth0-peer", Terms { pool: [50, 90], seconds: 4, renew: 2 });
        runtime().block_on(async {
            let root = Root::new("moved");
            let options = NetOptions::new(root.0.clone()).maintaining(Vec::new());
            let (_handle, mut events) = start_with(options, &by_dhcp()).await;
            let mut addresses = Vec::new();
            for _ in 0..5 {
                addresses.push(leased(&mut events).await.1.address);
                let (there, rules) = addresses_and_rules();
                assert!(there.len() <= 3 && rules.len() <= 3, "{there:?} {rules:?}");
            }
            let distinct: std::collections::BTreeSet<_> = addresses.iter().collect();
            assert_eq!(distinct.len(), 5, "{addresses:?}");
            server.renew(true);
            let last = *addresses.last().unwrap();
            until("all but the last have gone", 15, || addresses_and_rules() == only(last)).await;
            // It is still the address of its subnet, and its routes exist.
            let routes = ip_lines("-4 route show table all dev nbft0");
            assert!(
                routes.iter().all(|route| route.contains(&last.to_string()) || !route.contains("src")),
                "{routes:?}"
            );
            for wanted in ["default via 192.0.2.1 proto static", "default via 192.0.2.1 table", "192.0.2.0/24 table"] {
                assert!(routes.iter().any(|route| route.starts_with(wanted)), "{wanted}: {routes:?}");
            }
        });
        assert!(server.granted() >= 5);
    });
}

#[test]
fn an_address_stays_as_long_as_a_connection_uses_it() {
    in_namespace("an_address_stays_as_long_as_a_connection_uses_it", || {
        link("192.0.2.1/24");
        let server = Granting::start("eth0-peer", Terms { pool: [50, 90], seconds: 600, renew: 2 });
        let listener = TcpListener::bind("192.0.2.1:4420").unwrap();
        runtime().block_on(async {
            let root = Root::new("used");
            let options = NetOptions::new(root.0.clone()).maintaining(Vec::new());
            let (handle, mut events) = start_with(options, &by_dhcp()).await;
            let first = leased(&mut events).await.1.address;
            let socket = tokio::net::TcpSocket::new_v4().unwrap();
            socket.bind(SocketAddr::new(first, 0)).unwrap();
            let connection = socket.connect("192.0.2.1:4420".parse().unwrap()).await.unwrap();
            let (mut other_end, _) = listener.accept().unwrap();
            let second = leased(&mut events).await.1.address;
            server.renew(true);
            assert_ne!(first, second);
            tokio::time::sleep(Duration::from_secs(5)).await;
            let both = |(addresses, rules): (Vec<String>, Vec<String>)| {
                [addresses, rules].iter().all(|all| all.len() == 2 && all.contains(&first.to_string()))
            };
            assert!(both(addresses_and_rules()), "{:?}", addresses_and_rules());

            // The same with a service that has no lease, to which the server gives another address again.
            drop(handle);
            server.renew(false);
            let options = NetOptions::new(root.0.clone()).maintaining(Vec::new());
            let (_handle, mut events) = start_with(options, &by_dhcp()).await;
            let third = leased(&mut events).await.1.address;
            server.renew(true);
            // A run that was killed between address and rules leaves no other sign.
            ip("address add 192.0.2.99/24 dev nbft0 metric 500");
            until("the second has gone", 15, || both(addresses_and_rules())).await;
            assert!(addresses_and_rules().0.contains(&third.to_string()));
            // An NVMe controller has no connection while it reconnects.
            let bound = format!("traddr=192.0.2.1,trsvcid=4420,host_traddr={first},src_addr={first}\n");
            root.file("sys/class/nvme/nvme0/address", &bound);
            std::io::Write::write_all(&mut other_end, b"end").unwrap();
            drop((connection, other_end));
            tokio::time::sleep(Duration::from_secs(5)).await;
            assert!(both(addresses_and_rules()), "{:?}", addresses_and_rules());
            std::fs::remove_dir_all(root.0.join("sys/class/nvme/nvme0")).unwrap();
            until("nobody uses the first any more", 15, || addresses_and_rules() == only(third)).await;
        });
    });
}

#[test]
fn an_address_whose_lease_has_ended_is_removed_even_if_a_connection_uses_it() {
    in_namespace("an_address_whose_lease_has_ended_is_removed_even_if_a_connection_uses_it", || {
        link("192.0.2.1/24");
        let server = Granting::start("eth0-peer", Terms { pool: [50, 90], seconds: 12, renew: 2 });
        let _listener = TcpListener::bind("192.0.2.1:4420").unwrap();
        runtime().block_on(async {
            let root = Root::new("ended");
            let options = NetOptions::new(root.0.clone()).maintaining(Vec::new());
            let (_handle, mut events) = start_with(options, &by_dhcp()).await;
            let first = leased(&mut events).await.1.address;
            let socket = tokio::net::TcpSocket::new_v4().unwrap();
            socket.bind(SocketAddr::new(first, 0)).unwrap();
            let _connection = socket.connect("192.0.2.1:4420".parse().unwrap()).await.unwrap();
            let second = leased(&mut events).await.1.address;
            server.renew(true);
            until("the lease of the first has ended", 20, || addresses_and_rules() == only(second)).await;
        });
    });
}

#[test]
fn a_rule_that_is_removed_is_set_again() {
    in_namespace("a_rule_that_is_removed_is_set_again", || {
        link("192.0.2.1/24");
        let server = Granting::start("eth0-peer", Terms { pool: [50, 90], seconds: 600, renew: 300 });
        runtime().block_on(async {
            let root = Root::new("rule");
            let options = NetOptions::new(root.0.clone()).maintaining(Vec::new());
            let (_handle, mut events) = start_with(options, &by_dhcp()).await;
            leased(&mut events).await;
            let all = || (ip_lines("-4 rule show"), ip_lines("-4 route show table all"));
            let before = all();
            ip("-4 rule del priority 20000 oif nbft0");
            ip("route flush table 20000");
            assert_ne!(all(), before);
            until("all is as before", 10, || all() == before).await;
            // A link that was down has lost its routes.
            ip("link set nbft0 down");
            ip("link set nbft0 up");
            until("all is as before", 10, || all() == before).await;
            assert!(!matches!(events.try_recv(), Ok(NetEvent::Failed { .. })));
        });
        assert_eq!(server.granted(), 1);
    });
}
