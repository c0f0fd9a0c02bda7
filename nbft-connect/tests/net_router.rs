//! Routes and addresses of a real router (radvd): where the table names no gateway, while the router is gone, and when it changes its
//! prefix.

#![allow(clippy::disallowed_macros, clippy::disallowed_methods, clippy::unwrap_used)]

mod common;

use common::dhcp::Server;
use common::far::far_with;
use common::net::{AT, NIC, Nic, Root, outcome, plan, ready, runtime, start, start_with, veth};
use common::{in_namespace, ip};
use libnbft::model::{HfiTcpFlags, IpOrigin};
use libnbft::plan::Plan;
use nbft_connect::net::{NetEvent, NetOptions};
use std::fs;
use std::net::TcpListener;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

/// Two prefixes of the router, and a target behind it.
const FIRST: &str = "2001:db8:1::";
const SECOND: &str = "2001:db8:2::";
const TARGET: &str = "2001:db8:9::1";

/// The part of an address that Linux makes of the test NIC's MAC address.
const IDENTIFIER: &str = "ff:fe00:1";

/// A router that advertises prefixes, each with its preferred and valid lifetime.
fn router(name: &str, prefixes: &[(&str, u32, u32)]) -> Server {
    let prefix = |(prefix, preferred, valid): &(&str, u32, u32)| {
        format!(
            "prefix {prefix}/64 {{ AdvOnLink on; AdvAutonomous on; \
             AdvPreferredLifetime {preferred}; AdvValidLifetime {valid}; }};"
        )
    };
    let prefixes: String = prefixes.iter().map(prefix).collect();
    let config = format!(
        "interface eth0-peer {{ AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; \
         AdvDefaultLifetime 60; {prefixes} }};\n"
    );
    Server::start(name, "radvd", |directory| {
        let file = format!("{directory}/radvd.conf");
        fs::write(&file, &config).unwrap();
        ["-n", "-m", "stderr", "-C", &file, "-p", &format!("{directory}/pid"), "-u", "root"].map(str::to_owned).to_vec()
    })
}

/// The NIC, and a host at the other end of its wire in this namespace.
fn wire() {
    veth("eth0", 1);
    ip("link set eth0-peer up");
}

/// An HFI whose address came from a router advertisement.
fn advertised() -> Plan {
    common::dhcp::plan("::", HfiTcpFlags::AUTOCONFIGURED, IpOrigin::OTHER, None)
}

fn addresses() -> String {
    ip("-6 address show dev nbft0 scope global")
}

