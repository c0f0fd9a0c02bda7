//! Says why a network cannot be used, with a stable code for programs.

use libnbft::address::Unusable;
use libnbft::codes;
use libnbft::model::Mac;
use std::fmt;
use std::io;
use std::net::IpAddr;

/// Why a network cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NetFailure {
    /// The kernel refused a step.
    #[error("{step}: {error}")]
    Kernel {
        /// The step.
        step: Step,
        /// The kernel's answer.
        error: KernelError,
    },
    /// The DHCP client cannot work: a socket or a message could not be made.
    #[error("{step}: {reason}")]
    Dhcp {
        /// The step.
        step: String,
        /// The client's or the system's answer.
        reason: String,
    },
    /// Another host has the address.
    #[error("another host{} uses {address}: duplicate address detection failed", mac.map(|mac| format!(", {mac},")).unwrap_or_default())]
    Duplicate {
        /// The address.
        address: IpAddr,
        /// The host's MAC address, if it has told it.
        mac: Option<Mac>,
    },
    /// A server granted an address that no interface can have.
    #[error("the lease of {address} from {server} is refused: {why}")]
    Refused {
        /// The granted address.
        address: IpAddr,
        /// The server.
        server: IpAddr,
        /// Why the address cannot be used.
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
    /// The address was removed before it could be used. The kernel does so with IPv6 addresses when the MTU falls below 1280.
    #[error("{0} was removed before it could be used")]
    AddressGone(IpAddr),
    /// IPv6 is switched off on the link, and nbft may not switch it on.
    #[error("IPv6 is switched off, and the sysctl net.ipv6.conf.{name}.disable_ipv6 cannot be set to 0: {error}")]
    Ipv6Off {
        /// Name of the link.
        name: String,
        /// The kernel's answer.
        error: KernelError,
    },
    /// The kernel has no IPv6.
    #[error(
        "the kernel has no IPv6: it is switched off on its command line (ipv6.disable=1), or the module ipv6 is missing"
    )]
    NoIpv6,
    /// The link has no carrier.
    #[error("{name}: no carrier after {seconds} s")]
    NoCarrier {
        /// Name of the link.
        name: String,
        /// How long it was waited for.
        seconds: u64,
    },
    /// The kernel cannot be asked, or its events cannot be received.
    #[error("netlink: {0}")]
    Netlink(KernelError),
    /// The link is a port of a bridge, bond or team that does not have the address.
    #[error("{port} is a port of {master}, which does not have the address; nbft sets none on a port")]
    HasMaster {
        /// The link.
        port: String,
        /// Its master.
        master: String,
    },
    /// The kernel cannot make a bond.
    #[error("the kernel cannot make {bond} (kernel module bonding): {error}")]
    BondRefused {
        /// The bond.
        bond: String,
        /// The kernel's answer.
        error: KernelError,
    },
    /// A link that is no bond has the bond's name.
    #[error("{0} exists and is no bond")]
    BondNameTaken(String),
    /// A link cannot become a port of a bond.
    #[error("{port} cannot become a port of {bond}: {error}")]
    BondPortRefused {
        /// The bond.
        bond: String,
        /// The port.
        port: String,
        /// The kernel's answer.
        error: KernelError,
    },
    /// A connection is bound to a link that is to become a port of a bond.
    #[error("{port} does not become a port of {bond}: a connection is bound to it")]
    BondPortInUse {
        /// The bond.
        bond: String,
        /// The port.
        port: String,
    },
    /// The NIC was removed.
    #[error("the NIC is gone")]
    LinkGone,
    /// This version cannot set it up.
    #[error("{0} is not supported by this version")]
    Unsupported(&'static str),
}

impl NetFailure {
    /// The code of a network whose link is a port, also where the master has its address.
    pub const LINK_HAS_MASTER: &str = "link-has-master";

    /// The code of a network whose link has IPv6 switched off.
    pub const IPV6_OFF: &str = "ipv6-off";
}

codes!(NetFailure {
    Kernel => "kernel-refused",
    Dhcp => "dhcp-client",
    Duplicate => "address-duplicate",
    Refused => "lease-refused",
    Unusable => "address-unusable",
    AddressGone => "address-gone",
    Ipv6Off => "ipv6-off",
    NoIpv6 => "ipv6-missing",
    NoCarrier => "no-carrier",
    Netlink => "netlink",
    HasMaster => "link-has-master",
    BondRefused => "bond-refused",
    BondNameTaken => "bond-name-taken",
    BondPortRefused => "bond-port-refused",
    BondPortInUse => "bond-port-in-use",
    LinkGone => "nic-gone",
    Unsupported => "unsupported",
});

/// A request to the kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Give a link this name.
    Rename(String),
    /// Bring a link up.
    BringUp,
    /// Set this MTU.
    Mtu(u16),
    /// Make the VLAN of this name.
    AddVlan(String),
    /// Set an address with its prefix length.
    AddAddress(IpAddr, u8),
    /// Remove an address with its prefix length.
    RemoveAddress(IpAddr, u8),
    /// Set the route to a destination with its prefix length.
    AddRoute(IpAddr, u8),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rename(name) => write!(f, "cannot name it {name}"),
            Self::BringUp => f.write_str("cannot bring the link up"),
            Self::Mtu(mtu) => write!(f, "cannot set an MTU of {mtu}"),
            Self::AddVlan(name) => write!(f, "cannot make VLAN {name} (kernel module 8021q)"),
            Self::AddAddress(ip, prefix) => write!(f, "cannot set {ip}/{prefix}"),
            Self::RemoveAddress(ip, prefix) => write!(f, "cannot remove {ip}/{prefix}"),
            Self::AddRoute(destination, prefix) => write!(f, "cannot set the route to {destination}/{prefix}"),
        }
    }
}

/// An answer of the kernel that is an error.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum KernelError {
    /// An error number.
    Errno(i32),
    /// No answer came: the netlink socket was closed.
    NoAnswer,
    /// No answer that can be read, in the words of the netlink library or of the standard library.
    Unreadable(String),
}

impl fmt::Display for KernelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Errno(errno) => io::Error::from_raw_os_error(*errno).fmt(f),
            Self::NoAnswer => f.write_str("the kernel gives no answer"),
            Self::Unreadable(text) => f.write_str(text),
        }
    }
}

impl From<io::Error> for KernelError {
    fn from(error: io::Error) -> Self {
        error.raw_os_error().map_or_else(|| Self::Unreadable(error.to_string()), Self::Errno)
    }
}

/// Why the kernel sends no packet from one address to another over a link.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RouteFailure {
    /// One address is IPv4, the other IPv6.
    #[error("the addresses are not of one family")]
    Families,
    /// A route exists that sends no packets: `blackhole`, `unreachable` and such, as `ip route` names it.
    #[error("the route is of type {0}")]
    Type(String),
    /// The kernel has no route.
    #[error("{0}")]
    Kernel(KernelError),
    /// The kernel does not answer.
    #[error("the kernel gives no answer")]
    NoAnswer,
}
