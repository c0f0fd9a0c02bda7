//! Measures how long interfaces take, beside `ip -batch` doing the same: `cargo bench -p nbft-connect --bench net` (root).
//!
//! Everything runs in a network namespace of its own, on veth pairs. Carrier is not our work: what was spent waiting for it
//! is printed, and taken off where the two are compared.

#![allow(clippy::disallowed_macros, clippy::disallowed_methods, clippy::print_stderr, clippy::unwrap_used)]

#[path = "../tests/common/mod.rs"]
mod common;

use common::net::{Nic, plan, runtime, start};
use nbft_connect::net::NetEvent;
use std::io::Write;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 50;
const MANY: usize = 64;
/// After this the carriers come where many interfaces are set up.
const CARRIER_AFTER: Duration = Duration::from_secs(1);

/// What may be used of the time of `ip -batch`, and of one interface's where there are many.
const LIMIT_OF_IP: f64 = 1.5;
const LIMIT_OF_ONE: f64 = 3.0;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["ready", count] => {
            ready(count.parse().unwrap());
            ExitCode::SUCCESS
        }
        ["inside"] => inside(),
        _ => {
            let me = std::env::current_exe().unwrap();
            let status = Command::new("unshare").args(["--net", "--mount", "--"]).arg(me).arg("inside").status();
            if status.expect("unshare").success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
    }
}

fn address(number: usize) -> String {
    format!("10.0.{number}.2")
}

/// What is measured: from nothing known to everything ready. Prints the time spent waiting for carrier and the CPU time.
fn ready(count: usize) {
    let nics: Vec<Nic> = (1..=count)
        .map(|number| Nic {
            mac: number as u8,
            address: address(number).leak(),
            prefix: 24,
            gateway: format!("10.0.{number}.1").leak(),
        })
        .collect();
    let plan = plan(&nics);
    let mut carrier = Duration::ZERO;
    runtime().block_on(async {
        let (_handle, mut events) = start(&plan).await;
        let mut missing = count;
        while missing > 0 {
            match events.recv().await.unwrap() {
                NetEvent::Ready { timings, .. } => {
                    carrier = carrier.max(timings.carrier);
                    missing -= 1;
                }
                NetEvent::Waiting { .. } | NetEvent::Renewed { .. } | NetEvent::Informed { .. } => {}
                NetEvent::Failed { reason, .. } => panic!("{reason}"),
            }
        }
    });
    let times = std::fs::read_to_string("/proc/self/schedstat").unwrap();
    let on_cpu: u64 = times.split_whitespace().next().unwrap().parse().unwrap();
    let mut out = std::io::stdout();
    writeln!(out, "{} {}", carrier.as_nanos(), on_cpu).unwrap();
}

/// What one run of ours took.
struct Run {
    total: Duration,
    carrier: Duration,
    cpu: Duration,
}

fn start_ours(count: usize) -> Child {
    let mut ours = Command::new(std::env::current_exe().unwrap());
    ours.args(["ready", &count.to_string()]).stdout(Stdio::piped()).spawn().unwrap()
}

fn finish(ours: Child, started: Instant) -> Run {
    let output = ours.wait_with_output().unwrap();
    let total = started.elapsed();
    assert!(output.status.success(), "{}", output.status);
    let text = String::from_utf8(output.stdout).unwrap();
    let nanos: Vec<u64> = text.split_whitespace().map(|number| number.parse().unwrap()).collect();
    Run { total, carrier: Duration::from_nanos(nanos[0]), cpu: Duration::from_nanos(nanos[1]) }
}

