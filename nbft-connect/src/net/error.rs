//! Why a network cannot be used.

use libnbft::address::Unusable;
use libnbft::codes;
use std::net::IpAddr;

/// Why a network cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NetFailure {
    /// The kernel refused a step.
    #[error("{step}: {reason}")]
    Kernel {
        /// What was tried.
        step: String,
        /// What the kernel said.
        reason: String,
    },
    /// Another host has the address.
    #[error("another host uses {0}: duplicate address detection failed")]
    Duplicate(IpAddr),
    /// A server granted an address that no interface can have.
    #[error("the lease of {address} from {server} is refused: {why}")]
    Refused {
        /// What was granted.
        address: IpAddr,
        /// Who granted it.
        server: IpAddr,
        /// Why it cannot be used.
        why: Unusable,
    },
    /// No interface can have the address.
    #[error("{address} cannot be used: {why}")]
    Unusable {
        /// The address.
        address: IpAddr,
        /// Why it cannot be used.
        why: Unusable,
    },
    /// The address was removed before it could be used, as the kernel does with IPv6 addresses when the MTU falls below 1280.
    #[error("{0} was removed before it could be used")]
    AddressGone(IpAddr),
    /// The kernel's events cannot be heard.
    #[error("netlink: {0}")]
    Netlink(#[source] std::io::Error),
    /// The NIC was taken away.
    #[error("the NIC is gone")]
    LinkGone,
    /// Not in this version.
    #[error("{0} is not supported by this version")]
    Unsupported(&'static str),
}

codes!(NetFailure {
    Kernel => "kernel-refused",
    Duplicate => "address-duplicate",
    Refused => "lease-refused",
    Unusable => "address-unusable",
    AddressGone => "address-gone",
    Netlink => "netlink",
    LinkGone => "nic-gone",
    Unsupported => "unsupported",
});
