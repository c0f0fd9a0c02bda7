//! The network that is kept under random events, drawn from a seed: static, DHCPv4, DHCPv6 and SLAAC at the same time.
//!
//! `NBFT_SOAK_EVENTS` says how many events (40), `NBFT_SOAK_SEED` which (18, so that a run can be repeated).

#![allow(clippy::disallowed_macros, clippy::disallowed_methods, clippy::print_stderr, clippy::unwrap_used)]

mod common;

use common::dhcp::Server;
use common::granting::{Granting, Terms};
use common::net::{Root, runtime, veth};
use common::{in_namespace, ip, ip_lines};
use libnbft::model::{Hfi, HfiTcp, HfiTcpFlags, IpOrigin, Mac, Table, TransportType};
use libnbft::plan::{NetworkRef, Options, Plan, Source};
use nbft_connect::net::{self, Lease, NetEvent, NetOptions};
use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

const NICS: [u8; 4] = [1, 2, 3, 4];

/// After so many events all is to be as it was.
const ROUND: u32 = 50;

/// Within this time: a client that has just asked a server that was away waits, and duplicate address detection, and a NIC.
const SETTLE: Duration = Duration::from_secs(90);

/// The same numbers for the same seed.
struct Lot(u64);

impl Lot {
    /// One of 0 up to, not including, `end` (splitmix64).
    fn draw(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }
}

/// One NIC for each way to get an address.
fn plan() -> Plan {
    let ways = [
        ("198.51.100.2", HfiTcpFlags::GLOBAL_ROUTE, IpOrigin::OTHER),
        ("::ffff:0.0.0.0", HfiTcpFlags::DHCP_OVERRIDE, IpOrigin::DHCP),
        ("::", HfiTcpFlags::DHCP_OVERRIDE, IpOrigin::DHCP),
        ("::", HfiTcpFlags::AUTOCONFIGURED, IpOrigin::OTHER),
    ];
    let mut table = Table::default();
    for (mac, (address, flags, origin)) in NICS.into_iter().zip(ways) {
        let mut tcp = HfiTcp::default();
        tcp.mac = Mac([2, 0, 0, 0, 0, mac]);
        tcp.ip = address.parse::<IpAddr>().unwrap().into();
        tcp.prefix = 24;
        (tcp.flags, tcp.ip_origin) = (HfiTcpFlags::VALID.with(flags), origin);
        let mut hfi = Hfi::default();
        (hfi.index, hfi.transport, hfi.tcp) = (mac, TransportType::TCP, Some(tcp));
        table.hfis.push(hfi);
    }
    Plan::new(&[Source { name: "NBFT", table: &table }], &Options::default())
}

/// What the service has told.
#[derive(Default)]
struct Told {
    up: BTreeMap<usize, IpAddr>,
    leases: BTreeMap<usize, (NetworkRef, Lease)>,
    ready: u32,
    failed: u32,
}

