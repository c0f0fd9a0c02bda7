//! Compares the guest's report and the target's wires with the scenario, or with another program's JSON.

use crate::judge::capture::Session;
use crate::judge::handover;
use crate::judge::report::Report;
use crate::scenario::system::Way;
use crate::scenario::{Controller, Expect, Scenario};
use crate::tools::error::Result;
use crate::tools::place::Place;
use libnbft::model::DISCOVERY_NQN;
use serde_json::Value;
use std::collections::BTreeMap;

/// The complaints about a run.
#[derive(Debug, Default)]
pub struct Verdict {
    /// One sentence each; empty if everything is as expected.
    pub complaints: Vec<String>,
}

impl Verdict {
    fn check(&mut self, holds: bool, complaint: impl FnOnce() -> String) {
        if !holds {
            self.complaints.push(complaint());
        }
    }
}

/// The data of a run on which the verdict is based.
#[derive(Debug)]
pub struct Evidence<'a> {
    /// The guest's report.
    pub report: &'a Report,
    /// The connections on the wires.
    pub sessions: &'a [Session],
    /// The target's console.
    pub target: &'a [String],
}

/// Judges a guest that has booted.
pub fn judge(place: &Place, scenario: &Scenario, evidence: &Evidence<'_>) -> Result<Verdict> {
    let mut verdict = Verdict::default();
    let mut expect = scenario.expect.clone();
    if expect.as_json {
        for table in &scenario.tables {
            from_json(&mut expect, &table.json(place)?, evidence, &mut verdict);
        }
    }
    root(scenario, evidence.report, &mut verdict);
    network(&expect, evidence.report, &mut verdict);
    controllers(scenario, &expect, evidence, &mut verdict);
    if let Some(wanted) = &expect.manager {
        verdict.complaints.extend(handover::judge(place, wanted, &expect, evidence.report)?);
    }
    renewal(&expect, evidence.report, &mut verdict);
    memory(evidence.report, &mut verdict);
    again(&expect, evidence.report, &mut verdict);
    if let Some(status) = expect.status {
        let found = evidence.report.status("status");
        verdict.check(found == Some(status), || format!("nbft status exited with {found:?}, not {status}"));
    }
    Ok(verdict)
}

fn root(scenario: &Scenario, report: &Report, verdict: &mut Verdict) {
    if scenario.own_root() {
        return;
    }
    let leaves = report.leaves();
    verdict.check(!leaves.is_empty(), || "the root's device could not be found in sysfs".to_owned());
    let local = scenario.ends_on_local_root();
    let transport = if local { "virtio" } else { "tcp" };
    for (name, found, uuid) in leaves {
        verdict.check(found == transport, || format!("root is on {name}, whose transport is {found}, not {transport}"));
        if let Some(target) = scenario.target.as_ref().filter(|_| !local) {
            verdict.check(uuid == target.uuid, || format!("root is on namespace {uuid}, not {}", target.uuid));
        }
    }
}

fn network(expect: &Expect, report: &Report, verdict: &mut Verdict) {
    let sorted = |mut list: Vec<String>| {
        list.sort();
        list
    };
    for (interface, wanted) in &expect.addresses {
        let found = sorted(report.addresses(interface).into_iter().map(str::to_owned).collect());
        let wanted = sorted(wanted.clone());
        verdict.check(found == wanted, || format!("{interface} has the addresses {found:?}, not {wanted:?}"));
    }
    let interfaces = report.interfaces();
    for interface in &expect.absent {
        verdict.check(!interfaces.contains(&interface.as_str()), || format!("there is an interface {interface}"));
    }
    for (interface, gateway) in &expect.gateways {
        let routes = report.block("routes").iter().chain(report.block("routes6"));
        let via = format!(" via {gateway} ");
        let dev = format!(" dev {interface} ");
        let found = routes.map(|route| format!("{route} ")).any(|route| route.contains(&via) && route.contains(&dev));
        verdict.check(found, || format!("no route via {gateway} on {interface}"));
    }
}

/// The JSON that `nbft status` printed; null if it printed none.
fn status_json(report: &Report) -> Value {
    serde_json::from_str(&report.block("status-json").concat()).unwrap_or_default()
}

fn renewal(expect: &Expect, report: &Report, verdict: &mut Verdict) {
    let json = status_json(report);
    for (name, who) in &expect.renewed_by {
        let interface = json["interfaces"].as_array().into_iter().flatten().find(|known| known["name"] == **name);
        let found = interface.and_then(|interface| interface["renewed_by"].as_str());
        verdict.check(found == Some(who), || format!("the lease of {name} is renewed by {found:?}, not {who}"));
    }
}

