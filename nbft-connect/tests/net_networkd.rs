//! What `nbft export networkd` writes, read by the real systemd-networkd: it takes the interface over as it stands.

#![allow(clippy::print_stderr, clippy::unwrap_used)]

mod common;

use common::net::{ready, runtime, start, veth};
use common::{in_namespace, ip, ip_lines};
use libnbft::model::{
    Address, Hfi, HfiFlags, HfiTcp, HfiTcpFlags, Host, HostFlags, Mac, NidType, Nqn, Ssns, SsnsFlags, Table,
    TransportType,
};
use libnbft::plan::{Options, Plan, Source};
use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const NETWORKD: &str = "/usr/lib/systemd/systemd-networkd";

/// How long networkd may take; nobody waits for it.
const LIMIT: Duration = Duration::from_secs(30);

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn address(text: &str) -> Address {
    text.parse::<IpAddr>().unwrap().into()
}

/// IPv4 through a gateway and IPv6 on one NIC.
fn table() -> Table {
    let mut table = Table::default();
    (table.header.major, table.header.minor) = (1, 1);
    (table.control.major, table.control.flags) = (1, 1);
    let mut host = Host::default();
    host.flags = HostFlags::VALID;
    host.nqn = Some(Nqn("nqn.2014-08.org.nvmexpress:uuid:11111111-2222-3333-4444-555555555555".into()));
    table.host = Some(host);
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

fn run(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
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

#[test]
fn networkd_takes_the_interface_as_it_stands() {
    if !Path::new(NETWORKD).exists() {
        assert!(std::env::var_os("CI").is_none(), "{NETWORKD} is not there");
        return eprintln!("SKIPPED networkd_takes_the_interface_as_it_stands: no {NETWORKD}");
    }
    in_namespace("networkd_takes_the_interface_as_it_stands", || {
        // Without udev networkd waits for none; a sysfs that cannot be written tells it so.
        run("mount", &["-t", "tmpfs", "none", "/run"]);
        run("mount", &["-t", "sysfs", "-o", "ro", "sysfs", "/sys"]);
        veth("eth0", 1);
        ip("link set eth0-peer up");
        let table = table();
        let plan = Plan::new(&[Source { name: "NBFT", table: &table }], &Options::default());
        runtime().block_on(async {
            let (_handle, mut events) = start(&plan).await;
            ready(&mut events).await;
            ready(&mut events).await;
        });
        fs::create_dir_all("/run/test").unwrap();
        fs::write("/run/test/NBFT", libnbft::write(&table).unwrap()).unwrap();
        let directory = "/run/systemd/network";
        run(
            env!("CARGO_BIN_EXE_nbft"),
            &["export", "networkd", "--nbft-path", "/run/test/NBFT", "--output", directory],
        );
        // What an administrator may have for every interface.
        fs::write(format!("{directory}/10-all.network"), "[Match]\nName=*\n[Network]\nDHCP=yes\n").unwrap();
        let before = look();
        let mut monitor = Command::new("ip");
        monitor.args(["monitor", "link", "address", "route", "rule"]);
        let mut watch = monitor.stdout(Stdio::piped()).spawn().map(Running).unwrap();
        let log = fs::File::create("/run/test/log").unwrap();
        let networkd = Command::new(NETWORKD).env("SYSTEMD_LOG_TARGET", "console").stderr(log).spawn().map(Running);
        let networkd = networkd.unwrap();
        let index = ip("-o link show nbft0").split(':').next().unwrap().to_owned();
        let state_file = format!("/run/systemd/netif/links/{index}");
        let log = || fs::read_to_string("/run/test/log").unwrap();
        let started = Instant::now();
        loop {
            let state = fs::read_to_string(&state_file).unwrap_or_default();
            if state.contains("ADMIN_STATE=configured\n") {
                assert!(state.contains("NETWORK_FILE=/run/systemd/network/05-nbft0.network\n"), "{state}");
                break;
            }
            assert!(started.elapsed() < LIMIT, "{state}\n{}", log());
            std::thread::sleep(Duration::from_millis(50));
        }
        assert_eq!(look(), before, "{}", log());
        drop(networkd);
        assert_eq!(look(), before, "after its end: {}", log());
        watch.0.kill().unwrap();
        let mut seen = String::new();
        std::io::Read::read_to_string(watch.0.stdout.as_mut().unwrap(), &mut seen).unwrap();
        for line in seen.lines().filter(|line| line.contains("nbft0") || line.contains("192.0.2.2")) {
            assert!(!line.starts_with("Deleted") && !line.contains("state DOWN"), "taken away: {line}\n{seen}");
        }
        let complaints: Vec<_> =
            log().lines().filter(|line| line.starts_with("/run/systemd/network/05-nbft")).map(str::to_owned).collect();
        assert_eq!(complaints, Vec::<String>::new(), "what networkd does not understand");
    });
}
