//! Names the steps that doctor walks from the table to the namespace.

use serde::Serialize;

/// A step from the table to the namespace, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Step {
    /// The table names a connection that can be made.
    Table,
    /// No list excludes the connection.
    Exclusion,
    /// The NIC is there.
    Nic,
    /// The NIC is up and has a carrier.
    Carrier,
    /// The VLAN is there and up.
    Vlan,
    /// The interface has the address.
    Address,
    /// There is a route from the address to the target.
    Route,
    /// The target's TCP port answers.
    Tcp,
    /// The target answers as an NVMe/TCP controller does.
    Icreq,
    /// A discovery controller lists subsystems.
    Discovery,
    /// The kernel has the controller, and it is live.
    Controller,
    /// The controller shows the namespace.
    Namespace,
}

impl Step {
    /// In words, for "stops at".
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Table => "the table",
            Self::Exclusion => "an exclusion list",
            Self::Nic => "the NIC",
            Self::Carrier => "the carrier",
            Self::Vlan => "the VLAN",
            Self::Address => "the address",
            Self::Route => "the route",
            Self::Tcp => "the TCP port",
            Self::Icreq => "ICReq",
            Self::Discovery => "discovery",
            Self::Controller => "the controller",
            Self::Namespace => "the namespace",
        }
    }
}
