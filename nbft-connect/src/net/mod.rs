//! Sets up the network: finds NICs, names them, brings them up, gives them addresses and routes. It waits for the kernel's events and does
//! not poll. Only this module imports rtnetlink.

mod addresses;
mod applied;
mod arp;
mod bond;
mod dhcp;
mod dhcp4;
mod dhcp6;
mod dhcp6_stateless;
mod dhcp_identity;
mod domain_names;
mod driver;
mod duplicate;
mod error;
mod event;
mod external_manager;
mod former;
#[doc(hidden)]
pub mod fuzz;
mod ipv6;
mod lease;
mod lease_manager;
mod lease_times;
mod maintain;
mod master;
mod nic;
mod nic_setup;
mod options;
mod requests;
mod router_address;
mod rules;
mod slaac;
mod snapshot;
mod state;
mod survey;
mod sysctl;
mod target;
mod temporary_nic;
mod usable;
mod watcher;
mod worker;

pub(crate) use arp::{ARP_SYSCTLS, may_share};
pub(crate) use dhcp_identity::{dhcp_identity, dhcp6_identity};
pub use dhcp6_stateless::Information;
pub use error::{KernelError, NetFailure, RouteFailure, Step};
pub use event::{BondOutcome, NetEvent, Timings, Waiting};
pub(crate) use ipv6::{Ipv6Off, ipv6_off};
pub use lease::Lease;
pub use lease_manager::lease_manager;
pub use nic::is_network_device;
pub(crate) use nic::nic_name;
pub use options::NetOptions;
pub(crate) use requests::RULE_PRIORITY;
pub(crate) use survey::{Dhcp, Survey, SurveyedNic};
pub(crate) use sysctl::{Advertised, RP_FILTER};

// `nbft-redfish`, a separate package, uses these to find and set up its NIC.
#[doc(hidden)]
pub use libnbft::address::network_address as subnet;
#[doc(hidden)]
pub use snapshot::{Neighbour, NetSnapshot};
#[doc(hidden)]
pub use state::{Address, Link};
#[doc(hidden)]
pub use temporary_nic::TemporaryNic;

use libnbft::plan::{Interface, Network};
use std::net::IpAddr;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinHandle;
use watcher::Watcher;

/// Owns the background tasks. When it is dropped, they stop; what is set up stays.
#[derive(Debug)]
pub struct NetHandle {
    tasks: Vec<JoinHandle<()>>,
    router: Router,
}

impl NetHandle {
    /// Sets routes to targets that are found later.
    #[must_use]
    pub fn router(&self) -> Router {
        self.router.clone()
    }
}

/// Sets routes of networks that are up.
#[derive(Debug, Clone)]
pub struct Router(Watcher);

impl Router {
    /// Sets the routes of a network; existing routes stay.
    ///
    /// # Errors
    ///
    /// When the kernel refuses, because the link is down or gone.
    pub async fn route(
        &self,
        link_name: &str,
        ifindex: u32,
        address: IpAddr,
        network: &Network,
    ) -> Result<(), NetFailure> {
        let link = target::LinkId { index: ifindex, name: link_name };
        requests::add_routes(&self.0.handle, link, address, network).await
    }
}

impl Drop for NetHandle {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// Starts setting up all interfaces at once. Returns when the kernel's state is known.
///
/// # Errors
///
/// When netlink cannot be used.
pub async fn start(
    interfaces: &[Interface],
    options: NetOptions,
    events: UnboundedSender<NetEvent>,
) -> Result<NetHandle, NetFailure> {
    driver::load(&options.root, interfaces);
    let (watcher, mut tasks) = Watcher::start(&options).await?;
    for (number, interface) in interfaces.iter().enumerate() {
        if interface.links.is_empty() {
            continue;
        }
        let mut worker = worker::Worker::new(number, interface.clone(), &options, watcher.clone(), events.clone());
        worker.shared_links = arp::shared_links(interfaces, number);
        tasks.push(tokio::spawn(worker.run()));
    }
    Ok(NetHandle { tasks, router: Router(watcher) })
}
