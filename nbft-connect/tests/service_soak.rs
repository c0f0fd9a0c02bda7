//! `nbft connect --stay` under random events, drawn from a seed: static, DHCPv4, DHCPv6 and SLAAC at the same time, and the service
//! itself killed and started, with its status file whole or torn.
//!
//! `NBFT_SOAK_EVENTS` says how many events (40), `NBFT_SOAK_SEED` which (18, so that a run can be repeated).

#![allow(clippy::disallowed_macros, clippy::disallowed_methods, clippy::print_stderr, clippy::unwrap_used)]

mod common;

use common::in_namespace;
use common::net::Root;
use common::soak::{Lab, Lot, table, try_ip, wrong};
use nbft_connect::status::schema::{State, Status};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// After so many events all is to be as it was.
const ROUND: u32 = 50;

/// Within this time: a client that has just asked a server that was away waits, and duplicate address detection, and a NIC.
const SETTLE: Duration = Duration::from_secs(90);

/// The service: a process, as systemd runs it. The NVMe driver is a stand-in: a file takes the options, and no controller comes.
struct Service {
    root: PathBuf,
    process: Child,
}

impl Service {
    /// In a root where a path was connected at boot, so that the service has something to keep.
    fn start(root: PathBuf) -> Self {
        for directory in ["sys/firmware/acpi/tables", "sys/module/nvme_tcp", "dev", "run/nbft"] {
            fs::create_dir_all(root.join(directory)).unwrap();
        }
        fs::write(root.join("sys/firmware/acpi/tables/NBFT"), libnbft::write(&table()).unwrap()).unwrap();
        fs::write(root.join("dev/nvme-fabrics"), "transport=%s,traddr=%s,trsvcid=%s,nqn=%s,hostnqn=%s,hostid=%s\n")
            .unwrap();
        fs::write(root.join("run/nbft/connected"), "").unwrap();
        let process = Self::spawn(&root);
        Self { root, process }
    }

    fn spawn(root: &std::path::Path) -> Child {
        let log = File::options().create(true).append(true).open(root.join("log")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_nbft"));
        command.args(["connect", "--stay", "-v", "--root"]).arg(root);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap()
    }

    /// Kills it, and starts another, which finds its status file whole or torn.
    fn restart(&mut self, torn: bool) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        if torn {
            let file = self.root.join("run/nbft/status.json");
            let text = fs::read(&file).unwrap_or_default();
            fs::write(&file, &text[..text.len() / 2]).unwrap();
        }
        self.process = Self::spawn(&self.root);
    }

    fn status(&self) -> Status {
        Status::read(&self.root.join("run/nbft/status.json")).ok().flatten().unwrap_or_default()
    }

    /// The addresses of the interfaces that its status file says are up.
    fn up(&self) -> BTreeMap<usize, IpAddr> {
        let status = self.status();
        let up = status.interfaces.iter().filter(|interface| interface.state == State::Up);
        up.filter_map(|of| Some((usize::from(of.hfi) - 1, of.address.as_ref()?.parse().ok()?))).collect()
    }

    /// Open files, and KiB of memory that are this process's alone.
    fn held(&self) -> (usize, u64) {
        let proc = PathBuf::from(format!("/proc/{}", self.process.id()));
        let files = fs::read_dir(proc.join("fd")).unwrap().count();
        let status = fs::read_to_string(proc.join("status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
        (files, line.split_whitespace().next().unwrap().parse().unwrap())
    }

    fn running(&mut self) -> std::io::Result<Option<std::process::ExitStatus>> {
        self.process.try_wait()
    }

    fn last_lines(&self) -> String {
        let log = fs::read_to_string(self.root.join("log")).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(200)..].join("\n")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Waits until nothing is wrong, and stays so for a moment.
fn settle(service: &mut Service, lab: &Lab, history: &[String]) -> Duration {
    let start = Instant::now();
    let mut well_since = None;
    loop {
        assert!(matches!(service.running(), Ok(None)), "the service has ended\n{}", service.last_lines());
        let found = wrong(&service.up());
        match found {
            None if well_since.get_or_insert_with(Instant::now).elapsed() > Duration::from_secs(1) => {
                return start.elapsed();
            }
            None => {}
            Some(reason) => {
                well_since = None;
                if start.elapsed() > SETTLE {
                    eprintln!("{}", service.last_lines());
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

/// Sockets that one request may hold even in the calmest moment: a renewal that follows the one before at once.
const TRANSIENT_FILES: usize = 2;

/// What the service holds in its calmest moment of two seconds: a probe or the renewal of a lease has sockets for a while.
fn held_at_rest(service: &Service) -> (usize, u64) {
    let samples = (0..20).map(|_| {
        sleep(Duration::from_millis(100));
        service.held()
    });
    samples.min().unwrap_or_default()
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
        let (root, mut lot, mut lab) = (Root::new("soak"), Lot(seed), Lab::new());
        let mut service = Service::start(root.0.clone());
        let (start, mut history) = (Instant::now(), Vec::new());
        settle(&mut service, &lab, &history);
        // Each process holds about the same: the first, and the last of many.
        let before = held_at_rest(&service);
        let mut longest = Duration::ZERO;
        for number in 1..=events {
            history.push(format!("{number}: {}", lab.harm(&mut lot, |torn| service.restart(torn))));
            sleep(Duration::from_millis(lot.draw(300)));
            if number % ROUND == 0 || number == events {
                lab.mend();
                let took = settle(&mut service, &lab, &history);
                longest = longest.max(took);
                let (files, memory) = service.held();
                eprintln!("{number} events, all back after {took:?}; {files} files, {memory} KiB");
                assert!(root.0.join("run/nbft/connected").exists());
            }
        }
        let after = held_at_rest(&service);
        let attempts = service.status().paths[0].attempts;
        eprintln!(
            "seed {seed}: {events} events in {:?}, {} leases, {attempts} attempts at the path; longest until all was back \
             {longest:?}; files {} and {}, KiB {} and {}",
            start.elapsed(),
            lab.granting.granted(),
            before.0,
            after.0,
            before.1,
            after.1
        );
        assert!(after.0 <= before.0 + TRANSIENT_FILES, "open files: {}, {}", before.0, after.0);
        assert!(after.1 < before.1 + 2048, "memory: {} KiB, {} KiB", before.1, after.1);
        assert!(attempts > 0, "the path is tried");
    });
}
