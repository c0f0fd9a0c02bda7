//! What `nbft export networkd` writes, read by the real systemd-networkd: it takes the interface over as it stands.

#![allow(clippy::disallowed_macros, clippy::disallowed_methods, clippy::print_stderr, clippy::unwrap_used)]

mod common;

use common::net::{outcome, ready, runtime, start, start_with, veth, with_host};
use common::networkd::{DIRECTORY, NETWORKD, Networkd, Running, log, run};
use common::{in_namespace, ip, ip_lines};
use libnbft::model::{
    Address, Hfi, HfiFlags, HfiTcp, HfiTcpFlags, Mac, NidType, Nqn, Ssns, SsnsFlags, Table, TransportType,
};
use libnbft::plan::{Options, Plan, Source};
use nbft_connect::cli::Handover;
use nbft_connect::dhcp_options::ClientOptions;
use nbft_connect::handover;
use nbft_connect::net::{NetEvent, NetOptions};
use nbft_connect::status::schema::Status;
use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::process::Command;

fn address(text: &str) -> Address {
    text.parse::<IpAddr>().unwrap().into()
}

/// IPv4 through a gateway and IPv6 on one NIC.
fn table() -> Table {
    let mut table = Table::default();
    with_host(&mut table);
    for (index, own, prefix, gateway, target) in
        [(1, "192.0.2.2", 24, "192.0.2.254", "203.0.113.1"), (2, "2001:db8:1::2", 64, "::", "2001:db8:1::1")]
    {
        let mut tcp = HfiTcp::default();
        (tcp.version, tcp.info_version, tcp.hfi_index) = (1, 2, u16::from(index));
        (tcp.mac, tcp.ip, tcp.prefix, tcp.gateway) = (Mac([2, 0, 0, 0, 0, 1]), address(own), prefix, address(gateway));
        tcp.flags = HfiTcpFlags::VALID.with(HfiTcpFlags::GLOBAL_ROUTE);
        let mut hfi = Hfi::default();
        (hfi.index, hfi.flags, hfi.transport, hfi.tcp) = (index, HfiFlags::VALID, TransportType::TCP, Some(tcp));
        table.hfis.push(hfi);
        let mut ssns = Ssns::default();
        (ssns.index, ssns.flags, ssns.transport) = (index.into(), SsnsFlags::VALID, TransportType::TCP);
        (ssns.traddr, ssns.primary_hfi, ssns.nid_type) = (Some(address(target)), index, NidType::NONE);
        ssns.nqn = Some(Nqn("nqn.2014-08.org.example:s".into()));
        table.ssns.push(ssns);
    }
    table
}

/// Everything that the hand-over may not change. The time of an address is not compared, nor who made a route.
fn look() -> Vec<Vec<String>> {
    let neutral = |line: String| line.replace(" proto static", "").replace(" proto boot", "");
    let words = [
        "-4 -brief address show nbft0",
        "-6 -brief address show nbft0 scope global",
        "-4 route show table all",
        "-6 route show table all",
        "-4 rule show",
        "-6 rule show",
    ];
    // Link-local addresses are still in their duplicate address detection.
    let lines = |words| ip_lines(words).into_iter().filter(|line| !line.contains("fe80:")).map(neutral).collect();
    words.map(lines).into()
}

fn with_networkd(test: &str, inside: fn()) {
    assert!(Path::new(NETWORKD).exists(), "{NETWORKD} is not there");
    in_namespace(test, inside);
}

/// Sets up what the table says, and gives the plan.
fn set_up(table: &Table) -> Plan {
    veth("eth0", 1);
    ip("link set eth0-peer up");
    let plan = Plan::new(&[Source { name: "NBFT", table }], &Options::default());
    runtime().block_on(async {
        let (_handle, mut events) = start(&plan).await;
        for _ in 0..plan.interfaces[0].links[0].networks.len() {
            ready(&mut events).await;
        }
    });
    plan
}

/// networkd comes, concludes this of the interface, and goes; nothing has changed then.
fn leaves_all_as_it_is(conclusion: &str) {
    let before = look();
    let networkd = Networkd::start();
    networkd.concludes(conclusion);
    assert_eq!(look(), before, "{}", log());
    networkd.end();
    assert_eq!(look(), before, "after its end: {}", log());
}

#[test]
#[ignore = "needs root and systemd-networkd"]
fn networkd_takes_the_interface_as_it_stands() {
    with_networkd("networkd_takes_the_interface_as_it_stands", || {
        Networkd::prepare();
        let table = table();
        set_up(&table);
        fs::write("/run/test/NBFT", libnbft::write(&table).unwrap()).unwrap();
        let nbft = env!("CARGO_BIN_EXE_nbft");
        run(nbft, &["export", "networkd", "--nbft-path", "/run/test/NBFT", "--output", DIRECTORY]);
        leaves_all_as_it_is("configured");
    });
}

