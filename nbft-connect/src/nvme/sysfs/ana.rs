//! Tells by its ANA state whether a namespace can be used through a controller.

use super::Controller;
use libnbft::model::Nid;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How many controllers are named for a state; the others are counted.
const MAX_NAMED: usize = 8;

/// The ANA state of a namespace through one controller, the best first. Display is the kernel's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnaState {
    /// The best path.
    Optimized,
    /// A usable path beside a better one.
    NonOptimized,
    /// The state is about to change.
    Change,
    /// Another controller may give access.
    Inaccessible,
    /// Access through this controller is lost for good.
    PersistentLoss,
    /// The controller has not told the state, or the kernel has a new word.
    #[serde(other)]
    Unknown,
}

impl AnaState {
    /// The state of the attribute `ana_state`; `None` where there is no such attribute, since the controller has no ANA.
    pub(super) fn of_attribute(text: &str) -> Option<Self> {
        Some(match text {
            "" => return None,
            "optimized" => Self::Optimized,
            "non-optimized" => Self::NonOptimized,
            "change" => Self::Change,
            "inaccessible" => Self::Inaccessible,
            "persistent-loss" => Self::PersistentLoss,
            _ => Self::Unknown,
        })
    }

    /// Whether Linux sends I/O through a path in this state.
    #[must_use]
    pub const fn is_usable(self) -> bool {
        matches!(self, Self::Optimized | Self::NonOptimized)
    }
}

impl fmt::Display for AnaState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Optimized => "optimized",
            Self::NonOptimized => "non-optimized",
            Self::Change => "change",
            Self::Inaccessible => "inaccessible",
            Self::PersistentLoss => "persistent-loss",
            Self::Unknown => "unknown",
        })
    }
}

/// The states in which no live controller gives access to a namespace, each with its controllers. Display is a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoAccess(Vec<(AnaState, Vec<String>)>);

impl NoAccess {
    /// The code of a namespace that cannot be used.
    pub const CODE: &'static str = "namespace-inaccessible";

    /// Why a namespace that live controllers show cannot be used; `None` if none shows it, or one gives access.
    #[must_use]
    pub fn of(all: &[Controller], nqn: &str, nsid: u32, nid: Option<Nid>) -> Option<Self> {
        let mut states: Vec<(AnaState, Vec<String>)> = Vec::new();
        for controller in all.iter().filter(|controller| controller.nqn == nqn && controller.is_live()) {
            for seen in controller.namespaces.iter().filter(|seen| seen.is(nsid, nid)) {
                let state = seen.ana.filter(|state| !state.is_usable())?;
                match states.iter_mut().find(|(known, _)| *known == state) {
                    Some((_, names)) => names.push(controller.name.clone()),
                    None => states.push((state, vec![controller.name.clone()])),
                }
            }
        }
        (!states.is_empty()).then_some(Self(states))
    }
}

impl fmt::Display for NoAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("its ANA state is ")?;
        for (number, (state, controllers)) in self.0.iter().enumerate() {
            let named = &controllers[..controllers.len().min(MAX_NAMED)];
            let separator = if number > 0 { ", " } else { "" };
            write!(f, "{separator}{state} through {}", named.join(" and "))?;
            if controllers.len() > MAX_NAMED {
                write!(f, " and {} more", controllers.len() - MAX_NAMED)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nvme::sysfs::PathNamespace;

    fn controller(name: &str, state: &str, ana: &str) -> Controller {
        let namespace = PathNamespace { nsid: 1, ana: AnaState::of_attribute(ana), ..PathNamespace::default() };
        let (nqn, namespaces) = ("nqn.x:s".into(), vec![namespace]);
        Controller { name: name.into(), nqn, state: state.into(), namespaces, ..Controller::default() }
    }

    fn why(all: &[Controller]) -> Option<String> {
        NoAccess::of(all, "nqn.x:s", 1, None).map(|why| why.to_string())
    }

    #[test]
    fn a_namespace_is_out_of_reach_only_if_each_live_path_says_so() {
        let down = [controller("nvme0", "live", "inaccessible"), controller("nvme1", "live", "persistent-loss")];
        assert_eq!(
            why(&down).as_deref(),
            Some("its ANA state is inaccessible through nvme0, persistent-loss through nvme1")
        );
        let same: Vec<_> = (0..10).map(|n| controller(&format!("nvme{n}"), "live", "change")).collect();
        let names: Vec<_> = (0..8).map(|n| format!("nvme{n}")).collect();
        let expected = format!("its ANA state is change through {} and 2 more", names.join(" and "));
        assert_eq!(why(&same), Some(expected));
        for usable in ["optimized", "non-optimized", ""] {
            assert_eq!(why(&[down[0].clone(), controller("nvme2", "live", usable)]), None, "{usable}");
        }
        // A state that the kernel has not heard of yet carries no I/O, and a controller that is not live says nothing.
        let early = controller("nvme2", "live", "invalid state");
        assert_eq!(why(&[early]).as_deref(), Some("its ANA state is unknown through nvme2"));
        let gone = [down[0].clone(), controller("nvme2", "connecting", "optimized")];
        assert_eq!(why(&gone).as_deref(), Some("its ANA state is inaccessible through nvme0"));
        assert_eq!((why(&[]), NoAccess::of(&down, "nqn.x:s", 2, None)), (None, None));
    }

    #[test]
    fn states_keep_their_words() {
        for word in ["optimized", "non-optimized", "change", "inaccessible", "persistent-loss"] {
            let state = AnaState::of_attribute(word).unwrap();
            assert_eq!((state.to_string(), serde_json::to_value(state).unwrap()), (word.to_owned(), word.into()));
        }
        assert_eq!(serde_json::from_str::<AnaState>("\"new\"").unwrap(), AnaState::Unknown);
    }
}
