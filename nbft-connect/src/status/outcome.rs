//! Derives from a status its outcome, its exit code, and the sentence for the log and for systemd.

use super::schema::{NamespaceStatus, Outcome, PathStatus, State, Status};
use crate::exit::Exit;
use std::path::Path;

/// The outcome if `connect` ended now.
pub(crate) fn outcome(status: &Status, deadline_passed: bool) -> Outcome {
    let any_boot = status.namespaces.iter().any(|namespace| namespace.boot);
    let boot_there = boot_there(status.boots_by_discovery, status.namespaces.iter());
    let any_up = status.paths.iter().any(|path| path.state == State::Up);
    if !boot_there || (!any_boot && !any_up) {
        return Outcome::Failed;
    }
    // Firmware did not connect paths that only discovery lists.
    let expected = |path: &&PathStatus| path.is_expected() && path.discovered.is_none();
    let degraded = status.paths.iter().filter(expected).any(|path| match path.state {
        State::Up | State::Excluded => false,
        State::Failed => true,
        State::Pending => deadline_passed,
    });
    if degraded || status.boot_entries_left_out > 0 { Outcome::Degraded } else { Outcome::Ok }
}

/// Whether each boot namespace is present; if no table names one, any that was discovered.
pub(crate) fn boot_there<'n>(
    boots_by_discovery: bool,
    mut namespaces: impl Iterator<Item = &'n NamespaceStatus>,
) -> bool {
    if boots_by_discovery {
        return namespaces.any(|n| n.discovered && n.state == State::Up);
    }
    namespaces.filter(|n| n.boot).all(|n| n.state == State::Up)
}

pub(crate) const fn exit(outcome: Outcome) -> Exit {
    match outcome {
        Outcome::Ok => Exit::Ok,
        Outcome::Degraded => Exit::Degraded,
        Outcome::Nothing => Exit::Nothing,
        Outcome::Running | Outcome::Failed => Exit::Failed,
    }
}

/// The exit code that a status stands for: as `connect` would end if this were its result.
#[must_use]
pub(crate) fn exit_of(status: &Status) -> Exit {
    exit(current(status))
}

/// The outcome by what is up now, not by what was when the file was written.
pub(crate) fn current(status: &Status) -> Outcome {
    match status.outcome {
        Outcome::Nothing => Outcome::Nothing,
        was => outcome(status, was == Outcome::Degraded),
    }
}

/// The process of `connect --stay`, if it runs.
#[must_use]
pub(crate) fn service(status: &Status, root: &Path) -> Option<u32> {
    status.service.filter(|process| is_nbft(root, *process))
}

/// Whether the process with this number is nbft.
fn is_nbft(root: &Path, process: u32) -> bool {
    let name = std::fs::read_to_string(root.join(format!("proc/{process}/comm")));
    name.is_ok_and(|name| name.trim() == "nbft")
}

/// `1 of 2 paths up`.
pub(crate) fn paths_up(status: &Status) -> String {
    let up = status.paths.iter().filter(|path| path.state == State::Up).count();
    format!("{up} of {} paths up", status.paths.len())
}

/// The status in a sentence, which names what is missing.
pub(crate) fn message(status: &Status) -> String {
    let paths = paths_up(status);
    if status.boots_by_discovery {
        return match boot_there(true, status.namespaces.iter()) {
            true => format!("{paths}, a discovered namespace is there"),
            false => format!("{paths}, missing: any namespace that discovery tells of{}", not_discovered(status)),
        };
    }
    let missing = status.namespaces.iter().filter(|n| n.boot && n.state != State::Up).map(|namespace| {
        let reason = namespace.reason.as_deref().map(|reason| format!(" ({reason})")).unwrap_or_default();
        (namespace.name(), reason)
    });
    let noun = match missing.clone().count() {
        0 => return format!("{paths}, each boot namespace is there"),
        1 => "namespace",
        _ => "namespaces",
    };
    let missing = grouped(missing, " and ", |names, reason| format!("{names}{reason}"));
    format!("{paths}, missing boot {noun}: {}", missing.join(" and "))
}