/// The limit for the resident memory of `nbft connect`, in KiB.
const MEMORY: u64 = 8 * 1024;

/// Checks the memory of the run in the initramfs; skips runs that connected nothing.
fn memory(report: &Report, verdict: &mut Verdict) {
    let json = status_json(report);
    if json["outcome"] != "nothing" && json.is_object() {
        let peak = json["peak_memory_kib"].as_u64();
        verdict.check(peak.is_some_and(|peak| (1..MEMORY).contains(&peak)), || {
            format!("nbft connect needed {peak:?} KiB of resident memory in the initramfs, not below {MEMORY}")
        });
    }
}

/// Checks a second `nbft connect` in the running system.
fn again(expect: &Expect, report: &Report, verdict: &mut Verdict) {
    let Some(status) = report.status("again") else { return };
    let wanted: &[i32] = match &expect.status {
        Some(status) => &[*status],
        None => &[0, 3, 4],
    };
    verdict.check(wanted.contains(&status), || format!("run again, nbft connect exited with {status}, not {wanted:?}"));
    for name in ["controllers", "addresses"] {
        let (before, after) = (settled(report.block(name)), settled(report.block(&format!("{name}-again"))));
        // If the scenario lists no controllers, the service may be adding some at the same time.
        let more = name == "controllers" && expect.controllers.is_none();
        let kept = if more { before.iter().all(|line| after.contains(line)) } else { before == after };
        verdict.check(kept, || format!("run again, nbft connect changed the {name}: {before:?}, now {after:?}"));
    }
    let memory = report.block("again").iter().find_map(|line| {
        let (_, figure) = line.split_once("Maximum resident set size (kbytes): ")?;
        figure.trim().parse::<u64>().ok()
    });
    verdict.check(memory.is_some_and(|memory| memory < MEMORY), || {
        format!("nbft connect needs {memory:?} KiB of resident memory, more than {MEMORY}")
    });
}

/// The lines without parts that change by themselves: a lease's remaining time, and whether an address is still being probed.
fn settled(lines: &[String]) -> Vec<String> {
    lines.iter().map(|line| line.split(" valid_lft ").next().unwrap_or(line).replace(" tentative", "")).collect()
}

/// The part of a controller's sysfs `address` after `key=`.
fn part<'a>(address: &'a str, key: &str) -> Option<&'a str> {
    address.split(',').find_map(|part| part.trim().strip_prefix(key)?.strip_prefix('='))
}

fn controllers(scenario: &Scenario, expect: &Expect, evidence: &Evidence<'_>, verdict: &mut Verdict) {
    let found = evidence.report.controllers();
    let hangs = |address: &str| expect.hanging.iter().any(|traddr| part(address, "traddr") == Some(traddr));
    let fabrics: Vec<_> = found
        .iter()
        .filter(|c| c.get("transport") == Some(&"tcp") && !c.get("address").is_some_and(|address| hangs(address)))
        .collect();
    for controller in &fabrics {
        let name = controller.get("name").copied().unwrap_or_default();
        let mut same = |key: &str, wanted: &Option<String>| {
            if let Some(wanted) = wanted {
                let value = controller.get(key).copied().unwrap_or_default();
                verdict.check(value == wanted, || format!("{name} has {key} {value}, not {wanted}"));
            }
        };
        same("hostnqn", &expect.hostnqn);
        same("hostid", &expect.hostid);
        same("state", &Some("live".to_owned()));
        if matches!(scenario.way, Way::Nbft | Way::InitramfsTools | Way::Mkosi) {
            // The root's connections never time out.
            same("ctrl_loss_tmo", &Some("off".to_owned()));
        }
        if let Some(target) = &scenario.target {
            let nqn = controller.get("subsysnqn").copied().unwrap_or_default();
            // The scenario's `controllers` checks how many of each there are.
            let known = nqn == DISCOVERY_NQN || target.nqns().any(|of| of == nqn);
            verdict.check(known, || format!("{name} has the NQN {nqn}: not the target's"));
        }
    }
    if let Some(hostnqn) = expect.hostnqn.as_ref().filter(|_| !fabrics.is_empty()) {
        let wanted = format!("for NQN {hostnqn}");
        let seen = evidence.target.iter().any(|line| line.contains("nvmet") && line.contains(&wanted));
        verdict.check(seen, || format!("the target's kernel names no host {hostnqn}"));
    }
    for controller in &expect.later {
        on_the_wire(controller, evidence.sessions, verdict);
    }
    let Some(wanted) = &expect.controllers else { return };
    verdict.check(fabrics.len() == wanted.len(), || {
        let all: Vec<_> = fabrics.iter().filter_map(|c| c.get("address")).collect();
        format!("there are {} controllers, not {}: {all:?}", fabrics.len(), wanted.len())
    });
    for controller in wanted {
        let there = fabrics.iter().any(|c| c.get("address").is_some_and(|address| is(controller, address)));
        verdict.check(there, || {
            format!("no controller at {}, port {}{}", controller.traddr, controller.trsvcid, via(controller))
        });
        on_the_wire(controller, evidence.sessions, verdict);
    }
}

