//! Writes the status for people: tables first, or with `-v` a line for everything.

use crate::commands::subsystems;
use crate::output::{Cell, Fit, Mark, Screen, Table, Text};
use crate::status::outcome;
use crate::status::schema::{HfiStatus, Outcome, PathStatus, State, Status};
use std::path::Path;

/// When the file was written, in milliseconds before now; `None` where the clock since the start is not there.
pub(super) fn age_ms(status: &Status, root: &Path) -> Option<u64> {
    let uptime = std::fs::read_to_string(root.join("proc/uptime")).ok()?;
    let seconds: f64 = uptime.split_whitespace().next()?.parse().ok()?;
    // Bounds the uptime to less than a million years.
    let now = (seconds.clamp(0.0, 1e13) * 1000.0) as u64;
    now.checked_sub(status.started_uptime_ms.checked_add(status.elapsed_ms)?)
}

/// The tables.
pub(super) fn tables(status: &Status, age_ms: Option<u64>, screen: Screen) -> Text {
    let mut out = Text::new();
    let (word, mark) = outcome_word(match status.outcome {
        Outcome::Running => Outcome::Running,
        _ => outcome::current(status),
    });
    out.mark(mark, word);
    // The sections below show the reasons.
    let is_counted = status.message == outcome::message(status);
    let message = if is_counted { headline(status) } else { status.message.clone() };
    out.wrapped(screen, 2, format_args!(": {message}"));
    if status.tables.len() > 1 {
        out.wrapped(screen, 2, format_args!("Tables {}", status.tables.join(", ")));
    }
    let id = status.hostid.as_deref().and_then(|id| id.parse().ok());
    if status.hostnqn.is_some() {
        crate::commands::host::write(&mut out, status.hostnqn.as_deref(), id, screen);
    }
    let written = age_ms.map_or_else(String::new, |age| format!(" {} ago", duration(age)));
    let service = match status.service {
        Some(process) => format!("process {process} brings up what is missing"),
        // Only the service records its process.
        None if status.outcome == Outcome::Running => "nbft connect was running then".to_owned(),
        None => "no nbft process runs now".to_owned(),
    };
    out.wrapped(screen, 2, format_args!("Written by {}{written}; {service}", status.written_by));
    section(&mut out, screen, interfaces(status), interface_reasons(status));
    let reasons = status.paths.iter().filter_map(|path| {
        let name = format!("{} port {} over {}", path.traddr, path.trsvcid, path.host_iface);
        Some((path.reason.clone()?, name))
    });
    section(&mut out, screen, paths(status), reasons.collect());
    let reasons = status.namespaces.iter().filter_map(|namespace| {
        let name = match (&namespace.nid, namespace.nsid) {
            (Some(nid), _) => nid.clone(),
            (None, 0) => format!("any namespace of {}", namespace.nqn),
            (None, nsid) => format!("NSID {nsid} of {}", namespace.nqn),
        };
        Some((namespace.reason.clone()?, name))
    });
    section(&mut out, screen, namespaces(status), reasons.collect());
    let reasons = status.discovery.iter().filter_map(|controller| {
        let name = format!("{} port {} over {}", controller.traddr, controller.trsvcid, controller.host_iface);
        Some((controller.reason.clone()?, name))
    });
    section(&mut out, screen, discovery(status), reasons.collect());
    if !status.left_out.is_empty() {
        out.end();
        out.line("Left out");
    }
    for left in &status.left_out {
        out.wrapped(screen, 4, format_args!("  {}", subsystems::without_table(&status.tables, left)));
    }
    out
}

/// The counts alone, without the reasons.
fn headline(status: &Status) -> String {
    let paths = outcome::paths_up(status);
    if status.boots_by_discovery {
        let there = outcome::boot_there(true, status.namespaces.iter());
        return format!("{paths}, {} discovered namespace is there", if there { "a" } else { "no" });
    }
    let boot = status.namespaces.iter().filter(|namespace| namespace.boot);
    let there = boot.clone().filter(|namespace| namespace.state == State::Up).count();
    format!("{paths}, {there} of {} boot namespaces there", boot.count())
}

/// A table, and under it each reason once with the names of all that it concerns.
fn section(out: &mut Text, screen: Screen, table: Table, reasons: Vec<(String, String)>) {
    if table.is_empty() {
        return;
    }
    out.end();
    table.render(out, screen, 0);
    for (reason, names) in subsystems::each_once(reasons) {
        out.wrapped(screen, 4, format_args!("  {}: {reason}", subsystems::listed(&names, subsystems::NAMES)));
    }
}

fn interfaces(status: &Status) -> Table {
    let mut table = Table::new(&[
        ("INTERFACE", Fit::Whole),
        ("STATE", Fit::Whole),
        ("ADDRESS", Fit::Whole),
        ("MAC", Fit::Missed),
        ("LEASE", Fit::Whole),
        ("RENEWED BY", Fit::Wrapped),
        ("AFTER", Fit::Whole),
    ]);
    for interface in &status.interfaces {
        let renewed = interface.lease.as_ref().map(|_| match &interface.renewed_by {
            Some(manager) => Cell::new(manager),
            None => Cell::state("nobody", Some(Mark::Bad)),
        });
        table.row([
            Cell::new(&interface.name),
            state(interface.state, interface.state.word()),
            Cell::some(interface.address.as_deref()),
            Cell::new(&interface.mac),
            Cell::some(interface.lease.as_ref().map(|lease| duration(u64::from(lease.seconds) * 1000))),
            renewed.unwrap_or_default(),
            Cell::some(interface.ready_ms.map(duration)),
        ]);
    }
    table
}