impl NamespaceStatus {
    /// `uuid X of NQN`.
    pub(crate) fn name(&self) -> String {
        namespace_name(&self.nqn, self.nsid, self.nid_type.as_deref(), self.nid.as_deref())
    }
}

/// `uuid X of NQN`.
pub(crate) fn namespace_name(nqn: &str, nsid: u32, nid_type: Option<&str>, nid: Option<&str>) -> String {
    match (nid, nsid) {
        (Some(nid), _) => format!("{} {nid} of {nqn}", nid_type.unwrap_or("NID")),
        (None, 0) => format!("any namespace of {nqn}"),
        (None, nsid) => format!("NSID {nsid} of {nqn}"),
    }
}

/// How many names a reason has in a sentence, and how many reasons a sentence: there may be a thousand paths, all in one
/// namespace's reason, and a thousand namespaces in the message.
const MAX_LISTED: usize = 8;

/// Joins the names that have one reason, in the order of each reason's first name; counts those beyond the limit.
pub(crate) fn grouped(
    items: impl Iterator<Item = (String, String)>,
    and: &str,
    sentence: impl Fn(String, &str) -> String,
) -> Vec<String> {
    let mut groups: Vec<(String, String, usize)> = Vec::new();
    let mut others = 0_usize;
    for (name, reason) in items {
        let room = groups.len() < MAX_LISTED;
        match groups.iter_mut().find(|(_, known, _)| *known == reason) {
            Some((names, _, count)) => {
                *count += 1;
                if *count <= MAX_LISTED {
                    *names += &(and.to_owned() + &name);
                }
            }
            None if room => groups.push((name, reason, 1)),
            None => others += 1,
        }
    }
    let group = |(mut names, reason, count): (String, String, usize)| {
        if count > MAX_LISTED {
            names += &format!("{and}{} more", count - MAX_LISTED);
        }
        sentence(names, &reason)
    };
    let mut sentences: Vec<_> = groups.into_iter().map(group).collect();
    if others > 0 {
        sentences.push(format!("{others} more for other reasons"));
    }
    sentences
}

/// `NAME, NAME: reason`, each reason once.
pub(crate) fn each_reason_once(items: impl Iterator<Item = (String, String)>, and: &str) -> Vec<String> {
    grouped(items, and, |names, reason| format!("{names}: {reason}"))
}

/// Why no discovered namespace is present.
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
    let mut reasons: Vec<_> = controllers.chain(namespaces).collect();
    let more = reasons.len().saturating_sub(MAX_LISTED);
    reasons.truncate(MAX_LISTED);
    if more > 0 {
        reasons.push(format!("{more} more"));
    }
    if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join("; ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_path_that_is_expected_makes_a_boot_degraded() {
        let of = |unavailable, spare| {
            let up = PathStatus { state: State::Up, ..PathStatus::default() };
            let failed = PathStatus { state: State::Failed, unavailable, spare, ..PathStatus::default() };
            let namespace = NamespaceStatus { boot: true, state: State::Up, ..NamespaceStatus::default() };
            let status = Status { paths: vec![up, failed], namespaces: vec![namespace], ..Status::default() };
            outcome(&status, true)
        };
        assert_eq!(of(false, false), Outcome::Degraded);
        assert_eq!((of(true, false), of(false, true)), (Outcome::Ok, Outcome::Ok));
    }

    #[test]
    fn a_thousand_names_and_reasons_stay_one_sentence() {
        let reasons = |count: usize, kinds: usize| {
            let item = move |n: usize| (format!("path {n}"), format!("interface {} is not up", n % kinds));
            each_reason_once((0..count).map(item), ", ")
        };
        assert_eq!(reasons(2, 1), ["path 0, path 1: interface 0 is not up"]);
        let names: Vec<_> = (0..8).map(|n| format!("path {n}")).collect();
        assert_eq!(reasons(8, 1), [format!("{}: interface 0 is not up", names.join(", "))]);
        assert_eq!(reasons(1024, 1), [format!("{}, 1016 more: interface 0 is not up", names.join(", "))]);
        let distinct = reasons(1024, 1024);
        assert_eq!((distinct.len(), &*distinct[8]), (9, "1016 more for other reasons"));
    }
}