#[test]
#[ignore = "needs root and systemd-networkd"]
fn networkd_leaves_fixed_addresses_alone() {
    with_networkd("networkd_leaves_fixed_addresses_alone", || {
        Networkd::prepare();
        let plan = set_up(&table());
        handover::leave(
            &plan,
            &Status::of_plan(&plan),
            Some(Handover::Auto),
            &ClientOptions::default(),
            Path::new("/"),
        );
        leaves_all_as_it_is("unmanaged");
    });
}

#[test]
#[ignore = "needs root and systemd-networkd"]
fn networkd_renews_the_lease_and_keeps_the_address() {
    with_networkd("networkd_renews_the_lease_and_keeps_the_address", || {
        Networkd::prepare();
        veth("eth0", 1);
        ip("address add 192.0.2.1/24 dev eth0-peer");
        ip("link set eth0-peer up");
        let dnsmasq =
            ["--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--interface=eth0-peer", "--log-dhcp"];
        let files = ["--log-facility=/run/test/dhcp", "--pid-file=/run/test/pid", "--dhcp-leasefile=/run/test/leases"];
        let range = ["--bind-interfaces", "--no-ping", "--user=root", "--dhcp-range=192.0.2.50,192.0.2.99,2m"];
        let mut server = Command::new("dnsmasq");
        let _server = server.args(dnsmasq).args(files).args(range).spawn().map(Running).unwrap();
        let mut table = table();
        table.hfis.truncate(1);
        table.ssns.truncate(1);
        let tcp = table.hfis[0].tcp.as_mut().unwrap();
        tcp.ip = address("::ffff:0.0.0.0");
        tcp.flags = tcp.flags.with(HfiTcpFlags::DHCP_OVERRIDE);
        let plan = Plan::new(&[Source { name: "NBFT", table: &table }], &Options::default());
        let mut client = ClientOptions::default();
        (client.vendor_class, client.user_class) = (Some("NbftBoot:1".into()), Some("racks".into()));
        client.host_name = Some("node-7".into());
        let lease = runtime().block_on(async {
            let options = NetOptions::new("/".into()).with_client_options(client.clone());
            let (_handle, mut events) = start_with(options, &plan).await;
            match outcome(&mut events).await {
                NetEvent::Ready { lease: Some(lease), .. } => lease,
                other => panic!("{other:?}"),
            }
        });
        let own = lease.address;
        let mut status = Status::of_plan(&plan);
        status.interfaces[0].lease = Some(*lease);
        handover::leave(&plan, &status, Some(Handover::Auto), &client, Path::new("/"));
        let acknowledged = || {
            let log = fs::read_to_string("/run/test/dhcp").unwrap();
            log.lines().filter(|line| line.contains("DHCPACK(") && line.contains(&format!(" {own} "))).count()
        };
        assert_eq!(acknowledged(), 1);
        let before = look();
        let networkd = Networkd::start();
        networkd.concludes("configured");
        // It has the lease now, the same one, and would renew it; for the kernel the address stays for ever.
        let heard = fs::read_to_string("/run/test/dhcp").unwrap();
        assert_eq!(acknowledged(), 2, "{heard}");
        // It describes itself as nbft did.
        let count = |text: &str| heard.lines().filter(|line| line.contains(text)).count();
        let asked = count(" DHCPDISCOVER(") + count(" DHCPREQUEST(");
        for said in ["vendor class: NbftBoot:1", "user class: racks", "client provides name: node-7"] {
            assert_eq!(count(said), asked, "{said}: {heard}");
        }
        let shown = ip("-4 address show dev nbft0");
        assert!(shown.contains(&format!("inet {own}/24")) && shown.contains("valid_lft forever"), "{shown}");
        assert_eq!(shown.matches("inet ").count(), 1, "{shown}");
        // It sets the connected route's metric to 0; the rules choose the HFI's own table before.
        let plain = |line: &String| line.replace(" metric 500", "");
        let now: Vec<String> = look().concat().iter().map(plain).collect();
        let lost: Vec<_> = before.concat().iter().map(plain).filter(|line| !now.contains(line)).collect();
        assert_eq!(lost, Vec::<String>::new(), "taken away: {}", log());
        networkd.end();
        assert!(ip("-4 address show dev nbft0").contains(&format!("inet {own}/24")), "after its end");
    });
}
