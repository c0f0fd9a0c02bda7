//! One NIC: from not being there to links that are up. Their addresses are in [`super::addresses`].

use super::book::Book;
use super::lease::Lease;
use super::state::is_global;
use super::state::{Link, State};
use super::watcher::Watcher;
use super::{NetEvent, NetFailure, NetOptions, Timings, Waiting, nic, requests, sysctl};
use crate::nvme::sysfs::controllers;
use libnbft::plan::{Interface, Link as PlanLink, Network, NetworkRef};
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::UnboundedSender;

/// After this, a udev that says nothing is no longer waited for: it may never have been told of the NIC.
const UDEV_LIMIT: Duration = Duration::from_secs(10);

/// Pause before a DHCP server is asked again that did not answer or refused.
pub(super) const RETRY: Duration = Duration::from_secs(1);

/// Pause before a NIC is set up again in the running system that is there and could not be.
pub(super) const MAINTAIN_RETRY: Duration = Duration::from_secs(30);

pub(super) struct Worker {
    number: usize,
    pub(super) interface: Interface,
    pub(super) root: PathBuf,
    pub(super) watcher: Watcher,
    events: UnboundedSender<NetEvent>,
    pub(super) mtu: Option<u16>,
    /// Whether it goes on when all is set up.
    pub(super) maintains: bool,
    pub(super) book: Book,
}

/// How setting a NIC up ended.
enum Ended {
    /// There is no more to do.
    Done,
    /// The NIC is gone.
    Gone,
    /// The NIC has another name.
    Renamed,
}

/// A network that can be used.
#[derive(Clone)]
pub(super) struct Up<'a> {
    pub(super) name: &'a str,
    pub(super) index: u32,
    pub(super) address: IpAddr,
    pub(super) lease: Option<Box<Lease>>,
    pub(super) timings: Timings,
}

impl Up<'_> {
    pub(super) fn ready(&self, at: NetworkRef) -> NetEvent {
        let (link_name, lease) = (self.name.to_owned(), self.lease.clone());
        NetEvent::Ready { at, link_name, ifindex: self.index, address: self.address, lease, timings: self.timings }
    }
}

impl Worker {
    pub(super) fn new(
        number: usize,
        interface: Interface,
        options: &NetOptions,
        watcher: Watcher,
        events: UnboundedSender<NetEvent>,
    ) -> Self {
        let (root, mtu) = (options.root.clone(), options.mtu);
        // What a file says of them may be anything.
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
        let book = Book::new(options.maintain.as_ref().map(of_interface).unwrap_or_default());
        let maintains = options.maintain.is_some();
        Self { number, interface, root, watcher, events, mtu, maintains, book }
    }

    pub(super) async fn run(self) {
        tokio::select! {
            () = self.work() => {}
            never = self.remove_former() => match never {},
        }
    }

    /// Goes on until all is set up, or, when it is to stay, for ever.
    async fn work(&self) {
        loop {
            match self.set_up().await {
                Ok(Ended::Done) if !self.maintains => return,
                Ok(Ended::Gone | Ended::Renamed) => {
                    tokio::time::sleep(RETRY).await;
                    continue;
                }
                Ok(Ended::Done) => {}
                Err(error) => {
                    let reason = error.to_string();
                    for at in self.networks() {
                        let reason = NetFailure::Kernel { step: self.interface.name.clone(), reason: reason.clone() };
                        self.tell(NetEvent::Failed { at, reason });
                    }
                    if !self.maintains {
                        return;
                    }
                }
            }
            // One that is there has failed in a way that will not pass soon, unless it was about to go.
            let before = self.watcher.look(|state| self.find(state)).map(|nic| nic.born);
            let other = |state: &State| (self.find(state).map(|nic| nic.born) != before).then_some(());
            let _ = tokio::time::timeout(MAINTAIN_RETRY, self.watcher.wait_for(other)).await;
            tokio::time::sleep(RETRY).await;
        }
    }

