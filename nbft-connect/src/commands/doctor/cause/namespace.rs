//! Describes the failures of a namespace behind a live controller.

use super::step::Step;
use crate::nvme::sysfs::AnaState;
use libnbft::codes;

/// What is wrong with a namespace. Display is a sentence. `wanted` is its name, `host` the host NQN.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NamespaceFault {
    /// The subsystem has no namespace for this host.
    #[error("{controller} is connected and shows this host no namespace; {wanted} is expected.")]
    Missing { controller: String, wanted: String, host: String },
    /// The subsystem has other namespaces.
    #[error("{controller} is connected and has {}, not {wanted}.", seen.join(", "))]
    Other { controller: String, wanted: String, seen: Vec<String>, host: String },
    /// The ANA state keeps the namespace from being used.
    #[error("{wanted} is there, but its ANA state through {controller} is {ana}.")]
    Inaccessible { controller: String, wanted: String, ana: AnaState },
    /// The kernel has made no disk of the namespace.
    #[error("{wanted} is there, but the kernel has made no disk {device} of it.")]
    NoDisk { wanted: String, device: String },
}

codes!(NamespaceFault {
    Missing => "namespace-missing",
    Other => "namespace-other",
    Inaccessible => "namespace-inaccessible",
    NoDisk => "namespace-no-disk",
});

impl NamespaceFault {
    pub(super) const fn step(&self) -> Step {
        Step::Namespace
    }

    pub(super) fn remedy(&self) -> String {
        match self {
            Self::Missing { host, .. } => format!("Map the namespace to the host NQN {host} on the target."),
            Self::Other { host, .. } => format!(
                "Map the namespace to the host NQN {host} on the target, or choose in the firmware's setup what is there."
            ),
            Self::Inaccessible { .. } => {
                "Look at the storage system: it serves the namespace through other controllers, or through none.".into()
            }
            Self::NoDisk { .. } => {
                "Look in dmesg for why: an unknown format or a missing command set are the usual reasons.".into()
            }
        }
    }
}
