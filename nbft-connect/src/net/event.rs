//! Defines the events that network set-up sends to its caller.

use super::dhcp6_stateless::Information;
use super::error::NetFailure;
use super::lease::Lease;
use libnbft::codes;
use libnbft::plan::NetworkRef;
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

/// How long each wait took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Timings {
    /// Until the NIC appeared.
    pub nic: Duration,
    /// Until udev had handled it.
    pub udev: Duration,
    /// Until it had carrier.
    pub carrier: Duration,
    /// Until the address could be used.
    pub address: Duration,
}

impl fmt::Display for Timings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |duration: Duration| duration.as_millis();
        let (nic, udev) = (ms(self.nic), ms(self.udev));
        write!(f, "NIC {nic} ms, udev {udev} ms, carrier {} ms, address {} ms", ms(self.carrier), ms(self.address))
    }
}

/// What a network waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// The NIC: its driver has not made it yet.
    Nic,
    /// udev, which may rename it.
    Udev,
    /// Carrier.
    Carrier,
    /// The address: duplicate address detection.
    Address,
    /// A DHCP server.
    Lease,
    /// A router advertisement.
    Advertisement,
    /// The address that the network manager of the running system sets.
    Manager,
}

codes!(Waiting {
    Nic => "waits-for-nic",
    Udev => "waits-for-udev",
    Carrier => "waits-for-carrier",
    Address => "waits-for-address",
    Lease => "waits-for-lease",
    Advertisement => "waits-for-router",
    Manager => "waits-for-network-manager",
});

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nic => "the NIC (no interface with this MAC address is there)",
            Self::Udev => "udev",
            Self::Carrier => "carrier",
            Self::Address => "duplicate address detection",
            Self::Lease => "a DHCP server",
            Self::Advertisement => "a router advertisement",
            Self::Manager => "the address that the network manager sets",
        })
    }
}

/// The result of making the bond that the plan has for a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BondOutcome {
    /// The link is the bond, or a VLAN on it, with these ports.
    Ports(Vec<String>),
    /// The link is one of its ports, used without the bond.
    Without(NetFailure),
}

/// A change of a network.
#[derive(Debug)]
pub enum NetEvent {
    /// It can be used.
    Ready {
        /// The network.
        at: NetworkRef,
        /// Name of the link as the kernel has it.
        link_name: String,
        /// Index of the link.
        ifindex: u32,
        /// The address.
        address: IpAddr,
        /// The lease that the address is from.
        lease: Option<Box<Lease>>,
        /// How long each wait took.
        timings: Timings,
        /// The planned link, if it has become a port of `link_name`.
        port: Option<String>,
        /// The result of making the bond, if the plan has one.
        bond: Option<BondOutcome>,
    },
    /// Its lease was renewed.
    Renewed {
        /// The network.
        at: NetworkRef,
        /// The lease.
        lease: Box<Lease>,
    },
    /// A DHCPv6 server sent information beside the address that a router advertisement brought.
    Informed {
        /// The network.
        at: NetworkRef,
        /// The information.
        information: Box<Information>,
    },
    /// It waits.
    Waiting {
        /// The network.
        at: NetworkRef,
        /// What it waits for.
        for_what: Waiting,
    },
    /// It cannot be used.
    Failed {
        /// The network.
        at: NetworkRef,
        /// Why.
        reason: NetFailure,
    },
}
