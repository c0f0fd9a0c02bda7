//! How it stands: outcome, exit code, the sentence for the log and for systemd.

use crate::exit::Exit;
use crate::status::model::{Outcome, PathStatus, State, Status};

/// The outcome if `connect` ended now.
pub(super) fn outcome(status: &Status, deadline_passed: bool) -> Outcome {
    let any_boot = status.namespaces.iter().any(|namespace| namespace.boot);
    let boot_there = status.namespaces.iter().filter(|n| n.boot).all(|n| n.state == State::Up);
    let any_up = status.paths.iter().any(|path| path.state == State::Up);
    if !boot_there || (!any_boot && !any_up) {
        return Outcome::Failed;
    }
    let expected = |path: &&PathStatus| !path.unavailable;
    let degraded = status.paths.iter().filter(expected).any(|path| match path.state {
        State::Up => false,
        State::Failed => true,
        State::Pending => deadline_passed,
    });
    if degraded || status.boot_entries_left_out > 0 { Outcome::Degraded } else { Outcome::Ok }
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
    let mut missing = status.namespaces.iter().filter(|n| n.boot && n.state != State::Up).map(|namespace| {
        let name = match (&namespace.nid, namespace.nsid) {
            (Some(nid), _) => format!("{} {nid}", namespace.nid_type.as_deref().unwrap_or("NID")),
            (None, 0) => "any namespace".to_owned(),
            (None, nsid) => format!("NSID {nsid}"),
        };
        let reason = namespace.reason.as_deref().map(|reason| format!(" ({reason})")).unwrap_or_default();
        format!("{name} of {}{reason}", namespace.nqn)
    });
    match missing.next() {
        None => format!("{paths}, each boot namespace is there"),
        Some(first) => {
            let others: Vec<_> = missing.collect();
            let rest = if others.is_empty() { String::new() } else { format!(" and {}", others.join(" and ")) };
            format!("{paths}, missing: {first}{rest}")
        }
    }
}