fn batch(lines: &str) {
    let mut ip = Command::new("ip").args(["-batch", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    ip.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    assert!(ip.wait().unwrap().success(), "ip -batch:\n{lines}");
}

/// Makes the NICs, with or without carrier.
fn make(count: usize, carrier: bool) {
    let mut lines = String::new();
    for number in 1..=count {
        lines += &format!("link add e{number} address 02:00:00:00:00:{number:02x} type veth peer name p{number}\n");
        if carrier {
            lines += &format!("link set p{number} up\n");
        }
    }
    batch(&lines);
}

/// Takes them away, with what was set up on them: rules stay when their link goes.
fn remove(count: usize) {
    batch(&(1..=count).map(|number| format!("link del p{number}\n")).collect::<String>());
    while Command::new("ip")
        .args(["rule", "del", "priority", "20000"])
        .stderr(Stdio::null())
        .status()
        .unwrap()
        .success()
    {}
}

/// The steps that ours does on one interface.
fn steps() -> String {
    let own = address(1);
    let mut lines = format!(
        "link set e1 name nbft0\nlink set nbft0 up\naddress replace {own}/24 dev nbft0 metric 500\n\
         route replace 10.0.1.0/24 dev nbft0 src {own} scope link proto static table 20000\n"
    );
    for (table, metric) in [("254", " metric 500"), ("20000", "")] {
        for to in ["203.0.113.1", "default"] {
            lines +=
                &format!("route replace {to} via 10.0.1.1 dev nbft0 src {own} proto static table {table}{metric}\n");
        }
    }
    lines + &format!("rule add from {own} table 20000 priority 20000\nrule add oif nbft0 table 20000 priority 20000\n")
}

fn median(mut all: Vec<Duration>) -> Duration {
    all.sort();
    all[all.len() / 2]
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn inside() -> ExitCode {
    common::ip("link set lo up");
    let (one, many) = (one_interface(), many_interfaces());
    if one && many { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn one_interface() -> bool {
    let (mut theirs, mut ours, mut waited, mut cpu) = (vec![], vec![], vec![], vec![]);
    let steps = steps();
    for _ in 0..ROUNDS {
        make(1, true);
        let started = Instant::now();
        batch(&steps);
        theirs.push(started.elapsed());
        remove(1);
        make(1, true);
        let started = Instant::now();
        let run = finish(start_ours(1), started);
        ours.push(run.total.saturating_sub(run.carrier));
        waited.push(run.carrier);
        cpu.push(run.cpu);
        remove(1);
    }
    let (theirs, ours) = (median(theirs), median(ours));
    let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
    let mut out = std::io::stdout();
    writeln!(
        out,
        "one interface, {ROUNDS} rounds, medians: ip -batch {:.2} ms, ours {:.2} ms (and {:.2} ms waiting for carrier, CPU \
         {:.2} ms): {ratio:.2} of ip -batch, at most {LIMIT_OF_IP}",
        ms(theirs),
        ms(ours),
        ms(median(waited)),
        ms(median(cpu))
    )
    .unwrap();
    ratio <= LIMIT_OF_IP
}

/// Interfaces whose carriers come after the start, all in one go.
fn late(count: usize) -> (Duration, Duration) {
    make(count, false);
    let lines: String = (1..=count).map(|number| format!("link set p{number} up\n")).collect();
    let started = Instant::now();
    let ours = start_ours(count);
    std::thread::sleep(CARRIER_AFTER);
    batch(&lines);
    let run = finish(ours, started);
    remove(count);
    (run.total, run.cpu)
}

fn many_interfaces() -> bool {
    let runs = |count| (0..5).map(|_| late(count)).unzip::<_, _, Vec<_>, Vec<_>>();
    let (one, cpu_of_one) = runs(1);
    let (many, cpu) = runs(MANY);
    let (one, many) = (median(one), median(many));
    let ratio = many.as_secs_f64() / one.as_secs_f64();
    let mut out = std::io::stdout();
    writeln!(
        out,
        "carrier after 1 s, 5 rounds, medians: 1 interface {:.1} ms, {MANY} interfaces {:.1} ms: {ratio:.2} of one, at most \
         {LIMIT_OF_ONE}; CPU {:.2} ms for one, {:.2} ms for each of {MANY}",
        ms(one),
        ms(many),
        ms(median(cpu_of_one)),
        ms(median(cpu)) / MANY as f64
    )
    .unwrap();
    ratio <= LIMIT_OF_ONE
}
