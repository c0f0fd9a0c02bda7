//! Plans which namespaces to expect, and which of them booting waits for.

use super::entry::{Planned, is_waited_for};
use super::{Namespace, Origin, Plan};
use crate::model::Ssns;
use alloc::vec;

/// Adds the namespace of an SSNS, or merges it into a known one with the same NID, or the same NSID if there is no NID.
pub(super) fn add(plan: &mut Plan, planned: &mut Planned, ssns: &Ssns, origin: &Origin, nqn: &str, paths: &[usize]) {
    let nid = ssns.nid();
    let same = |known: &Namespace| {
        known.nqn == nqn
            && match (known.nid, nid) {
                (Some(a), Some(b)) => a == b,
                // An entry of firmware's failed attempt has neither. It counts as the namespace of its subsystem's other entries.
                _ => known.nsid == ssns.nsid || ssns.nsid == 0,
            }
    };
    let index = plan.namespaces.iter().position(same).unwrap_or_else(|| {
        let nsid = ssns.nsid;
        plan.namespaces.push(Namespace { ssns: vec![], nqn: nqn.into(), nsid, nid, boot: false, paths: vec![] });
        plan.namespaces.len() - 1
    });
    let namespace = &mut plan.namespaces[index];
    namespace.ssns.push(origin.clone());
    namespace.boot |= is_waited_for(ssns);
    namespace.nid = namespace.nid.or(nid);
    namespace.paths.extend(paths.iter().filter(|path| planned.members.insert((index, **path))));
}