    /// Sets the NIC up once it is there, and goes on as long as it is.
    async fn set_up(&self) -> Result<Ended, NetFailure> {
        let mut timings = Timings::default();
        let started = Instant::now();
        let Some(nic) = self.nic().await else { return Ok(Ended::Done) };
        timings.nic = started.elapsed();
        let (index, born) = (nic.index, nic.born);
        let same = |link: &Link| link.born == born;
        let work = async {
            let started = Instant::now();
            self.after_udev(index).await;
            timings.udev = started.elapsed();
            let name = self.named(index).await;
            let named = |link: &Link| same(link) && link.name == name;
            self.watcher.while_there(index, named, self.set_up_named(index, &name, timings)).await.transpose()
        };
        match self.watcher.while_there(index, same, work).await {
            Some(Ok(Some(()))) => return Ok(Ended::Done),
            Some(Err(error)) => return Err(error),
            Some(Ok(None)) if self.watcher.look(|state| state.links.get(&index).is_some_and(same)) => {
                log::info!("{}: the NIC was renamed", self.interface.name);
                return Ok(Ended::Renamed);
            }
            _ => {}
        }
        log::warn!("{}: the NIC is gone", self.interface.name);
        for at in self.networks() {
            self.tell(NetEvent::Failed { at, reason: NetFailure::LinkGone });
        }
        self.forget_gone().await;
        Ok(Ended::Gone)
    }

    /// All links of a NIC that has its name.
    async fn set_up_named(&self, nic: u32, name: &str, timings: Timings) -> Result<(), NetFailure> {
        if let Some(untagged) = self.interface.links.iter().find(|link| link.vlan.is_none()) {
            sysctl::apply(&self.root, name, untagged);
        }
        if let Some(mtu) = self.mtu {
            self.set_mtu(nic, name, mtu).await;
        }
        self.bring_up(nic).await?;
        // At once: a link whose server never answers must not keep the others waiting.
        let links = self.interface.links.iter().enumerate();
        let links = links.map(|(number, link)| self.set_up_link(number, link, (nic, name), timings));
        futures_util::future::join_all(links).await;
        Ok(())
    }

