//! Holds an SSNS while it is planned: its target and the HFIs that can reach it.

use super::left_out::LeftOut;
use super::target::Target;
use super::{NetworkRef, Origin, Policy, Reach};
use crate::model::{Availability, Ssns};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;

pub(super) type PathKey = (String, NetworkRef, IpAddr, u16);

/// Indexes of planned paths. A table can request 255 x 255 paths, too many for a linear search.
#[derive(Default)]
pub(super) struct Planned {
    pub(super) paths: BTreeMap<PathKey, usize>,
    /// Pairs of a namespace and one of its paths.
    pub(super) members: BTreeSet<(usize, usize)>,
}

/// An SSNS, split into the connections to make and the items left out.
pub(super) struct Entry<'a> {
    pub(super) ssns: &'a Ssns,
    pub(super) origin: Origin,
    /// The parts that are left out.
    pub(super) left_out: Vec<LeftOut>,
    /// The connections to make.
    pub(super) request: Option<Request<'a>>,
}

/// The connections that an SSNS requests.
pub(super) struct Request<'a> {
    pub(super) target: Target,
    pub(super) security: Option<&'a Policy>,
    /// The HFIs to connect over, the best one first.
    pub(super) candidates: Vec<Candidate>,
    /// The number of HFIs before the plan's limits were applied.
    pub(super) requested: usize,
}

impl Entry<'_> {
    /// Whether booting waits for it.
    pub(super) fn is_boot(&self) -> bool {
        is_waited_for(self.ssns)
    }
}

pub(super) fn path_key(target: &Target, candidate: &Candidate) -> PathKey {
    (target.nqn.clone(), candidate.at, target.traddr, target.trsvcid)
}

/// An HFI that may reach the target.
pub(super) struct Candidate {
    pub(super) hfi: u8,
    pub(super) at: NetworkRef,
    pub(super) reach: Reach,
    /// Whether the limits of the plan leave room for it.
    pub(super) admitted: bool,
}

/// Whether booting waits for an entry.
pub(super) fn is_waited_for(ssns: &Ssns) -> bool {
    !ssns.flags.non_bootable() && ssns.flags.availability() != Availability::UNAVAILABLE
}
