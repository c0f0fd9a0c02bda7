//! Gives each cause that breaks a path, a discovery controller or an entry its code, its problem and its remedy.

mod controller;
mod discovery;
mod namespace;
mod network;
mod reason;
mod step;
mod table;
mod target;

pub(crate) use controller::ControllerFault;
pub(crate) use discovery::DiscoveryFault;
pub(crate) use namespace::NamespaceFault;
pub(crate) use network::NetworkFault;
pub(crate) use reason::{ConnectFault, ConnectReason};
pub(crate) use step::Step;
pub(crate) use table::TableFault;
pub(crate) use target::TargetFault;

/// What is wrong. Display is a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Cause {
    /// The tables.
    #[error(transparent)]
    Table(#[from] TableFault),
    /// This machine's network: from the NIC to the route.
    #[error(transparent)]
    Network(#[from] NetworkFault),
    /// The way to the target, and the target.
    #[error(transparent)]
    Target(#[from] TargetFault),
    /// The controller.
    #[error(transparent)]
    Controller(#[from] ControllerFault),
    /// The discovery controller.
    #[error(transparent)]
    Discovery(#[from] DiscoveryFault),
    /// The namespace.
    #[error(transparent)]
    Namespace(#[from] NamespaceFault),
}

/// Calls the same method on the fault in each variant.
macro_rules! of_fault {
    ($cause:expr, $method:ident) => {
        match $cause {
            Cause::Table(fault) => fault.$method(),
            Cause::Network(fault) => fault.$method(),
            Cause::Target(fault) => fault.$method(),
            Cause::Controller(fault) => fault.$method(),
            Cause::Discovery(fault) => fault.$method(),
            Cause::Namespace(fault) => fault.$method(),
        }
    };
}

impl Cause {
    /// All codes.
    pub(crate) fn codes() -> Vec<&'static str> {
        [
            TableFault::CODES,
            NetworkFault::CODES,
            TargetFault::CODES,
            ControllerFault::CODES,
            DiscoveryFault::CODES,
            NamespaceFault::CODES,
        ]
        .concat()
    }

    /// The stable code; nbft-doctor(1) lists them.
    pub(crate) const fn code(&self) -> &'static str {
        of_fault!(self, code)
    }

    /// The step that fails.
    pub(crate) const fn step(&self) -> Step {
        of_fault!(self, step)
    }

    /// What to do, in a sentence.
    pub(crate) fn remedy(&self) -> String {
        of_fault!(self, remedy)
    }

    /// The code of the plan or of status.json that lies behind this cause.
    pub(crate) fn reason_code(&self) -> Option<&str> {
        match self {
            Self::Table(fault) => fault.reason_code(),
            Self::Controller(fault) => fault.reason_code(),
            Self::Discovery(fault) => fault.reason_code(),
            Self::Network(_) | Self::Target(_) | Self::Namespace(_) => None,
        }
    }
}
