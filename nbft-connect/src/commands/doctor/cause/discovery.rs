//! Describes the failures of a discovery controller that answers.

use super::reason::{ConnectFault, ConnectReason};
use super::step::Step;
use libnbft::codes;

/// What is wrong with a discovery controller. Display is a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DiscoveryFault {
    /// The discovery controller lists no subsystem.
    #[error("The discovery controller lists no subsystem for this host.")]
    Empty {
        /// The host NQN.
        host: String,
    },
    /// Reading the discovery log page failed.
    #[error("The discovery controller answers, but nbft connect failed to ask it: {}.", .0.text)]
    Failed(ConnectReason),
    /// nbft connect is at work on the discovery controller.
    #[error("The discovery controller answers, and nbft connect is still at work.")]
    UnderWay,
    /// nbft connect has not asked the discovery controller.
    #[error(
        "The discovery controller answers, but {} asked it.",
        if *connect_has_run { "nbft connect has not" } else { "nothing has" }
    )]
    NotAsked {
        /// Whether `nbft connect` has run.
        connect_has_run: bool,
    },
    /// The kernel command line keeps nbft from the discovery controller.
    #[error("The discovery controller answers, and {parameter} keeps nbft from asking it.")]
    SwitchedOff {
        /// The kernel parameter.
        parameter: &'static str,
    },
}

codes!(DiscoveryFault {
    Empty => "discovery-empty",
    Failed => "discovery-failed",
    UnderWay => "discovery-under-way",
    NotAsked => "discovery-not-asked",
    SwitchedOff => "discovery-switched-off",
});

impl DiscoveryFault {
    pub(super) const fn step(&self) -> Step {
        Step::Discovery
    }

    pub(super) fn remedy(&self) -> String {
        match self {
            Self::Empty { host } => format!("Let the host NQN {host} have a subsystem on the target."),
            Self::Failed(reason) if reason.fault == ConnectFault::Passing => {
                "Run nbft connect, which asks again; the target's log has the other half.".into()
            }
            Self::Failed(reason) => reason.remedy(),
            Self::UnderWay => "Ask again in a moment.".into(),
            Self::NotAsked { .. } => "Run nbft connect.".into(),
            Self::SwitchedOff { .. } => "Take it off the kernel's command line.".into(),
        }
    }

    pub(super) fn reason_code(&self) -> Option<&str> {
        match self {
            Self::Failed(reason) => reason.code.as_deref(),
            _ => None,
        }
    }
}
