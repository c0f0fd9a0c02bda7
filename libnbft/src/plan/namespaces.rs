//! Which namespaces to expect, and which of them booting waits for.

use super::{Namespace, Origin, Plan};
use crate::model::{Availability, Ssns};
use alloc::vec;

/// Whether booting waits for an entry.
pub(super) fn is_waited_for(ssns: &Ssns) -> bool {
    !ssns.flags.non_bootable() && ssns.flags.availability() != Availability::UNAVAILABLE
}

/// Adds the namespace of an SSNS, folding it into one that is known: by its NID, or by its NSID where there is none.
pub(super) fn add(plan: &mut Plan, ssns: &Ssns, origin: &Origin, nqn: &str, paths: &[usize]) {
    let boot = is_waited_for(ssns);
    let nid = ssns.nid();
    let same = |known: &&mut Namespace| {
        known.nqn == nqn
            && match (known.nid, nid) {
                (Some(a), Some(b)) => a == b,
                // A failed attempt of the firmware has neither: it is the namespace of its subsystem's other entries.
                _ => known.nsid == ssns.nsid || ssns.nsid == 0,
            }
    };
    if let Some(known) = plan.namespaces.iter_mut().find(same) {
        known.ssns.push(origin.clone());
        known.boot |= boot;
        known.nid = known.nid.or(nid);
        for path in paths {
            if !known.paths.contains(path) {
                known.paths.push(*path);
            }
        }
        return;
    }
    plan.namespaces.push(Namespace {
        ssns: vec![origin.clone()],
        nqn: nqn.into(),
        nsid: ssns.nsid,
        nid,
        boot,
        paths: paths.to_vec(),
    });
}