fn interface_reasons(status: &Status) -> Vec<(String, String)> {
    let told = |interface: &HfiStatus| {
        let information = interface.information.as_ref()?;
        Some((format!("told by {}: {information}", information.server), interface.name.clone()))
    };
    let unrenewed = |interface: &HfiStatus| {
        let is_unrenewed = interface.lease.is_some() && interface.renewed_by.is_none();
        is_unrenewed
            .then(|| ("nobody renews the lease: nbft-stay.service does not run".to_owned(), interface.name.clone()))
    };
    let reason = |interface: &HfiStatus| Some((interface.reason.clone()?, interface.name.clone()));
    let bond = |interface: &HfiStatus| {
        let ports = &interface.ports;
        (!ports.is_empty()).then(|| (format!("bond of {}", ports.join(", ")), interface.name.clone()))
    };
    let all =
        |interface| [reason(interface), bond(interface), unrenewed(interface), told(interface)].into_iter().flatten();
    status.interfaces.iter().flat_map(all).collect()
}

fn paths(status: &Status) -> Table {
    let mut table = Table::new(&[
        ("CONTROLLER", Fit::Whole),
        ("STATE", Fit::Whole),
        ("ANA", Fit::Whole),
        ("ADDRESS", Fit::Whole),
        ("PORT", Fit::Whole),
        ("OVER", Fit::Whole),
        ("AFTER", Fit::Whole),
        ("SECURITY", Fit::Wrapped),
    ]);
    for (nqn, paths) in subsystems::grouped(&status.paths, |path| &path.nqn) {
        table.group(nqn);
        for path in paths {
            table.row([
                Cell::new(path.controller.as_deref().unwrap_or("-")),
                state(path.state, super::path_word(path)),
                Cell::some(path.ana_state),
                Cell::new(&path.traddr),
                Cell::new(path.trsvcid),
                Cell::new(&path.host_iface),
                Cell::some(path.connected_ms.map(duration)),
                Cell::new(security(path)),
            ]);
        }
    }
    table
}

/// How a path that is up is secured, or what it must be.
fn security(path: &PathStatus) -> String {
    let how = path.how();
    match (how.strip_prefix(", "), path.state) {
        (Some(how), State::Up) => how.to_owned(),
        _ => path.security.clone().unwrap_or_default(),
    }
}

fn namespaces(status: &Status) -> Table {
    let mut table = Table::new(&[
        ("DEVICE", Fit::Whole),
        ("STATE", Fit::Whole),
        ("NAMESPACE", Fit::Wrapped),
        ("NSID", Fit::Whole),
        ("AFTER", Fit::Whole),
        ("BOOT", Fit::Wrapped),
    ]);
    for (nqn, namespaces) in subsystems::grouped(&status.namespaces, |namespace| &namespace.nqn) {
        table.group(nqn);
        for namespace in namespaces {
            let nid = namespace.nid.as_ref().map(|nid| match &namespace.nid_type {
                Some(kind) => format!("{kind} {nid}"),
                None => nid.clone(),
            });
            let [nid, nsid] = subsystems::namespace_cells(nid, namespace.nsid);
            table.row([
                Cell::new(namespace.device.as_deref().unwrap_or("-")),
                state(namespace.state, namespace.state.word()),
                nid,
                nsid,
                Cell::some(namespace.present_ms.map(duration)),
                Cell::new(if namespace.boot { "" } else { "not waited for" }),
            ]);
        }
    }
    table
}

fn discovery(status: &Status) -> Table {
    let mut table = Table::new(&[
        ("DISCOVERY", Fit::Whole),
        ("STATE", Fit::Whole),
        ("ADDRESS", Fit::Whole),
        ("PORT", Fit::Whole),
        ("OVER", Fit::Whole),
        ("WAYS", Fit::Whole),
        ("AFTER", Fit::Whole),
    ]);
    for controller in &status.discovery {
        table.row([
            Cell::new(controller.controller.as_deref().unwrap_or("-")),
            state(controller.state, controller.state.word()),
            Cell::new(&controller.traddr),
            Cell::new(controller.trsvcid),
            Cell::new(&controller.host_iface),
            Cell::some(controller.ways),
            Cell::some(controller.answered_ms.map(duration)),
        ]);
    }
    table
}

fn state(state: State, word: &str) -> Cell {
    Cell::state(word, state.mark())
}

const fn outcome_word(outcome: Outcome) -> (&'static str, Option<Mark>) {
    match outcome {
        Outcome::Running => ("running", Some(Mark::Warning)),
        Outcome::Ok => ("ok", Some(Mark::Good)),
        Outcome::Failed => ("failed", Some(Mark::Bad)),
        Outcome::Degraded => ("degraded", Some(Mark::Warning)),
        Outcome::Nothing => ("nothing", None),
    }
}

/// `0.4 s`, `2 min`, `3 h`, `5 d`.
fn duration(ms: u64) -> String {
    const MINUTE: u64 = 60_000;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    match ms {
        0..10_000 => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
        10_000..120_000 => format!("{} s", ms / 1000),
        120_000..7_200_000 => format!("{} min", ms / MINUTE),
        7_200_000..172_800_000 => format!("{} h", ms / HOUR),
        _ => format!("{} d", ms / DAY),
    }
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn durations_have_two_digits_or_so() {
        let shown = [0, 432, 9_999, 59_999, 3_600_000, 86_400_000, 864_000_000].map(duration);
        assert_eq!(shown, ["0.0 s", "0.4 s", "9.9 s", "59 s", "60 min", "24 h", "10 d"]);
    }
}
