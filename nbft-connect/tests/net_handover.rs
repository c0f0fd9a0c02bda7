//! Hands leases over to the real systemd-networkd and NetworkManager.

#![allow(clippy::disallowed_macros, clippy::disallowed_methods, clippy::print_stderr, clippy::unwrap_used)]

mod common;

use common::dhcp::{POOL, POOL6, Server, leased, link, plan, table};
use common::net::{outcome, runtime, start, with_host};
use common::networkd::{DIRECTORY, Networkd, log, run};
use common::networkmanager::{NetworkManager, PROFILES};
use common::{in_namespace, ip};
use libnbft::model::{HfiFlags, HfiTcpFlags, IpOrigin, Table};
use libnbft::plan::{Options, Plan, Source};
use nbft_connect::cli::Handover;
use nbft_connect::dhcp_options::ClientOptions;
use nbft_connect::handover;
use nbft_connect::net::{Lease, NetEvent, lease_manager};
use nbft_connect::status::schema::{State, Status};
use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::process::Command;

/// Sets the plan's first network up and leaves the files; returns the lease.
fn set_up_and_leave(plan: &Plan) -> Option<Lease> {
    let lease = runtime().block_on(async {
        let (_handle, mut events) = start(plan).await;
        match outcome(&mut events).await {
            NetEvent::Ready { lease, .. } => lease.map(|lease| *lease),
            other => panic!("{other:?}"),
        }
    });
    let mut status = Status::of_plan(plan);
    status.interfaces[0].lease.clone_from(&lease);
    status.interfaces[0].state = State::Up;
    handover::leave(plan, &status, Some(Handover::Auto), &ClientOptions::default(), Path::new("/"));
    lease
}

/// Puts in what a table must have to be written.
fn complete(table: &mut Table) {
    with_host(table);
    for (number, hfi) in (1..).zip(&mut table.hfis) {
        hfi.flags = HfiFlags::VALID;
        let tcp = hfi.tcp.as_mut().unwrap();
        (tcp.version, tcp.info_version, tcp.hfi_index) = (1, 2, number);
    }
}

/// The index of nbft0.
fn index() -> u32 {
    ip("-o link show nbft0").split(':').next().unwrap().parse().unwrap()
}

#[test]
#[ignore = "needs root and systemd-networkd"]
fn networkd_renews_a_dhcpv6_lease_by_the_identity_that_got_it() {
    in_namespace("networkd_renews_a_dhcpv6_lease_by_the_identity_that_got_it", || {
        Networkd::prepare();
        link("2001:db8:1::1/64");
        let server = Server::dnsmasq("handover6", &POOL6);
        let plan = plan("2001:db8:1::2", HfiTcpFlags::DHCP_OVERRIDE, IpOrigin::DHCP, None);
        let lease = set_up_and_leave(&plan).unwrap();
        let index = index();
        let expires = || {
            let shown = ip(&format!("-6 address show dev nbft0 to {}", lease.address));
            assert!(shown.contains("valid_lft"), "{}: {shown}", lease.address);
            !shown.contains("valid_lft forever")
        };
        assert_eq!(lease_manager(Path::new("/"), index, lease.address, expires()), None);
        let networkd = Networkd::start();
        networkd.concludes("configured");
        let renewer = lease_manager(Path::new("/"), index, lease.address, expires());
        assert_eq!(renewer, Some("systemd-networkd"), "{}\n{}", server.log(), log());
        let global = ip("-6 -brief address show dev nbft0 scope global");
        assert_eq!(global.matches("2001:db8:").count(), 1, "a second address: {global}\n{}", server.log());
        // One client asked twice.
        let one = format!("{} 00:03:00:01:02:00:00:00:00:01", lease.address);
        assert_eq!(granted(&server, "DHCPREPLY(eth0-peer) "), [one.clone(), one], "{}", server.log());
        networkd.end();
    });
}

/// Whether systemd-networkd-wait-online finds this system online. It waits as long as something is still to come. Its first run may
/// begin before networkd has made the folder that it watches, as it never does behind networkd's unit, and then hears nothing.
fn is_online() -> bool {
    (0..6).any(|_| {
        let mut wait = Command::new("/usr/lib/systemd/systemd-networkd-wait-online");
        wait.args(["--quiet", "--timeout=10"]).status().unwrap().success()
    })
}

/// The system is online by a NIC of the NBFT alone, be its address fixed or leased.
fn only_nbft_is_online(address: &str, flags: HfiTcpFlags, origin: IpOrigin) {
    Networkd::prepare();
    // Neither the server's end nor anything else is for networkd: an administrator has named no other link.
    fs::remove_file(format!("{DIRECTORY}/10-all.network")).unwrap();
    link("192.0.2.1/24");
    let _server = Server::dnsmasq("online", &[POOL]);
    // A second NIC, whose path is dead.
    let mut two = table(address, flags, origin, None);
    let mut second = two.hfis[0].clone();
    let tcp = second.tcp.as_mut().unwrap();
    (tcp.mac.0[5], tcp.ip) = (2, "198.51.100.2".parse::<IpAddr>().unwrap().into());
    (tcp.flags, tcp.ip_origin) = (HfiTcpFlags::VALID, IpOrigin::MANUAL);
    second.index = 2;
    two.hfis.push(second);
    let plan = Plan::new(&[Source { name: "NBFT", table: &two }], &Options::default());
    set_up_and_leave(&plan);
    ip("link add nbft1 address 02:00:00:00:00:02 type veth peer name nbft1-peer");
    // networkd has a metric of its own for a leased address.
    let address = || ip("-4 -brief address show nbft0").replace(" metric 500", "");
    let before = address();
    let networkd = Networkd::start();
    assert!(is_online(), "{}", log());
    assert_eq!(address(), before);
    networkd.end();
}

