//! Holds what every step of setting up one NIC shares: the plan's interface, the kernel's state, and the channel to the caller.

use super::applied::AppliedNetworks;
use super::error::NetFailure;
use super::event::{BondOutcome, NetEvent, Timings, Waiting};
use super::lease::Lease;
use super::options::NetOptions;
use super::target::LinkId;
use super::watcher::Watcher;
use crate::dhcp_options::ClientOptions;
use libnbft::plan::{Interface, Method, NetworkRef};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;

/// Pause before asking a DHCP server again that did not answer or refused.
pub(super) const RETRY: Duration = Duration::from_secs(1);

/// Pause of the resident service before it retries what failed on a present NIC.
pub(super) const MAINTAIN_RETRY: Duration = Duration::from_secs(30);

/// Sets up one NIC and all that is on it.
pub(super) struct Worker {
    pub(super) number: usize,
    pub(super) interface: Interface,
    pub(super) root: PathBuf,
    pub(super) watcher: Watcher,
    events: UnboundedSender<NetEvent>,
    pub(super) mtu: Option<u16>,
    pub(super) keeps_names: bool,
    /// What the DHCP client tells servers about itself.
    pub(super) client: ClientOptions,
    /// Whether it maintains the networks once they are set up, as the resident service does.
    pub(super) maintains: bool,
    pub(super) applied: AppliedNetworks,
    /// Why one port is used in place of the planned bond.
    pub(super) without_bond: Mutex<Option<NetFailure>>,
    /// For each link, whether another planned link may be in its IPv4 subnet.
    pub(super) shared_links: Vec<bool>,
}

/// A network that can be used.
#[derive(Clone)]
pub(super) struct ReadyNetwork<'a> {
    pub(super) link: LinkId<'a>,
    pub(super) address: IpAddr,
    pub(super) lease: Option<Box<Lease>>,
    pub(super) timings: Timings,
    /// The planned link, if the address is on its master.
    pub(super) port: Option<&'a str>,
}

impl Worker {
    pub(super) fn new(
        number: usize,
        interface: Interface,
        options: &NetOptions,
        watcher: Watcher,
        events: UnboundedSender<NetEvent>,
    ) -> Self {
        let (root, mtu, keeps_names) = (options.root.clone(), options.mtu, options.keeps_names);
        let client = options.client.clone();
        // A file may hold any lease.
        let of_network = |(at, lease): &(NetworkRef, Lease)| {
            let network = interface.links.get(at.link)?.networks.get(at.network)?;
            match lease.clone().usable(network) {
                Ok((lease, _)) => Some((*at, lease)),
                Err(error) => {
                    log::warn!("{}: {error}", interface.name);
                    None
                }
            }
        };
        let of_interface = |held: &Vec<(NetworkRef, Lease)>| {
            held.iter().filter(|(at, _)| at.interface == number).filter_map(of_network).collect()
        };
        let applied = AppliedNetworks::new(options.maintain.as_ref().map(of_interface).unwrap_or_default());
        let maintains = options.maintain.is_some();
        Self {
            number,
            interface,
            root,
            watcher,
            events,
            mtu,
            keeps_names,
            client,
            maintains,
            applied,
            without_bond: Mutex::new(None),
            shared_links: Vec::new(),
        }
    }

    pub(super) const fn at(&self, link: usize, network: usize) -> NetworkRef {
        NetworkRef { interface: self.number, link, network }
    }

    /// All networks of the NIC.
    pub(super) fn networks(&self) -> impl Iterator<Item = NetworkRef> {
        let links = self.interface.links.iter().enumerate();
        links.flat_map(move |(link, of)| (0..of.networks.len()).map(move |network| self.at(link, network)))
    }

    /// The static addresses of the link that a network is on.
    pub(super) fn static_addresses(&self, at: NetworkRef) -> Vec<IpAddr> {
        let networks = self.interface.links.get(at.link).map(|link| link.networks.iter());
        let fixed = networks.into_iter().flatten().filter(|network| network.method == Method::Static);
        fixed.filter_map(|network| network.address).collect()
    }

    /// Sends an event. When `connect` has ended, nobody receives it; that is no failure.
    pub(super) fn send(&self, event: NetEvent) {
        let _ = self.events.send(event);
    }

    /// Sends that a network can be used.
    pub(super) fn send_ready(&self, at: NetworkRef, ready: &ReadyNetwork<'_>) {
        self.send(NetEvent::Ready {
            at,
            link_name: ready.link.name.to_owned(),
            ifindex: ready.link.index,
            address: ready.address,
            lease: ready.lease.clone(),
            timings: ready.timings,
            port: ready.port.map(str::to_owned),
            bond: self.bond_outcome(),
        });
    }

    fn bond_outcome(&self) -> Option<BondOutcome> {
        self.interface.bond.as_ref()?;
        let without = self.without_bond.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Some(without.map_or_else(|| BondOutcome::Ports(self.port_names()), BondOutcome::Without))
    }

    /// Sends that a network waits.
    pub(super) fn send_waiting(&self, at: NetworkRef, for_what: Waiting) {
        self.send(NetEvent::Waiting { at, for_what });
    }
}
