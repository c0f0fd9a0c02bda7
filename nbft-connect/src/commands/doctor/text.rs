//! Writes the report for people: which path works, and each cause once with its remedy, however many paths it stops.

use super::cause::Step;
use super::model::{Broken, Firmware, Found, Report, Verdict};
use crate::commands::subsystems;
use crate::output::{Cell, Fit, Mark, Screen, Table, Text};

/// An item that is broken, and what is known about it.
struct Stop<'r> {
    name: String,
    /// Whether its failure does not count.
    is_quiet: bool,
    broken: &'r Broken,
    found: String,
    firmware: Vec<String>,
}

/// The whole report.
pub(super) fn render(report: &Report, screen: Screen) -> Text {
    let mut out = Text::new();
    let (word, mark) = verdict(report.verdict);
    out.mark(mark, word);
    out.wrapped(screen, 2, format_args!(": {}", report.message));
    if report.tables.len() > 1 {
        out.wrapped(screen, 2, format_args!("Tables {}", report.tables.join(", ")));
    }
    for warning in &report.warnings {
        out.end();
        out.mark(Some(Mark::Warning), "warning");
        problem(&mut out, screen, &warning.problem, &warning.remedy);
    }
    for table in [paths(report), discovery(report), namespaces(report)].into_iter().filter(|table| !table.is_empty()) {
        out.end();
        table.render(&mut out, screen, 0);
    }
    let key = |stop: &Stop<'_>| (stop.broken.step, stop.broken.code, stop.broken.remedy.clone());
    for ((step, _, remedy), stops) in subsystems::each_once(stops(report).into_iter().map(|stop| (key(&stop), stop))) {
        out.end();
        cause(&mut out, screen, step, &remedy, &stops);
    }
    if out.is_shortened(screen) {
        out.end();
        out.wrapped(screen, 0, "nbft doctor -v shows the shortened names whole.");
    }
    out
}

/// Ends the line that a severity begins, and says what to do.
pub(super) fn problem(out: &mut Text, screen: Screen, problem: &str, remedy: &str) {
    out.wrapped(screen, 2, format_args!(": {problem}"));
    sentence(out, screen, "do", remedy);
}

/// Problems of one remedy that are listed; more are counted only.
const PROBLEMS: usize = 4;

fn cause(out: &mut Text, screen: Screen, step: Step, remedy: &str, stops: &[Stop<'_>]) {
    let is_quiet = stops.iter().all(|stop| stop.is_quiet);
    let names: Vec<_> = stops.iter().map(|stop| stop.name.as_str()).collect();
    let verb = if stops.len() == 1 { "stops" } else { "stop" };
    let quiet = if is_quiet { ", which nobody waits for" } else { "" };
    out.add(format_args!("{} ", subsystems::listed(&names, subsystems::NAMES)));
    out.mark(mark(step, is_quiet), format_args!("{verb} at {}", step.words()));
    out.wrapped(screen, 2, quiet);
    let problems = subsystems::each_once(stops.iter().map(|stop| (stop.broken.problem.as_str(), ())));
    for (problem, _) in problems.iter().take(PROBLEMS) {
        sentence(out, screen, "wrong", problem);
    }
    if problems.len() > PROBLEMS {
        sentence(out, screen, "", &format!("{} more like these: nbft doctor -v", problems.len() - PROBLEMS));
    }
    sentence(out, screen, "do", remedy);
    let found = subsystems::each_once(stops.iter().map(|stop| (stop.found.as_str(), ())));
    if let [(found, _)] = found.as_slice() {
        if !found.is_empty() {
            sentence(out, screen, "works", found);
        }
    }
    let firmware = stops.iter().flat_map(|stop| &stop.firmware).map(|said| (said.as_str(), ()));
    for (said, _) in subsystems::each_once(firmware) {
        sentence(out, screen, "firmware", said);
    }
}

fn sentence(out: &mut Text, screen: Screen, label: &str, sentence: &str) {
    let label = if label.is_empty() { String::new() } else { format!("{label}:") };
    out.wrapped(screen, 12, format_args!("  {label:10}{sentence}"));
}

fn stops(report: &Report) -> Vec<Stop<'_>> {
    let paths = report.paths.iter().filter_map(|path| {
        Some(Stop {
            name: format!("{} port {} over {}", path.traddr, path.trsvcid, path.host_iface),
            is_quiet: path.unavailable || path.spare,
            broken: path.broken.as_ref()?,
            found: found(&path.found),
            firmware: firmware(&path.firmware),
        })
    });
    let discovery = report.discovery.iter().filter_map(|controller| {
        let (traddr, trsvcid, name) = (&controller.traddr, controller.trsvcid, &controller.host_iface);
        Some(Stop {
            name: format!("discovery controller {traddr} port {trsvcid} over {name}"),
            is_quiet: false,
            broken: controller.broken.as_ref()?,
            found: found(&controller.found),
            firmware: Vec::new(),
        })
    });
    let entries = report.entries.iter().map(|entry| Stop {
        name: subsystems::without_table(&report.tables, &entry.entry).to_owned(),
        is_quiet: false,
        broken: &entry.broken,
        found: String::new(),
        firmware: firmware(&entry.firmware),
    });
    paths.chain(discovery).chain(entries).collect()
}