#[test]
#[ignore = "needs root and systemd-networkd"]
fn a_system_with_a_fixed_address_only_is_online() {
    in_namespace("a_system_with_a_fixed_address_only_is_online", || {
        only_nbft_is_online("192.0.2.77", HfiTcpFlags::VALID, IpOrigin::MANUAL);
    });
}

#[test]
#[ignore = "needs root and systemd-networkd"]
fn a_system_with_a_lease_only_is_online() {
    in_namespace("a_system_with_a_lease_only_is_online", || {
        only_nbft_is_online("192.0.2.77", HfiTcpFlags::DHCP_OVERRIDE, IpOrigin::DHCP);
    });
}

#[test]
#[ignore = "needs root, NetworkManager and dbus-daemon"]
fn a_system_with_networkmanager_is_online() {
    in_namespace("a_system_with_networkmanager_is_online", || {
        NetworkManager::prepare();
        link("192.0.2.1/24");
        set_up_and_leave(&plan("192.0.2.77", HfiTcpFlags::VALID, IpOrigin::MANUAL, None));
        let _manager = NetworkManager::start();
        run("nm-online", &["-s", "-q", "--timeout=60"]);
        let shown = Command::new("nmcli").args(["-g", "GENERAL.STATE", "device", "show", "nbft0"]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&shown.stdout), "10 (unmanaged)\n");
    });
}

/// The clients to which the server granted addresses by this message, each with its address.
fn granted(server: &Server, message: &str) -> Vec<String> {
    let log = server.log();
    let lines = log.lines().filter_map(|line| line.split_once(message));
    // Behind them is the name of the host.
    lines.map(|(_, to)| to.split_whitespace().take(2).collect::<Vec<_>>().join(" ")).collect()
}

#[test]
#[ignore = "needs root, NetworkManager and dbus-daemon"]
fn networkmanager_renews_leases_by_the_identity_that_got_them() {
    in_namespace("networkmanager_renews_leases_by_the_identity_that_got_them", || {
        NetworkManager::prepare();
        link("2001:db8:1::1/64");
        ip("address add 192.0.2.1/24 dev eth0-peer");
        let options: Vec<&str> = POOL6.into_iter().chain([POOL]).collect();
        let server = Server::dnsmasq("handovernm", &options);
        // One NIC, both families.
        let tables =
            ["192.0.2.77", "2001:db8:1::2"].map(|own| table(own, HfiTcpFlags::DHCP_OVERRIDE, IpOrigin::DHCP, None));
        let mut both = tables[0].clone();
        both.hfis.extend(tables[1].hfis.iter().cloned());
        both.hfis[1].index = 2;
        complete(&mut both);
        let plan = Plan::new(&[Source { name: "NBFT", table: &both }], &Options::default());
        let leases = runtime().block_on(async {
            let (_handle, mut events) = start(&plan).await;
            [leased(&mut events).await.1, leased(&mut events).await.1]
        });
        fs::write("/run/test/NBFT", libnbft::write(&both).unwrap()).unwrap();
        let nbft = env!("CARGO_BIN_EXE_nbft");
        run(nbft, &["export", "networkmanager", "--nbft-path", "/run/test/NBFT", "--output", PROFILES]);
        let root = Path::new("/");
        for lease in &leases {
            assert_eq!(lease_manager(root, index(), lease.address, false), None);
        }
        let manager = NetworkManager::start();
        manager.says(index(), "managed=true");
        for lease in &leases {
            // It has taken note of addresses that others set, and manages the link by no profile.
            assert_eq!(lease_manager(root, index(), lease.address, false), None);
        }
        run("nmcli", &["--wait", "20", "connection", "up", "id", "NBFT connection HFI 1+2"]);
        for lease in &leases {
            let key = if lease.address.is_ipv4() { "dhcp4.ip_address" } else { "dhcp6.ip6_address" };
            manager.says(index(), &format!("{key}={}", lease.address));
            assert_eq!(lease_manager(root, index(), lease.address, false), Some("NetworkManager"));
            let (message, client) = match lease.address {
                IpAddr::V4(_) => ("DHCPACK(eth0-peer) ", "02:00:00:00:00:01"),
                IpAddr::V6(_) => ("DHCPREPLY(eth0-peer) ", "00:03:00:01:02:00:00:00:00:01"),
            };
            let one = format!("{} {client}", lease.address);
            assert_eq!(granted(&server, message), [one.clone(), one], "{}", server.log());
        }
    });
}