/// The service in a thread of its own, so that it goes on while the harm is done.
struct Service {
    root: PathBuf,
    told: Arc<Mutex<Told>>,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl Service {
    fn start(&mut self, leases: Vec<(NetworkRef, Lease)>) {
        let (stop, stopped) = oneshot::channel();
        let (root, told) = (self.root.clone(), self.told.clone());
        let thread = std::thread::spawn(move || {
            runtime().block_on(async {
                let (sender, mut events) = tokio::sync::mpsc::unbounded_channel();
                let settings = NetOptions::new(root).maintaining(leases);
                let _handle = net::start(&plan().interfaces, settings, sender).await.unwrap();
                let listen = async {
                    while let Some(event) = events.recv().await {
                        hear(&mut told.lock().unwrap(), event);
                    }
                };
                tokio::select! {
                    () = listen => {}
                    _ = stopped => {}
                }
            });
        });
        self.running = Some((stop, thread));
    }

    /// Ends it as a kill does, and starts another, which knows the leases or, after its file was torn, nothing.
    fn restart(&mut self, torn: bool) {
        let (stop, thread) = self.running.take().unwrap();
        let _ = stop.send(());
        thread.join().unwrap();
        let mut told = self.told.lock().unwrap();
        told.up.clear();
        let leases = told.leases.values().filter(|_| !torn).cloned().collect();
        drop(told);
        self.start(leases);
    }
}

fn hear(told: &mut Told, event: NetEvent) {
    match event {
        NetEvent::Ready { at, address, lease, .. } => {
            told.ready += 1;
            told.up.insert(at.interface, address);
            if let Some(lease) = lease {
                told.leases.insert(at.interface, (at, *lease));
            }
        }
        NetEvent::Renewed { at, lease } => drop(told.leases.insert(at.interface, (at, *lease))),
        NetEvent::Failed { at, .. } => {
            told.failed += 1;
            told.up.remove(&at.interface);
        }
        _ => {}
    }
}

/// What `ip` does where it may fail: a NIC may be gone, or have another name for a moment.
fn try_ip(words: &str) -> String {
    let output = Command::new("ip").args(words.split_whitespace()).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The wires, and what is at their other ends.
struct Lab {
    granting: Granting,
    dhcp6: Option<Server>,
    router: Option<Server>,
}

const POOL6: [&str; 3] = ["--dhcp-range=2001:db8:1::50,2001:db8:1::5f,64,2m", "--enable-ra", "--dhcp-authoritative"];

fn dhcp6() -> Server {
    Server::dnsmasq_on("lan3", "soak6", &POOL6)
}

fn router() -> Server {
    Server::radvd("lan4", "soak-ra", "")
}

fn plug(nic: u8) {
    veth(&format!("eth{nic}"), nic);
    ip(&format!("link set eth{nic}-peer master lan{nic} up"));
}

/// The name that a NIC has now.
fn name_of(nic: u8) -> Option<String> {
    let all = try_ip("-o link show");
    let line = all.lines().find(|line| line.contains(&format!("link/ether 02:00:00:00:00:{nic:02x}")))?;
    line.split(": ").nth(1)?.split('@').next().map(str::to_owned)
}

impl Lab {
    fn new() -> Self {
        let addresses = ["198.51.100.1/24", "192.0.2.1/24", "2001:db8:1::1/64", "2001:db8:2::1/64"];
        for (nic, address) in NICS.into_iter().zip(addresses) {
            ip(&format!("link add lan{nic} address 02:00:00:00:01:{nic:02x} type bridge"));
            ip(&format!("address add {address} dev lan{nic} nodad"));
            ip(&format!("link set lan{nic} up"));
            plug(nic);
        }
        let granting = Granting::start("lan2", Terms { pool: [50, 200], seconds: 8, renew: 4 });
        granting.renew(true);
        Self { granting, dhcp6: Some(dhcp6()), router: Some(router()) }
    }

    /// One event, in words.
    fn harm(&mut self, lot: &mut Lot, service: &mut Service) -> String {
        let nic = NICS[lot.draw(4) as usize];
        let name = name_of(nic).unwrap_or_default();
        let pause = Duration::from_millis(lot.draw(600));
        match lot.draw(11) {
            0 | 1 => {
                try_ip(&format!("link del {name}"));
                sleep(pause);
                if name_of(nic).is_none() {
                    plug(nic);
                }
                format!("NIC {nic} removed and back after {} ms", pause.as_millis())
            }
            2 => {
                let all = try_ip(&format!("-o address show dev {name} scope global"));
                let words: Vec<&str> = all.split_whitespace().filter(|word| word.contains('/')).collect();
                let Some(address) = words.first() else { return format!("NIC {nic} has no address to remove") };
                try_ip(&format!("address del {address} dev {name}"));
                format!("address {address} removed")
            }
            3 => {
                let family = if lot.draw(2) == 0 { "-4" } else { "-6" };
                let all = try_ip(&format!("{family} rule show priority 20000"));
                let rules: Vec<&str> = all.lines().filter_map(|line| line.split_once(":\t")).map(|(_, r)| r).collect();
                let Some(rule) = rules.get(lot.draw(rules.len().max(1) as u64) as usize) else {
                    return "no rule to remove".into();
                };
                let rule = rule.replace(" proto static", "").replace(" [detached]", "");
                try_ip(&format!("{family} rule del priority 20000 {rule}"));
                format!("rule removed: {rule}")
            }
            4 => {
                let staying = lot.draw(2) == 0;
                self.granting.renew(staying);
                format!("DHCPv4 server {}", if staying { "renews" } else { "moves the client" })
            }
            5 => {
                let silent = lot.draw(2) == 0;
                self.granting.be_silent(silent);
                format!("DHCPv4 server {}", if silent { "away" } else { "back" })
            }
            6 => match self.dhcp6.take() {
                Some(_) => "DHCPv6 server away".into(),
                None => {
                    self.dhcp6 = Some(dhcp6());
                    "DHCPv6 server back".into()
                }
            },
            7 => match self.router.take() {
                Some(_) => "router away".into(),
                None => {
                    self.router = Some(router());
                    "router back".into()
                }
            },
            8 => {
                try_ip(&format!("link set eth{nic}-peer down"));
                sleep(pause);
                try_ip(&format!("link set eth{nic}-peer up"));
                format!("carrier of NIC {nic} lost for {} ms", pause.as_millis())
            }
            9 => {
                try_ip(&format!("link set {name} down"));
                sleep(pause);
                try_ip(&format!("link set {name} up"));
                format!("NIC {nic} down for {} ms", pause.as_millis())
            }
            _ => {
                let torn = lot.draw(2) == 0;
                service.restart(torn);
                format!("service killed and started, its file {}", if torn { "torn" } else { "whole" })
            }
        }
    }

    /// All servers are there, and none moves a client.
    fn mend(&mut self) {
        self.granting.be_silent(false);
        self.granting.renew(true);
        self.dhcp6.get_or_insert_with(dhcp6);
        self.router.get_or_insert_with(router);
    }
}

/// Why the network is not as it ought to be; `None` when it is.
fn wrong(told: &Told) -> Option<String> {
    let mut rules: Vec<String> = Vec::new();
    for family in ["-4", "-6"] {
        rules.extend(ip_lines(&format!("{family} rule show priority 20000")));
    }
    let mut expected = Vec::new();
    for nic in NICS {
        let Some(address) = told.up.get(&(usize::from(nic) - 1)) else { return Some(format!("NIC {nic} is not up")) };
        let there = ip_lines(&format!("-o address show dev nbft{} scope global", nic - 1));
        if there.len() != 1 || !there[0].contains(&format!(" {address}/")) {
            return Some(format!("{address} is told, there are {there:?}"));
        }
        let table = 20_000 + u32::from(nic) - 1;
        expected.push(format!("20000: from {address} lookup {table} proto static"));
        expected.push(format!("20000: from all oif nbft{} lookup {table} proto static", nic - 1));
        let family = if address.is_ipv4() { "-4" } else { "-6" };
        if try_ip(&format!("{family} route show table {table}")).trim().is_empty() {
            return Some(format!("table {table} is empty"));
        }
    }
    expected.sort();
    rules.sort();
    (rules != expected).then(|| format!("rules: {rules:#?}, not {expected:#?}"))
}

/// Waits until nothing is wrong, and stays so for a moment.
fn settle(service: &Service, lab: &Lab, history: &[String]) -> Duration {
    let start = Instant::now();
    let mut well_since = None;
    loop {
        let found = wrong(&service.told.lock().unwrap());
        match found {
            None if well_since.get_or_insert_with(Instant::now).elapsed() > Duration::from_secs(1) => {
                return start.elapsed();
            }
            None => {}
            Some(reason) => {
                well_since = None;
                if start.elapsed() > SETTLE {
                    LOGGED.0.lock().unwrap().iter().for_each(|line| eprintln!("{line}"));
                    lab.dhcp6.iter().for_each(|server| eprintln!("{}", server.log()));
                }
                let links = || [try_ip("-brief link"), try_ip("-brief address"), try_ip("-4 route show table all")];
                let last = &history[history.len().saturating_sub(60)..];
                assert!(start.elapsed() < SETTLE, "{reason}\n{last:#?}\n{}", links().join("\n"));
            }
        }
        sleep(Duration::from_millis(300));
    }
}

/// Open files, and KiB of memory that are this process's alone.
fn held() -> (usize, u64) {
    let files = std::fs::read_dir("/proc/self/fd").unwrap().count();
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    (files, line.split_whitespace().next().unwrap().parse().unwrap())
}

/// The last lines that the service has logged.
struct Logged(Mutex<VecDeque<String>>);

static LOGGED: Logged = Logged(Mutex::new(VecDeque::new()));

impl log::Log for Logged {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.target().starts_with("nbft_connect")
    }

    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata()) {
            let mut lines = self.0.lock().unwrap();
            let now = nix::time::clock_gettime(nix::time::ClockId::CLOCK_BOOTTIME).unwrap();
            lines.push_back(format!("{}.{:03} {}", now.tv_sec(), now.tv_nsec() / 1_000_000, record.args()));
            let surplus = lines.len().saturating_sub(400);
            lines.drain(..surplus);
        }
    }

    fn flush(&self) {}
}

