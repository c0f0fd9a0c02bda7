//! Describes the failures of a controller whose target answers: it is missing, not live, or not secured.

use super::reason::{ConnectFault, ConnectReason};
use super::step::Step;
use crate::nvme::exclusions::{Place, RUNTIME_LIST};
use crate::nvme::security::Violation;
use libnbft::codes;
use std::path::Path;

/// What is wrong with a controller. Display is a sentence. `name` is the controller's, `nvmeN`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ControllerFault {
    /// A list excludes the connection.
    #[error("An administrator has taken this connection out of service: {0}.")]
    Excluded(Place),
    /// Nothing has connected the target.
    #[error("The target answers, but nothing has connected it.")]
    NotConnected,
    /// The controller is not live.
    #[error("{name} is there, but its state is {state}{}.", said(lost.as_deref()))]
    NotLive {
        name: String,
        state: String,
        /// What `nbft connect` says of a target that is lost for long.
        lost: Option<Box<ConnectReason>>,
    },
    /// The controller does not meet the requirements of the tables.
    #[error("{0}.")]
    Unsecured(Box<Violation>),
    /// The controller of another program is bound to no interface.
    #[error("{name} leads to this target and is bound to no interface: it may go any way.")]
    Unbound { name: String },
    /// The kernel command line disables nbft.
    #[error("The target answers, and {parameter} keeps nbft from connecting it.")]
    SwitchedOff { parameter: &'static str },
    /// The tables give no usable host NQN and host ID.
    #[error("The target answers, but the NBFT gives no usable host NQN and host ID.")]
    NoHostIdentity,
    /// The NVMe/TCP driver is not there.
    #[error("The target answers, but the kernel cannot connect it: its NVMe/TCP driver is not there.")]
    NoDriver,
    /// The controller was connected and is gone.
    #[error("{} was connected and is gone, though the target answers.", name.as_deref().unwrap_or("The controller"))]
    Gone {
        name: Option<String>,
        /// Whether `nbft connect` is at work.
        is_connecting: bool,
    },
    /// nbft connect failed.
    #[error("The target answers, but nbft connect {}: {}.", verb(.0.fault), .0.text)]
    ConnectFailed(ConnectReason),
    /// nbft connect is at work on the path.
    #[error("The target answers, and nbft connect is still at work on it.")]
    ConnectUnderWay,
    /// nbft connect ended before it had connected the path.
    #[error("The target answers, but nbft connect ended before it had connected it.")]
    ConnectEnded,
}

codes!(ControllerFault {
    Excluded => "excluded",
    NotConnected => "not-connected",
    NotLive => "controller-not-live",
    Unsecured => "controller-unsecured",
    Unbound => "controller-unbound",
    SwitchedOff => "switched-off",
    NoHostIdentity => "no-host-identity",
    NoDriver => "no-driver",
    Gone => "controller-gone",
    ConnectFailed => "connect-failed",
    ConnectUnderWay => "connect-under-way",
    ConnectEnded => "connect-ended",
});

impl ControllerFault {
    pub(super) const fn step(&self) -> Step {
        match self {
            Self::Excluded(_) => Step::Exclusion,
            _ => Step::Controller,
        }
    }

    pub(super) fn remedy(&self) -> String {
        match self {
            Self::Excluded(place) if place.list == Path::new(RUNTIME_LIST) => {
                "Run nbft connect, which removes this list of nbft disconnect and connects again."
            }
            Self::Excluded(place) => {
                return format!(
                    "Remove line {} of {}, then run nbft connect; make the initramfs anew if it has a copy of this list.",
                    place.line,
                    place.list.display()
                );
            }
            Self::NotLive { lost: Some(reason), .. } => return reason.remedy(),
            Self::NotLive { state, .. } => match state.as_str() {
                "connecting" | "resetting" | "new" => {
                    "The kernel connects it again by itself, every ten seconds; dmesg says why it has not succeeded."
                }
                _ => "Look in dmesg for why; nbft connect makes it again once it is gone.",
            },
            Self::Unsecured(_) => "Disconnect it, and run nbft connect.",
            Self::Unbound { .. } => {
                "Connect it with its interface (nvme connect --host-iface), or run nbft connect, which makes one that has."
            }
            Self::SwitchedOff { .. } => "Take it off the kernel's command line.",
            Self::NoHostIdentity => {
                "Set them in the firmware's setup, or by rd.nvmf.hostnqn= and rd.nvmf.hostid=."
            }
            Self::NoDriver => "See the warning on the kernel module.",
            Self::Gone { is_connecting: true, .. } => {
                "A program disconnected it, or the kernel gave it up (see dmesg); nbft connect is at work on it."
            }
            Self::Gone { is_connecting: false, .. } => {
                "A program disconnected it, or the kernel gave it up (see dmesg); nbft connect makes it again."
            }
            Self::ConnectFailed(reason) => return reason.remedy(),
            Self::ConnectUnderWay => "Ask again in a moment.",
            Self::NotConnected | Self::ConnectEnded => "Run nbft connect.",
        }
        .into()
    }

    pub(super) fn reason_code(&self) -> Option<&str> {
        match self {
            Self::Unsecured(violation) => Some(violation.code()),
            Self::ConnectFailed(reason) => reason.code.as_deref(),
            Self::NotLive { lost: Some(reason), .. } => reason.code.as_deref(),
            _ => None,
        }
    }
}

fn said(lost: Option<&ConnectReason>) -> String {
    lost.map(|reason| format!(" (nbft connect: {})", reason.text)).unwrap_or_default()
}

const fn verb(fault: ConnectFault) -> &'static str {
    match fault {
        ConnectFault::Excluded => "left it out",
        _ => "failed",
    }
}