fn wait_until(what: &str, limit: u64, is: impl Fn() -> bool) {
    let started = Instant::now();
    while !is() {
        assert!(started.elapsed().as_secs() < limit, "{what}: {}\n{}", addresses(), ip("-6 route"));
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_static_address_without_a_gateway_gets_its_route_from_the_router() {
    in_namespace("a_static_address_without_a_gateway_gets_its_route_from_the_router", || {
        veth("eth0", 1);
        let (tell, told) = channel();
        far_with("eth0", &["2001:db8:1::1/64 nodad", "2001:db8:9::1/128 nodad"], move |ready| {
            let listener = TcpListener::bind((TARGET, 4420)).unwrap();
            tell.send((router("gateway", &[(FIRST, 60, 60)]), listener)).unwrap();
            ready();
        });
        let _server = told.recv().unwrap();
        let plan = plan(&[Nic { address: "2001:db8:1::2", prefix: 64, ..NIC }]);
        runtime().block_on(async {
            let (_handle, mut events) = start(&plan).await;
            assert_eq!(ready(&mut events).await.2.to_string(), "2001:db8:1::2");
        });
        wait_until("a default route", 10, || ip("-6 route show default").contains("dev nbft0 proto ra"));
        // From the table's address, as a connection does that is bound to it.
        let way = ip(&format!("-6 route get {TARGET} from 2001:db8:1::2 oif nbft0"));
        assert!(way.contains(" via fe80::"), "{way}");
        let socket = std::net::TcpStream::connect((TARGET, 4420)).unwrap();
        assert_eq!(socket.local_addr().unwrap().ip().to_string(), "2001:db8:1::2");
        assert_eq!(addresses().matches("inet6").count(), 1, "{}", addresses());
    });
}

#[test]
fn a_gateway_of_the_table_wins() {
    in_namespace("a_gateway_of_the_table_wins", || {
        wire();
        let _router = router("wins", &[(FIRST, 60, 60)]);
        let plan = plan(&[Nic { address: "2001:db8:1::2", prefix: 64, gateway: "2001:db8:1::9", ..NIC }]);
        runtime().block_on(async {
            let (_handle, mut events) = start(&plan).await;
            ready(&mut events).await;
        });
        std::thread::sleep(Duration::from_secs(5));
        let routes = ip("-6 route show default dev nbft0");
        assert!(routes.starts_with("default via 2001:db8:1::9 ") && routes.lines().count() == 1, "{routes}");
    });
}

#[test]
fn an_address_outlives_its_router() {
    in_namespace("an_address_outlives_its_router", || {
        wire();
        let router = router("outlived", &[(FIRST, 2, 6)]);
        runtime().block_on(async {
            let (_handle, mut events) = start(&advertised()).await;
            assert_eq!(ready(&mut events).await.2.to_string(), format!("{FIRST}{IDENTIFIER}"));
        });
        // Another advertisement comes when nbft has ended.
        std::thread::sleep(Duration::from_secs(5));
        drop(router);
        std::thread::sleep(Duration::from_secs(8));
        assert!(addresses().contains(&format!("{FIRST}{IDENTIFIER}")), "{}", addresses());
    });
}

#[test]
fn the_resident_service_keeps_the_address_of_a_router_that_is_gone() {
    in_namespace("the_resident_service_keeps_the_address_of_a_router_that_is_gone", || {
        wire();
        let router = router("gone", &[(FIRST, 2, 6)]);
        let root = Root::new("gone-root");
        runtime().block_on(async {
            let options = NetOptions::new(root.0.clone()).maintaining(Vec::new());
            let (_handle, mut events) = start_with(options, &advertised()).await;
            assert_eq!(ready(&mut events).await.2.to_string(), format!("{FIRST}{IDENTIFIER}"));
            tokio::time::sleep(Duration::from_secs(5)).await;
            drop(router);
            tokio::time::sleep(Duration::from_secs(8)).await;
            assert!(events.try_recv().is_err(), "the address was always there");
        });
        assert!(addresses().contains("valid_lft forever"), "{}", addresses());
    });
}

/// The router gives the first prefix up for another one.
fn follows_to_the_second_prefix(plan: &Plan) {
    wire();
    let before = router("renumbers", &[(FIRST, 600, 600)]);
    let root = Root::new("renumbers-root");
    let (first, second) = (format!("{FIRST}{IDENTIFIER}"), format!("{SECOND}{IDENTIFIER}"));
    runtime().block_on(async {
        let options = NetOptions::new(root.0.clone()).maintaining(Vec::new());
        let (_handle, mut events) = start_with(options, plan).await;
        assert_eq!(ready(&mut events).await.2.to_string(), first);
        drop(before);
        let _after = router("renumbered", &[(FIRST, 0, 600), (SECOND, 600, 600)]);
        match outcome(&mut events).await {
            NetEvent::Ready { at: AT, address, .. } => assert_eq!(address.to_string(), second),
            other => panic!("{other:?}"),
        }
        // Nothing uses the first one: the router alone decides how long it stays.
        tokio::time::sleep(Duration::from_secs(5)).await;
        let started = Instant::now();
        // An advertisement may have come this very moment, and been answered by nobody yet.
        while !addresses().contains("valid_lft forever preferred_lft") {
            assert!(started.elapsed().as_secs() < 5, "{}", addresses());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let (shown, rules) = (addresses(), ip("-6 rule"));
        assert!(shown.contains(&second), "{shown}");
        assert!(shown.contains(&first) && shown.contains("sec preferred_lft 0sec"), "{shown}");
        assert!(rules.contains(&format!("from {second} lookup")) && !rules.contains(&first), "{rules}");
    });
}

#[test]
fn the_resident_service_follows_a_router_to_another_prefix() {
    in_namespace("the_resident_service_follows_a_router_to_another_prefix", || {
        follows_to_the_second_prefix(&advertised());
    });
}

#[test]
fn a_static_address_made_of_a_routers_prefix_follows_it() {
    in_namespace("a_static_address_made_of_a_routers_prefix_follows_it", || {
        follows_to_the_second_prefix(&plan(&[Nic { address: "2001:db8:1::ff:fe00:1", prefix: 64, ..NIC }]));
    });
}