/// The steps that work, in a line.
pub(super) fn found(found: &[Found]) -> String {
    found.iter().map(|found| found.what.as_str()).collect::<Vec<_>>().join(", ")
}

/// Firmware's diagnostics, without the name of the entry.
fn firmware(said: &[Firmware]) -> Vec<String> {
    let said = said.iter().map(|firmware| {
        let advice = firmware.advice.map(|advice| format!(" {advice}")).unwrap_or_default();
        format!("{}.{advice}", firmware.codes.join(", "))
    });
    said.collect()
}

/// The state of an item, from what breaks it.
fn state(broken: Option<&Broken>, good: &'static str, is_quiet: bool) -> Cell {
    match broken {
        None => Cell::state(good, Some(Mark::Good)),
        Some(broken) => {
            let quiet = if is_quiet { ", not waited for" } else { "" };
            Cell::state(format_args!("stops at {}{quiet}", broken.step.words()), mark(broken.step, is_quiet))
        }
    }
}

fn mark(step: Step, is_quiet: bool) -> Option<Mark> {
    match step {
        Step::Exclusion => None,
        _ if is_quiet => Some(Mark::Warning),
        _ => Some(Mark::Bad),
    }
}

fn paths(report: &Report) -> Table {
    let columns = [
        ("ADDRESS", Fit::Whole),
        ("PORT", Fit::Whole),
        ("OVER", Fit::Whole),
        ("CONTROLLER", Fit::Whole),
        ("STATE", Fit::Wrapped),
    ];
    let mut table = Table::new(&columns);
    for (nqn, paths) in subsystems::grouped(&report.paths, |path| &path.nqn) {
        table.group(nqn);
        for path in paths {
            table.row([
                Cell::new(&path.traddr),
                Cell::new(path.trsvcid),
                Cell::new(&path.host_iface),
                Cell::some(path.controller.as_deref()),
                state(path.broken.as_ref(), "works", path.unavailable || path.spare),
            ]);
        }
    }
    table
}

fn discovery(report: &Report) -> Table {
    let columns = [("DISCOVERY", Fit::Whole), ("PORT", Fit::Whole), ("OVER", Fit::Whole), ("STATE", Fit::Wrapped)];
    let mut table = Table::new(&columns);
    for controller in &report.discovery {
        table.row([
            Cell::new(&controller.traddr),
            Cell::new(controller.trsvcid),
            Cell::new(&controller.host_iface),
            state(controller.broken.as_ref(), "has answered", false),
        ]);
    }
    table
}

fn namespaces(report: &Report) -> Table {
    let mut table = Table::new(&[("NAMESPACE", Fit::Whole), ("NSID", Fit::Whole), ("STATE", Fit::Wrapped)]);
    let is_several = report.namespaces.iter().any(|namespace| namespace.nqn != report.namespaces[0].nqn);
    for (nqn, namespaces) in subsystems::grouped(&report.namespaces, |namespace| &namespace.nqn) {
        // A single subsystem was named above its paths.
        if is_several || report.paths.is_empty() {
            table.group(nqn);
        }
        for namespace in namespaces {
            let nid = namespace.nid.as_ref().map(|nid| match namespace.nid_type {
                Some(kind) => format!("{kind} {nid}"),
                None => nid.clone(),
            });
            let [nid, nsid] = subsystems::namespace_cells(nid, namespace.nsid);
            table.row([
                nid,
                nsid,
                match (&namespace.device, namespace.boot) {
                    (Some(device), _) => Cell::state(device, Some(Mark::Good)),
                    (None, true) => Cell::state("missing: booting waits for it", Some(Mark::Bad)),
                    (None, false) => Cell::state("not there", Some(Mark::Warning)),
                },
            ]);
        }
    }
    table
}

const fn verdict(verdict: Verdict) -> (&'static str, Option<Mark>) {
    match verdict {
        Verdict::Ok => ("ok", Some(Mark::Good)),
        Verdict::Degraded => ("degraded", Some(Mark::Warning)),
        Verdict::Failed => ("failed", Some(Mark::Bad)),
        Verdict::Nothing => ("nothing", None),
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::{Report, Warning};
    use super::*;

    #[test]
    fn shortened_names_come_with_the_way_to_whole_ones() {
        let hint = "\n\nnbft doctor -v shows the shortened names whole.\n";
        let with = |problem: &str| {
            let mut report = Report::without_tables(&[]);
            report.warnings.push(Warning::new("of-a-test", problem, "Mend it."));
            render(&report, Screen::plain(80)).plain()
        };
        assert!(with(&format!("/etc/nbft/keys/{} is torn", "x".repeat(80))).ends_with(hint));
        assert!(!with(&format!("/etc/nbft/keys/{} is torn", "x".repeat(40))).contains(hint.trim()));
    }
}
