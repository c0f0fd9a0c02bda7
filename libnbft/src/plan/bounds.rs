//! Limits the size of a plan, whatever the tables request.

use super::entry::{Candidate, Entry, PathKey, path_key};
use super::left_out::{Item, LeftOut};
use super::limits::{MAX_LEFT_OUT, MAX_PATHS};
use super::{Plan, Reason};
use crate::model::Nid;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// Leaves out the paths beyond [`MAX_PATHS`], as one item for each SSNS.
pub(super) fn admit(entries: &mut [Entry<'_>]) {
    let mut paths: BTreeSet<PathKey> = BTreeSet::new();
    let mut namespaces: BTreeSet<(String, Option<Nid>, u32)> = BTreeSet::new();
    for boot in [true, false] {
        let mut requests: Vec<_> = entries
            .iter_mut()
            .filter(|entry| entry.is_boot() == boot)
            .filter_map(|entry| Some((entry.ssns, entry.request.as_mut()?)))
            .filter(|(_, request)| !request.candidates.is_empty())
            .collect();
        requests.retain(|(ssns, request)| {
            let namespace = (request.target.nqn.clone(), ssns.nid(), ssns.nsid);
            namespaces.contains(&namespace) || namespaces.len() < MAX_PATHS && namespaces.insert(namespace)
        });
        let rounds = requests.iter().map(|(_, request)| request.candidates.len()).max().unwrap_or(0);
        for round in 0..rounds {
            for (_, request) in &mut requests {
                let Some(candidate) = request.candidates.get_mut(round) else { continue };
                let key = path_key(&request.target, candidate);
                candidate.admitted = paths.contains(&key) || paths.len() < MAX_PATHS && paths.insert(key);
            }
        }
    }
    for entry in entries {
        let boot = entry.is_boot();
        let Some(request) = &mut entry.request else { continue };
        request.candidates.retain(|candidate: &Candidate| candidate.admitted);
        let lost = request.requested - request.candidates.len();
        if lost == 0 {
            continue;
        }
        let all = request.candidates.is_empty();
        let item = if all { Item::Ssns } else { Item::SsnsOverSome { hfis: lost } };
        entry.left_out.push(LeftOut::new(item, &entry.origin, Reason::PathsTooMany, all && boot));
        if all {
            entry.request = None;
        }
    }
}

/// Cuts the lists to [`MAX_LEFT_OUT`]; a last item counts the rest.
pub(super) fn shorten(plan: &mut Plan) {
    let left_out = plan.left_out.len();
    if left_out > MAX_LEFT_OUT {
        // Callers count boot entries and subsystems, so the first of these must stay in the list.
        let rank = |left: &LeftOut| (!left.boot, !left.item.is_target());
        plan.left_out.sort_by_key(rank);
        let more = left_out - MAX_LEFT_OUT;
        let mut rest = plan.left_out.split_off(MAX_LEFT_OUT).into_iter();
        if let Some(first) = rest.next() {
            let item = Item::Rest { kind: first.item.kind(), others: more - 1 };
            plan.left_out.push(LeftOut { item, reason: Reason::ListFull, ..first });
        }
    }
    let notes = plan.notes.len();
    if notes > MAX_LEFT_OUT {
        plan.notes.truncate(MAX_LEFT_OUT);
        plan.notes.push(format!("{} more notes are not listed", notes - MAX_LEFT_OUT));
    }
}
