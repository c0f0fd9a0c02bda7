//! Collects the requirements of all entries for each subsystem and each port.

use super::error::PolicyError;
use super::policy::Policy;
use crate::model::Ssns;
use crate::plan::limits::MAX_NAMED;
use crate::plan::target::{Target, target};
use crate::plan::{Plan, Source};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use core::net::IpAddr;

/// A policy, or why it cannot be met.
type PolicyResult = Result<Policy, PolicyError>;

/// The tables' requirements for a subsystem; they hold on discovered paths, too.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Secured {
    /// Subsystem NQN.
    pub nqn: String,
    /// The requirements for its connections, or why they cannot be met. In the second case the host refuses to connect.
    pub policy: Result<Policy, PolicyError>,
}

/// The requirements of all entries of all tables together. Each path to a port must meet them.
#[derive(Default)]
pub(in crate::plan) struct Requirements {
    ports: BTreeMap<(String, IpAddr, u16), PolicyResult>,
    subsystems: BTreeMap<String, PolicyResult>,
    /// Subsystems with more security profiles than the policy lists.
    shortened: BTreeSet<String>,
}

impl Requirements {
    pub(in crate::plan) fn of_tables(sources: &[Source<'_>]) -> Self {
        let mut requirements = Self::default();
        for source in sources {
            for ssns in source.table.ssns.iter().filter(|ssns| ssns.flags.use_security()) {
                requirements.add(ssns, &Policy::of_index(source.table, source.name, ssns.security));
            }
        }
        requirements
    }

    fn add(&mut self, ssns: &Ssns, policy: &PolicyResult) {
        if let Some(nqn) = ssns.nqn.as_ref().filter(|nqn| !nqn.is_discovery()) {
            join(&mut self.subsystems, nqn.0.clone(), policy.clone());
            if let (Ok(new), Some(Ok(joined))) = (policy, self.subsystems.get(&nqn.0)) {
                if !new.profiles.iter().all(|profile| joined.profiles.contains(profile)) {
                    self.shortened.insert(nqn.0.clone());
                }
            }
        }
        if let Ok(target) = target(ssns) {
            join(&mut self.ports, (target.nqn, target.traddr, target.trsvcid), policy.clone());
        }
    }

    /// The tables' requirements for a subsystem's port; `None` if there are none.
    ///
    /// # Errors
    ///
    /// Why they cannot be met.
    pub(in crate::plan) fn of_port(&self, target: &Target) -> Result<Option<&Policy>, &PolicyError> {
        match self.ports.get(&(target.nqn.clone(), target.traddr, target.trsvcid)) {
            None => Ok(None),
            Some(policy) => policy.as_ref().map(Some),
        }
    }

    /// A note if not all profiles are listed.
    pub(in crate::plan) fn note(&self) -> Option<String> {
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

    pub(in crate::plan) fn subsystems(self) -> impl Iterator<Item = Secured> {
        self.subsystems.into_iter().map(|(nqn, policy)| Secured { nqn, policy })
    }
}

/// Adds a policy for a key: the strictest applies, and an error stays.
fn join<K: Ord>(policies: &mut BTreeMap<K, PolicyResult>, key: K, policy: PolicyResult) {
    let joined = match policies.remove(&key) {
        Some(known) => known.and_then(|known| known.and(policy?)),
        None => policy,
    };
    policies.insert(key, joined);
}

impl Plan {
    /// The tables' requirements for a subsystem, also on discovered paths; `None` if there are none.
    ///
    /// # Errors
    ///
    /// Why they cannot be met.
    pub fn requirement(&self, nqn: &str) -> Result<Option<&Policy>, &PolicyError> {
        match self.secured.iter().find(|secured| secured.nqn == nqn) {
            None => Ok(None),
            Some(secured) => secured.policy.as_ref().map(Some),
        }
    }
}

#[cfg(feature = "serde")]
mod form {
    //! Writes to JSON the policy, or the error in words, as a code and as a value, and reads it back.
    use super::{Policy, PolicyError, Secured};
    use alloc::string::{String, ToString};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    struct Form {
        nqn: String,
        policy: Option<Policy>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unmet: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        detail: Option<PolicyError>,
    }

    impl Serialize for Secured {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let (policy, error) = match self.policy.clone() {
                Ok(policy) => (Some(policy), None),
                Err(error) => (None, Some(error)),
            };
            let unmet = error.as_ref().map(ToString::to_string);
            let code = error.as_ref().map(|error| error.code().into());
            Form { nqn: self.nqn.clone(), policy, unmet, code, detail: error }.serialize(serializer)
        }
    }

    impl<'de> Deserialize<'de> for Secured {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let form = Form::deserialize(deserializer)?;
            let policy = match (form.policy, form.detail) {
                (Some(policy), None) => Ok(policy),
                (None, Some(error)) => Err(error),
                _ => return Err(serde::de::Error::custom("neither a policy nor why there is none")),
            };
            Ok(Self { nqn: form.nqn, policy })
        }
    }
}