    /// One link of a NIC; a VLAN that is removed is made again.
    async fn set_up_link(&self, number: usize, link: &PlanLink, nic: (u32, &str), timings: Timings) {
        loop {
            let mut pause = MAINTAIN_RETRY;
            let up = match link.vlan {
                None => Ok(nic),
                Some(id) => self.vlan(nic.0, nic.1, link, id).await.map(|index| (index, link.name.as_str())),
            };
            match up {
                Ok((index, name)) => {
                    let born = self.watcher.look(|state| state.links.get(&index).map(|link| link.born));
                    let same = |link: &Link| Some(link.born) == born && (link.name == name);
                    let work = self.link(number, link, index, name, timings);
                    if self.watcher.while_there(index, same, work).await.is_none() {
                        if link.vlan.is_none() {
                            // The NIC's own: who waits for the NIC begins again.
                            return;
                        }
                        for network in 0..link.networks.len() {
                            self.tell(NetEvent::Failed { at: self.at(number, network), reason: NetFailure::LinkGone });
                        }
                        self.forget_gone().await;
                        pause = RETRY;
                    }
                }
                Err(error) => self.link_failed(number, link, &error),
            }
            if !self.maintains {
                return;
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// Waits for the NIC.
    async fn nic(&self) -> Option<Link> {
        if let Some(nic) = self.watcher.look(|state| self.find(state)) {
            return Some(nic);
        }
        self.waiting(Waiting::Nic);
        log::info!("{}: waiting for the NIC with MAC {}", self.interface.name, self.interface.mac);
        let found = self.watcher.wait_for(|state| self.find(state)).await;
        if let (Some(link), Some(pci)) = (&found, self.interface.pci) {
            log::debug!("{}: NIC of {} at {pci} came as {}", self.interface.name, self.interface.mac, link.name);
        }
        found
    }

    fn find(&self, state: &State) -> Option<Link> {
        nic::find(state, &self.root, self.interface.mac, self.interface.pci)
    }

    /// Waits until udev is done: it may rename the NIC until then.
    async fn after_udev(&self, index: u32) {
        if !nic::udev_runs(&self.root) || nic::udev_is_done(&self.root, index) {
            return;
        }
        self.waiting(Waiting::Udev);
        let done = self.watcher.wait_for(|_| nic::udev_is_done(&self.root, index).then_some(()));
        if tokio::time::timeout(UDEV_LIMIT, done).await.is_err() {
            let seconds = UDEV_LIMIT.as_secs();
            log::warn!("{}: udev has not handled the NIC in {seconds} s; it is used as it is", self.interface.name);
        }
    }

    /// Gives the NIC its name unless udev did; one that cannot be renamed keeps its name.
    async fn named(&self, index: u32) -> String {
        let now = || self.watcher.look(|state| state.links.get(&index).map(|link| link.name.clone()));
        let wanted = &self.interface.name;
        let name = now().unwrap_or_default();
        if name == *wanted {
            // The kernel tells of a new name before its options are there under it. A request waits until whoever
            // renamed it is through; this one changes nothing (and is refused by older kernels when the link is up).
            let _ = requests::rename(&self.watcher.handle, index, wanted).await;
            return name;
        }
        if controllers(&self.root).iter().any(|controller| controller.host_iface == name) {
            // The kernel looks the interface up by this name when it reconnects.
            log::info!("{name}: keeps its name, not {wanted}: a connection is bound to it");
            return name;
        }
        match requests::rename(&self.watcher.handle, index, wanted).await {
            Ok(()) => {
                let shown = |state: &State| (state.links.get(&index)?.name == *wanted).then_some(());
                let _ = self.watcher.wait_for(shown).await;
                wanted.clone()
            }
            Err(error) => {
                log::warn!("{name}: {error}; it keeps its name");
                now().unwrap_or(name)
            }
        }
    }

    async fn bring_up(&self, index: u32) -> Result<(), NetFailure> {
        if self.watcher.look(|state| state.links.get(&index).is_some_and(|link| link.up)) {
            return Ok(());
        }
        requests::up(&self.watcher.handle, index).await
    }

    /// Best effort: a NIC that cannot have this MTU works with its own.
    pub(super) async fn set_mtu(&self, index: u32, name: &str, mtu: u16) {
        if let Err(error) = requests::mtu(&self.watcher.handle, index, mtu).await {
            log::warn!("{name}: {error}");
        }
    }

    /// The MTU that a server names for a link. One that ends IPv6 (RFC 8200, section 5) is refused where the link has it, or a
    /// VLAN over the NIC: the kernel would take the addresses away.
    pub(super) async fn set_granted_mtu(&self, at: NetworkRef, index: u32, name: &str, mtu: u16) {
        const LEAST_IPV6: u16 = 1280;
        let untagged = self.interface.links.get(at.link).is_some_and(|link| link.vlan.is_none());
        let links = self.interface.links.iter().enumerate().filter(|(number, _)| untagged || *number == at.link);
        let planned = links.flat_map(|(_, link)| &link.networks).any(Network::is_ipv6);
        let there = |state: &State| state.addresses.iter().any(|address| is_global(address, index));
        if mtu < LEAST_IPV6 && (planned || self.watcher.look(there)) {
            log::warn!("{name}: an MTU of {mtu} is not used: IPv6, which the link has, needs {LEAST_IPV6}");
            return;
        }
        self.set_mtu(index, name, mtu).await;
    }

    /// Makes a VLAN and brings it up.
    async fn vlan(&self, nic: u32, parent: &str, link: &PlanLink, id: u16) -> Result<u32, NetFailure> {
        log::debug!("{}: VLAN {id} on {parent}", link.name);
        requests::add_vlan(&self.watcher.handle, &link.name, nic, id).await?;
        let named = |state: &State| state.links.values().find(|known| known.name == link.name).map(|known| known.index);
        let index = self.watcher.wait_for(named).await.ok_or_else(gone)?;
        sysctl::apply(&self.root, &link.name, link);
        self.bring_up(index).await?;
        Ok(index)
    }

    pub(super) const fn at(&self, link: usize, network: usize) -> NetworkRef {
        NetworkRef { interface: self.number, link, network }
    }

    fn networks(&self) -> impl Iterator<Item = NetworkRef> {
        let links = self.interface.links.iter().enumerate();
        links.flat_map(move |(link, of)| (0..of.networks.len()).map(move |network| self.at(link, network)))
    }

    fn link_failed(&self, number: usize, link: &PlanLink, error: &NetFailure) {
        for network in 0..link.networks.len() {
            let reason = NetFailure::Kernel { step: link.name.clone(), reason: error.to_string() };
            self.tell(NetEvent::Failed { at: self.at(number, network), reason });
        }
    }

    fn waiting(&self, for_what: Waiting) {
        for at in self.networks() {
            self.tell(NetEvent::Waiting { at, for_what });
        }
    }

    /// Nobody listens any more when `connect` ends; that is no failure.
    pub(super) fn tell(&self, event: NetEvent) {
        let _ = self.events.send(event);
    }
}

/// The listener has ended, and with it whatever was waited for.
pub(super) fn gone() -> NetFailure {
    NetFailure::Netlink(std::io::ErrorKind::BrokenPipe.into())
}

#[cfg(test)]
mod tests;
