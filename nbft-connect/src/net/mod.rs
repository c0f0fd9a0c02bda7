//! The network side of the kernel: NICs found, named, brought up, given addresses and routes; by events, never by
//! sleeping. Only here rtnetlink is imported.

mod addresses;
mod dhcp;
mod dhcp6;
mod dhcp6_stateless;
mod driver;
mod external_manager;
mod former;
#[doc(hidden)]
pub mod fuzz;
mod lease;
mod lease_manager;
mod maintain;
mod nic;
mod requests;
mod rules;
mod slaac;
mod snapshot;
mod state;
mod sysctl;
#[cfg(feature = "redfish")]
mod temporary_nic;
mod usable;
mod watcher;
mod worker;

pub use dhcp6_stateless::Information;
pub use lease::Lease;
pub(crate) use lease::duid_on_the_wire;
pub use lease_manager::lease_manager;
pub(crate) use libnbft::address::network_address as subnet;
pub use nic::is_network_device;
pub(crate) use requests::RULE_PRIORITY;
pub(crate) use snapshot::{Neighbour, NetSnapshot};
pub(crate) use state::{Address, Link};
pub(crate) use sysctl::{IPV4_SETTINGS, ipv6_settings};
#[cfg(feature = "redfish")]
pub(crate) use temporary_nic::TemporaryNic;

use libnbft::address::Unusable;
use libnbft::plan::{Interface, Network, NetworkRef};
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinHandle;
use watcher::Watcher;

/// Where things are.
#[derive(Debug, Clone)]
pub struct Settings {
    root: PathBuf,
    event_buffer: usize,
    mtu: Option<u16>,
    stay: Option<Vec<(NetworkRef, Lease)>>,
}

/// Holds the events of some hundred interfaces coming up at once; only what is queued takes memory.
const EVENT_BUFFER: usize = 8 << 20;

impl Settings {
    /// With `/sys`, `/proc` and `/run` under `root`.
    #[must_use]
    pub const fn new(root: PathBuf) -> Self {
        Self { root, event_buffer: EVENT_BUFFER, mtu: None, stay: None }
    }

    /// Going on when all is set up: addresses are set again when they go, leases renewed when nobody else does. `leases` are
    /// those that are known to be held already.
    #[must_use]
    pub fn staying(mut self, leases: Vec<(NetworkRef, Lease)>) -> Self {
        self.stay = Some(leases);
        self
    }

    /// With this MTU for every NIC, whatever a DHCP server says.
    #[must_use]
    pub const fn with_mtu(mut self, mtu: Option<u16>) -> Self {
        self.mtu = mtu;
        self
    }

    /// With room for this many bytes of netlink events. Where more come at once, the kernel's state is asked for again.
    #[must_use]
    pub const fn with_event_buffer(mut self, bytes: usize) -> Self {
        self.event_buffer = bytes;
        self
    }
}

/// How long each wait took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Timings {
    /// Until the NIC was there.
    pub nic: Duration,
    /// Until udev was done with it.
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

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// The NIC: its driver has not made it yet.
    Nic,
    /// udev, which is to name it.
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

/// What became of a network.
#[derive(Debug)]
pub enum NetEvent {
    /// It can be used.
    Ready {
        /// Which.
        at: NetworkRef,
        /// Name of the link as the kernel has it.
        link_name: String,
        /// Index of the link.
        ifindex: u32,
        /// The address.
        address: IpAddr,
        /// What a DHCP server granted.
        lease: Option<Box<Lease>>,
        /// How long each wait took.
        timings: Timings,
    },
    /// Its lease was renewed.
    Renewed {
        /// Which.
        at: NetworkRef,
        /// The lease.
        lease: Box<Lease>,
    },
    /// A DHCPv6 server told what it knows beside the address that a router advertisement gave.
    Informed {
        /// Which.
        at: NetworkRef,
        /// What it told.
        information: Box<Information>,
    },
    /// It waits.
    Waiting {
        /// Which.
        at: NetworkRef,
        /// For what.
        for_what: Waiting,
    },
    /// It cannot be used.
    Failed {
        /// Which.
        at: NetworkRef,
        /// Why.
        reason: NetError,
    },
}

/// Why a network cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NetError {
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

/// Keeps the work going; dropped, it stops, and what is set up stays.
#[derive(Debug)]
pub struct NetHandle {
    tasks: Vec<JoinHandle<()>>,
    router: Router,
}

impl NetHandle {
    /// Who sets routes to what is found later.
    #[must_use]
    pub fn router(&self) -> Router {
        self.router.clone()
    }
}

/// Sets routes of networks that are up.
#[derive(Debug, Clone)]
pub struct Router(Watcher);

impl Router {
    /// Sets the routes of a network; those that are there stay.
    ///
    /// # Errors
    ///
    /// What the kernel says.
    pub async fn route(
        &self,
        link_name: &str,
        ifindex: u32,
        address: IpAddr,
        network: &Network,
    ) -> Result<(), NetError> {
        requests::add_routes(&self.0.handle, (ifindex, link_name), address, network).await
    }
}

impl Drop for NetHandle {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// Starts setting up every interface, all at once; returns when the kernel's state is known.
///
/// # Errors
///
/// When netlink cannot be used.
pub async fn start(
    interfaces: &[Interface],
    settings: Settings,
    events: UnboundedSender<NetEvent>,
) -> Result<NetHandle, NetError> {
    driver::load(&settings.root, interfaces);
    let (watcher, mut tasks) = Watcher::start(&settings).await?;
    for (number, interface) in interfaces.iter().enumerate() {
        if interface.links.is_empty() {
            continue;
        }
        let worker = worker::Worker::new(number, interface.clone(), &settings, watcher.clone(), events.clone());
        tasks.push(tokio::spawn(worker.run()));
    }
    Ok(NetHandle { tasks, router: Router(watcher) })
}