fn via(controller: &Controller) -> String {
    controller.host_iface.as_ref().map(|name| format!(" over {name}")).unwrap_or_default()
}

fn is(controller: &Controller, address: &str) -> bool {
    part(address, "traddr") == Some(&controller.traddr)
        && part(address, "trsvcid") == Some(&controller.trsvcid)
        && controller.host_iface.as_ref().is_none_or(|name| part(address, "host_iface") == Some(name))
}

fn on_the_wire(controller: &Controller, sessions: &[Session], verdict: &mut Verdict) {
    let port = controller.trsvcid.parse().unwrap_or(0);
    let to = |session: &&Session| {
        session.destination.ip().to_string() == controller.traddr && session.destination.port() == port
    };
    let mine: Vec<&Session> = sessions.iter().filter(to).collect();
    verdict.check(!mine.is_empty(), || format!("no connection to {} on the wire", controller.traddr));
    for session in mine {
        let source = session.source.ip().to_string();
        if let Some(wanted) = &controller.source {
            verdict
                .check(source == *wanted, || format!("{} was reached from {source}, not {wanted}", controller.traddr));
        }
        let digests = (session.header_digest, session.data_digest);
        let wanted = (controller.header_digest, controller.data_digest);
        verdict.check(digests == wanted, || {
            format!("digests (header, data) to {} are {digests:?}, not {wanted:?}", controller.traddr)
        });
    }
}

/// Checks everything that the table requires, as nvme-cli reads it.
fn from_json(expect: &mut Expect, json: &Value, evidence: &Evidence<'_>, verdict: &mut Verdict) {
    let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let host = &json["host"];
    expect.hostnqn = Some(text(host, "nqn"));
    expect.hostid = Some(text(host, "id"));
    let empty = Vec::new();
    let list = |key: &str| json[key].as_array().unwrap_or(&empty);
    let mut addresses: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut macs: Vec<String> = Vec::new();
    for hfi in list("hfi") {
        let mac = text(hfi, "mac_addr");
        // nbft0, nbft1, …: one for each NIC, in the order of the table.
        let number = macs.iter().position(|known| *known == mac).unwrap_or_else(|| {
            macs.push(mac);
            macs.len() - 1
        });
        let ip = text(hfi, "ipaddr");
        let prefix = match hfi["subnet_mask_prefix"].as_u64() {
            Some(0) if ip.contains(':') => 64,
            prefix => prefix.unwrap_or(0),
        };
        let name = match hfi["vlan"].as_u64() {
            None | Some(0) => format!("nbft{number}"),
            Some(vlan) => format!("nbft{number}.{vlan}"),
        };
        addresses.entry(name).or_default().push(format!("{ip}/{prefix}"));
    }
    expect.addresses.extend(addresses);
    let reached = evidence.report.controllers();
    for subsystem in list("subsystem").iter().filter(|s| s["unavailable"] != 1) {
        let (traddr, trsvcid) = (text(subsystem, "traddr"), text(subsystem, "trsvcid"));
        let there = reached.iter().any(|controller| {
            let address = controller.get("address").copied().unwrap_or_default();
            part(address, "traddr") == Some(&traddr) && part(address, "trsvcid") == Some(&trsvcid)
        });
        verdict.check(there, || format!("the table's subsystem at {traddr}, port {trsvcid}, has no controller"));
        let (required, nid) = (subsystem["pdu_header_digest_required"] == 1, text(subsystem, "nid"));
        let digests: Vec<bool> = evidence
            .sessions
            .iter()
            .filter(|s| s.destination.ip().to_string() == traddr)
            .map(|s| s.header_digest)
            .collect();
        verdict.check(digests.iter().all(|asked| *asked == required), || {
            format!("header digests to {traddr}: {digests:?}")
        });
        for (name, _, uuid) in evidence.report.leaves() {
            verdict.check(uuid == nid, || format!("root's {name} is namespace {uuid}, the table's is {nid}"));
        }
    }
}
