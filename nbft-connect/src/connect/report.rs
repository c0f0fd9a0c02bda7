//! How it stands: outcome, exit code, the sentence for the log and for systemd.

use crate::exit::Exit;
use crate::status::model::{Outcome, PathStatus, State, Status};

/// The outcome if `connect` ended now.
pub(super) fn outcome(status: &Status, deadline_passed: bool) -> Outcome {
    let any_boot = status.namespaces.iter().any(|namespace| namespace.boot);
    let boot_there = boot_there(status);
    let any_up = status.paths.iter().any(|path| path.state == State::Up);
    if !boot_there || (!any_boot && !any_up) {
        return Outcome::Failed;
    }
    // What only discovery tells of, firmware did not have up.
    let expected = |path: &&PathStatus| !path.unavailable && path.discovered.is_none();
    let degraded = status.paths.iter().filter(expected).any(|path| match path.state {
        State::Up => false,
        State::Failed => true,
        State::Pending => deadline_passed,
    });
    if degraded || status.boot_entries_left_out > 0 { Outcome::Degraded } else { Outcome::Ok }
}

/// Whether each boot namespace is there; where no table names one, any that was discovered.
pub(super) fn boot_there(status: &Status) -> bool {
    if status.boots_by_discovery {
        return status.namespaces.iter().any(|n| n.discovered && n.state == State::Up);
    }
    status.namespaces.iter().filter(|n| n.boot).all(|n| n.state == State::Up)
}

pub(super) const fn exit(outcome: Outcome) -> Exit {
    match outcome {
        Outcome::Ok => Exit::Ok,
        Outcome::Degraded => Exit::Degraded,
        Outcome::Nothing => Exit::Nothing,
        Outcome::Running | Outcome::Failed => Exit::Failed,
    }
}

/// The whole in a sentence, the missing by name.
pub(super) fn message(status: &Status) -> String {
    let up = status.paths.iter().filter(|path| path.state == State::Up).count();
    let paths = format!("{up} of {} paths up", status.paths.len());
    if status.boots_by_discovery {
        return match boot_there(status) {
            true => format!("{paths}, a discovered namespace is there"),
            false => format!("{paths}, missing: any namespace that discovery tells of{}", not_discovered(status)),
        };
    }
    let missing = status.namespaces.iter().filter(|n| n.boot && n.state != State::Up).map(|namespace| {
        let name = match (&namespace.nid, namespace.nsid) {
            (Some(nid), _) => format!("{} {nid}", namespace.nid_type.as_deref().unwrap_or("NID")),
            (None, 0) => "any namespace".to_owned(),
            (None, nsid) => format!("NSID {nsid}"),
        };
        let reason = namespace.reason.as_deref().map(|reason| format!(" ({reason})")).unwrap_or_default();
        (format!("{name} of {}", namespace.nqn), reason)
    });
    let missing = grouped(missing, " and ");
    if missing.is_empty() {
        return format!("{paths}, each boot namespace is there");
    }
    let missing: Vec<_> = missing.into_iter().map(|(names, reason)| names + &reason).collect();
    format!("{paths}, missing: {}", missing.join(" and "))
}

/// The names of what has one reason, joined, each group where its first is.
fn grouped(items: impl Iterator<Item = (String, String)>, and: &str) -> Vec<(String, String)> {
    let mut groups: Vec<(String, String)> = Vec::new();
    for (name, reason) in items {
        match groups.iter_mut().find(|(_, known)| *known == reason) {
            Some((names, _)) => *names += &(and.to_owned() + &name),
            None => groups.push((name, reason)),
        }
    }
    groups
}

/// `NAME, NAME: reason`, each reason once.
pub(super) fn each_reason_once(items: impl Iterator<Item = (String, String)>, and: &str) -> Vec<String> {
    grouped(items, and).into_iter().map(|(names, reason)| format!("{names}: {reason}")).collect()
}

/// Why no discovered namespace is there.
fn not_discovered(status: &Status) -> String {
    let controllers = status.discovery.iter().filter_map(|controller| {
        let answer = match (controller.state, &controller.reason) {
            (State::Up, _) => format!("told of {} way(s)", controller.ways.unwrap_or(0)),
            (_, Some(reason)) => reason.clone(),
            _ => return None,
        };
        Some(format!("discovery controller at {} port {}: {answer}", controller.traddr, controller.trsvcid))
    });
    let namespaces = status.namespaces.iter().filter(|n| n.discovered && n.state != State::Up);
    let namespaces = namespaces.filter_map(|n| Some(format!("{}: {}", n.nqn, n.reason.as_deref()?)));
    let reasons: Vec<_> = controllers.chain(namespaces).collect();
    if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join("; ")) }
}
