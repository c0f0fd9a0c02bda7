//! Bounds what a plan holds, so that it stays small whatever the tables ask for.

use super::paths::{Candidate, Entry, Key, key};
use super::{LeftOut, Plan};
use crate::model::Nid;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// How many paths, and how many namespaces, a plan takes from the tables: those of boot entries first, and each entry's best path
/// before the second one of any. What does not fit is among [`Plan::left_out`].
pub const MAX_PATHS: usize = 1024;

/// How many items [`Plan::left_out`] and [`Plan::notes`] have at most. One more item counts what does not fit; boot entries are
/// kept first.
pub const MAX_LEFT_OUT: usize = 1024;

/// How many discovery controllers a plan takes from the tables.
pub const MAX_DISCOVERY: usize = 64;

/// How many pairs of an SSNS and a path that it asks for a plan takes in. Each SSNS has an equal share, and at least one.
pub(super) const MAX_PAIRS: usize = 1 << 14;

/// How many SSNS descriptors a discovery controller lists: all that one table can hold.
pub(super) const MAX_SSNS: usize = 256;

/// How many descriptors are listed that ask for the same: profiles with their keypaths, and discovery descriptors.
pub(super) const MAX_NAMED: usize = 16;

/// Leaves out what is too much of the tables' entries, as one item for each entry.
pub(super) fn admit(entries: &mut [Entry<'_>]) {
    let mut paths: BTreeSet<Key> = BTreeSet::new();
    let mut namespaces: BTreeSet<(String, Option<Nid>, u32)> = BTreeSet::new();
    for boot in [true, false] {
        let mut wishes: Vec<_> = entries
            .iter_mut()
            .filter(|entry| entry.is_boot() == boot)
            .filter_map(|entry| Some((entry.ssns, entry.wish.as_mut()?)))
            .filter(|(_, wish)| !wish.candidates.is_empty())
            .collect();
        wishes.retain(|(ssns, wish)| {
            let namespace = (wish.target.nqn.clone(), ssns.nid(), ssns.nsid);
            namespaces.contains(&namespace) || namespaces.len() < MAX_PATHS && namespaces.insert(namespace)
        });
        let rounds = wishes.iter().map(|(_, wish)| wish.candidates.len()).max().unwrap_or(0);
        for round in 0..rounds {
            for (_, wish) in &mut wishes {
                let Some(candidate) = wish.candidates.get_mut(round) else { continue };
                let key = key(&wish.target, candidate);
                candidate.admitted = paths.contains(&key) || paths.len() < MAX_PATHS && paths.insert(key);
            }
        }
    }
    for entry in entries {
        let boot = entry.is_boot();
        let Some(wish) = &mut entry.wish else { continue };
        wish.candidates.retain(|candidate: &Candidate| candidate.admitted);
        let lost = wish.asked - wish.candidates.len();
        if lost == 0 {
            continue;
        }
        let all = wish.candidates.is_empty();
        let what = if all { "SSNS".into() } else { format!("SSNS over {lost} HFIs") };
        let reason = format!("the tables ask for more than {MAX_PATHS} paths");
        entry.left_out.push(LeftOut { what, origin: entry.origin.clone(), reason, boot: all && boot });
        if all {
            entry.wish = None;
        }
    }
}

/// Counts the items that are too many.
pub(super) fn shorten(plan: &mut Plan) {
    let left_out = plan.left_out.len();
    if left_out > MAX_LEFT_OUT {
        // Whoever counts boot entries or subsystems must not count none where there is one.
        let rank = |left: &LeftOut| (!left.boot, !left.is_target());
        plan.left_out.sort_by_key(rank);
        let more = left_out - MAX_LEFT_OUT;
        let mut rest = plan.left_out.split_off(MAX_LEFT_OUT).into_iter();
        if let Some(first) = rest.next() {
            let others = if more > 1 { format!(" and {} more", more - 1) } else { String::new() };
            let reason = format!("left out too: the list has {MAX_LEFT_OUT} items");
            let what = first.what.split(' ').next().unwrap_or_default();
            plan.left_out.push(LeftOut { what: format!("{what}{others}"), reason, ..first });
        }
    }
    let notes = plan.notes.len();
    if notes > MAX_LEFT_OUT {
        plan.notes.truncate(MAX_LEFT_OUT);
        plan.notes.push(format!("{} more notes are not listed", notes - MAX_LEFT_OUT));
    }
}

impl LeftOut {
    /// Whether it is a subsystem or discovery controller to connect to.
    fn is_target(&self) -> bool {
        self.what.starts_with("SSNS") || self.what == "discovery"
    }
}
