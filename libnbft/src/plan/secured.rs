//! Which subsystems the tables want secured, and how.

use super::bounds::MAX_NAMED;
use super::policy::{Demand, Policy};
use super::{Source, paths};
use crate::model::Ssns;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use core::net::IpAddr;

/// What an entry asks of a subsystem, whoever else tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Secured {
    /// Subsystem NQN.
    pub nqn: String,
    /// What its connections must and may do; `None` where that cannot be done, and nothing is connected.
    pub policy: Option<Policy>,
    /// In words, what cannot be done.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub unmet: Option<String>,
}

/// What all entries of all tables ask for together: whoever leads to the same port must do the same.
#[derive(Default)]
pub(super) struct Demands {
    ports: BTreeMap<(String, IpAddr, u16), Demand>,
    subsystems: BTreeMap<String, Demand>,
    /// Subsystems with more security profiles than are listed.
    shortened: BTreeSet<String>,
}

impl Demands {
    pub(super) fn of_tables(sources: &[Source<'_>]) -> Self {
        let mut demands = Self::default();
        for source in sources {
            for ssns in source.table.ssns.iter().filter(|ssns| ssns.flags.use_security()) {
                demands.add(ssns, &Policy::of_index(source.table, source.name, ssns.security));
            }
        }
        demands
    }

    fn add(&mut self, ssns: &Ssns, demand: &Demand) {
        if let Some(nqn) = ssns.nqn.as_ref().filter(|nqn| !nqn.is_discovery()) {
            join(&mut self.subsystems, nqn.0.clone(), demand.clone());
            if let (Ok(new), Some(Ok(joined))) = (demand, self.subsystems.get(&nqn.0)) {
                if !new.profiles.iter().all(|profile| joined.profiles.contains(profile)) {
                    self.shortened.insert(nqn.0.clone());
                }
            }
        }
        if let Ok(target) = paths::target(ssns) {
            join(&mut self.ports, (target.nqn, target.traddr, target.trsvcid), demand.clone());
        }
    }

    /// What is asked of a subsystem's port; `None`: nothing.
    ///
    /// # Errors
    ///
    /// What of it cannot be met.
    pub(super) fn of_port(&self, target: &paths::Target) -> Result<Option<&Policy>, &str> {
        match self.ports.get(&(target.nqn.clone(), target.traddr, target.trsvcid)) {
            None => Ok(None),
            Some(demand) => demand.as_ref().map(Some).map_err(String::as_str),
        }
    }

    /// Says that not all profiles are listed.
    pub(super) fn note(&self) -> Option<String> {
        let first = self.shortened.first()?;
        let others = match self.shortened.len() - 1 {
            0 => String::new(),
            others => alloc::format!(" (and {others} other subsystems)"),
        };
        Some(alloc::format!(
            "more than {MAX_NAMED} security profiles are named for {first}{others}: all are obeyed, {MAX_NAMED} and their \
             keypaths are listed"
        ))
    }

    pub(super) fn subsystems(self) -> impl Iterator<Item = Secured> {
        self.subsystems.into_iter().map(|(nqn, demand)| Secured {
            nqn,
            unmet: demand.as_ref().err().cloned(),
            policy: demand.ok(),
        })
    }
}

/// The strictest of two demands: what cannot be met stays so.
pub(super) fn strictest(one: Demand, other: Demand) -> Demand {
    one?.and(other?)
}

fn join<K: Ord>(demands: &mut BTreeMap<K, Demand>, key: K, demand: Demand) {
    let joined = match demands.remove(&key) {
        Some(known) => strictest(known, demand),
        None => demand,
    };
    demands.insert(key, joined);
}

/// The text with what follows from it.
pub(super) fn in_the_clear(reason: &str, verb: &str) -> String {
    alloc::format!("{reason}; it is not {verb} in the clear")
}

impl super::Plan {
    /// What the tables ask of a subsystem, whoever tells of it; `None`: nothing.
    ///
    /// # Errors
    ///
    /// In words, what of it cannot be met.
    pub fn demand(&self, nqn: &str) -> Result<Option<&Policy>, &str> {
        match self.secured.iter().find(|secured| secured.nqn == nqn) {
            None => Ok(None),
            Some(Secured { unmet: Some(reason), .. }) => Err(reason),
            Some(Secured { policy, .. }) => Ok(policy.as_ref()),
        }
    }
}