fn number(variable: &str) -> Option<u64> {
    Some(std::env::var(variable).ok()?.parse().unwrap_or_else(|_| panic!("{variable} is no number")))
}

#[test]
fn the_network_is_there_after_whatever_happens() {
    in_namespace("the_network_is_there_after_whatever_happens", || {
        let events = number("NBFT_SOAK_EVENTS").unwrap_or(40) as u32;
        let seed = number("NBFT_SOAK_SEED").unwrap_or(18);
        eprintln!("NBFT_SOAK_SEED={seed} NBFT_SOAK_EVENTS={events}");
        log::set_logger(&LOGGED).unwrap();
        log::set_max_level(log::LevelFilter::Debug);
        let (root, mut lot, mut lab) = (Root::new("soak"), Lot(seed), Lab::new());
        let mut service = Service { root: root.0.clone(), told: Arc::default(), running: None };
        service.start(Vec::new());
        let (start, mut history) = (Instant::now(), Vec::new());
        settle(&service, &lab, &history);
        let before = held();
        let mut longest = Duration::ZERO;
        for number in 1..=events {
            history.push(format!("{number}: {}", lab.harm(&mut lot, &mut service)));
            sleep(Duration::from_millis(lot.draw(300)));
            if number % ROUND == 0 || number == events {
                lab.mend();
                let took = settle(&service, &lab, &history);
                longest = longest.max(took);
                let (files, memory) = held();
                eprintln!("{number} events, all back after {took:?}; {files} files, {memory} KiB");
            }
        }
        let after = held();
        let told = service.told.lock().unwrap();
        eprintln!(
            "seed {seed}: {events} events in {:?}, {} times ready, {} failed, {} leases; longest until all was back {longest:?}; \
             files {} and {}, KiB {} and {}",
            start.elapsed(),
            told.ready,
            told.failed,
            lab.granting.granted(),
            before.0,
            after.0,
            before.1,
            after.1
        );
        assert_eq!(after.0, before.0, "open files");
        assert!(after.1 < before.1 + 2048, "memory: {} KiB, {} KiB", before.1, after.1);
    });
}
