//! Sets up one NIC: waits for it, names it, brings up its links. [`super::addresses`] sets their addresses.

use super::error::NetFailure;
use super::event::{NetEvent, Timings, Waiting};
use super::lease_manager::link_manager;
use super::state::{Link, State};
use super::target::LinkId;
use super::watcher::ended;
use super::worker::{MAINTAIN_RETRY, RETRY, Worker};
use super::{arp, nic, requests, sysctl};
use crate::nvme::sysfs::controllers;
use libnbft::plan::{Link as PlanLink, Network, NetworkRef};
use std::time::{Duration, Instant};

/// How long to wait for udev: it may never have received the NIC's event.
const UDEV_LIMIT: Duration = Duration::from_secs(10);

/// How setting a NIC up ended.
pub(super) enum Ended {
    /// All is set up.
    Done,
    /// The NIC is gone.
    Gone,
    /// The NIC was renamed.
    Renamed,
}

impl Worker {
    /// Sets the NIC up; ends when all is set up. In the resident service it never ends.
    pub(super) async fn run(self) {
        tokio::select! {
            () = self.set_up_repeatedly() => {}
            never = self.remove_former() => match never {},
        }
    }

    /// Tries until all is set up; the resident service begins again each time that the NIC comes back.
    async fn set_up_repeatedly(&self) {
        loop {
            match self.set_up().await {
                Ok(Ended::Done) if !self.maintains => return,
                Ok(Ended::Gone | Ended::Renamed) => {
                    tokio::time::sleep(RETRY).await;
                    continue;
                }
                Ok(Ended::Done) => {}
                Err(error) => {
                    for at in self.networks() {
                        self.send(NetEvent::Failed { at, reason: error.clone() });
                    }
                    if !self.maintains {
                        return;
                    }
                }
            }
            // A failure of a present NIC does not pass soon, unless another NIC takes its place.
            let before = self.watcher.read(|state| self.find(state)).map(|nic| nic.generation);
            let other = |state: &State| (self.find(state).map(|nic| nic.generation) != before).then_some(());
            let _ = tokio::time::timeout(MAINTAIN_RETRY, self.watcher.wait_for(other)).await;
            tokio::time::sleep(RETRY).await;
        }
    }

    /// Sets the NIC up once it is there, and maintains it as long as it is.
    async fn set_up(&self) -> Result<Ended, NetFailure> {
        if let Some(bond) = &self.interface.bond {
            return self.set_up_bond(bond).await;
        }
        let mut timings = Timings::default();
        let started = Instant::now();
        let Some(nic) = self.wait_for_nic().await else { return Ok(Ended::Done) };
        timings.nic = started.elapsed();
        let (index, generation) = (nic.index, nic.generation);
        let same = |link: &Link| link.generation == generation;
        let work = async {
            let started = Instant::now();
            self.wait_for_udev(index).await;
            timings.udev = started.elapsed();
            let name = self.rename(index, &self.interface.name).await;
            let named = |link: &Link| same(link) && link.name == name;
            self.watcher.while_there(index, named, self.set_up_named(index, &name, timings)).await.transpose()
        };
        match self.watcher.while_there(index, same, work).await {
            Some(Ok(Some(()))) => return Ok(Ended::Done),
            Some(Err(error)) => return Err(error),
            Some(Ok(None)) if self.watcher.read(|state| state.links.get(&index).is_some_and(same)) => {
                log::info!("{}: the NIC was renamed", self.interface.name);
                return Ok(Ended::Renamed);
            }
            _ => {}
        }
        self.give_up_gone_link().await;
        Ok(Ended::Gone)
    }

    async fn give_up_gone_link(&self) {
        log::warn!("{}: the NIC is gone", self.interface.name);
        for at in self.networks() {
            self.send(NetEvent::Failed { at, reason: NetFailure::LinkGone });
        }
        self.remove_rules_of_gone_links().await;
    }

    /// Sets up all links of a bond, or of the NIC in its place, as long as it is there.
    pub(super) async fn set_up_link_of(&self, index: u32, name: &str, timings: Timings) -> Result<Ended, NetFailure> {
        let generation = self.watcher.read(|state| state.links.get(&index).map(|link| link.generation));
        let same = |link: &Link| Some(link.generation) == generation && link.name == name;
        if let Some(done) = self.watcher.while_there(index, same, self.set_up_named(index, name, timings)).await {
            return done.map(|()| Ended::Done);
        }
        self.give_up_gone_link().await;
        Ok(Ended::Gone)
    }

    /// Sets up all links of a NIC that has its name.
    async fn set_up_named(&self, nic: u32, name: &str, timings: Timings) -> Result<(), NetFailure> {
        if let Some(untagged) = self.interface.links.iter().position(|link| link.vlan.is_none()) {
            self.set_sysctls(untagged, name);
        }
        if let Some(mtu) = self.mtu {
            self.set_mtu(LinkId { index: nic, name }, mtu).await;
        }
        self.bring_up(nic).await?;
        // All at once: a link whose server never answers must not delay the others.
        let links = self.interface.links.iter().enumerate();
        let links = links.map(|(number, link)| self.set_up_link(number, link, LinkId { index: nic, name }, timings));
        futures_util::future::join_all(links).await;
        Ok(())
    }

    /// Sets up one link of a NIC; makes a removed VLAN again.
    async fn set_up_link(&self, number: usize, link: &PlanLink, nic: LinkId<'_>, timings: Timings) {
        let link = &self.named(link, nic.name);
        loop {
            let mut pause = MAINTAIN_RETRY;
            let up = match link.vlan {
                None => Ok(nic),
                Some(id) => {
                    self.add_vlan(nic, number, &link.name, id).await.map(|index| LinkId { index, name: &link.name })
                }
            };
            match up {
                Ok(on) => {
                    let generation = self.watcher.read(|state| state.links.get(&on.index).map(|link| link.generation));
                    let same = |link: &Link| Some(link.generation) == generation && (link.name == on.name);
                    let work = self.set_up_networks(number, link, on, timings);
                    if self.watcher.while_there(on.index, same, work).await.is_none() {
                        if link.vlan.is_none() {
                            // The NIC itself is gone: the caller waits for it again.
                            return;
                        }
                        for network in 0..link.networks.len() {
                            self.send(NetEvent::Failed { at: self.at(number, network), reason: NetFailure::LinkGone });
                        }
                        self.remove_rules_of_gone_links().await;
                        pause = RETRY;
                    }
                }
                Err(reason) => {
                    for network in 0..link.networks.len() {
                        self.send(NetEvent::Failed { at: self.at(number, network), reason: reason.clone() });
                    }
                }
            }
            if !self.maintains {
                return;
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// The planned link. If the NIC keeps its own name, a VLAN is named after it.
    fn named(&self, link: &PlanLink, nic: &str) -> PlanLink {
        let mut link = link.clone();
        let after_nic = link.vlan.filter(|_| self.keeps_names).map(|id| format!("{nic}.{id}"));
        if let Some(name) = after_nic.filter(|name| name.len() < libc::IFNAMSIZ) {
            link.name = name;
        }
        link
    }

    /// Waits for the NIC.
    async fn wait_for_nic(&self) -> Option<Link> {
        if let Some(nic) = self.watcher.read(|state| self.find(state)) {
            return Some(nic);
        }
        self.networks().for_each(|at| self.send_waiting(at, Waiting::Nic));
        log::info!("{}: waiting for the NIC with MAC {}", self.interface.name, self.interface.mac);
        let found = self.watcher.wait_for(|state| self.find(state)).await;
        if let (Some(link), Some(pci)) = (&found, self.interface.pci) {
            log::debug!("{}: the NIC with MAC {} at {pci} is {}", self.interface.name, self.interface.mac, link.name);
        }
        found
    }

    fn find(&self, state: &State) -> Option<Link> {
        nic::find(state, &self.root, self.interface.mac, self.interface.pci)
    }

    /// Waits until udev has handled the NIC: until then udev may rename it.
    pub(super) async fn wait_for_udev(&self, index: u32) {
        if !nic::udev_runs(&self.root) || nic::udev_is_done(&self.root, index) {
            return;
        }
        self.networks().for_each(|at| self.send_waiting(at, Waiting::Udev));
        let done = self.watcher.wait_for(|_| nic::udev_is_done(&self.root, index).then_some(()));
        if tokio::time::timeout(UDEV_LIMIT, done).await.is_err() {
            let seconds = UDEV_LIMIT.as_secs();
            log::warn!(
                "{}: udev has not handled the NIC within {seconds} s; nbft uses it as it is",
                self.interface.name
            );
        }
    }

    /// Gives the NIC its name unless udev did. A NIC that cannot be renamed keeps its name. Returns the name that it has.
    pub(super) async fn rename(&self, index: u32, planned: &String) -> String {
        let now = || self.watcher.read(|state| state.links.get(&index).map(|link| link.name.clone()));
        let name = now().unwrap_or_default();
        let wanted = if self.keeps_names { &name } else { planned };
        if name == *wanted {
            // The kernel announces a new name before the link's sysctls exist under it. This request waits until the renaming is
            // complete. It changes nothing; older kernels refuse it when the link is up.
            let _ = requests::rename(&self.watcher.handle, index, wanted).await;
            return name;
        }
        if self.refuse_port(LinkId { index, name: &name }).is_err() {
            // The program that made it a port may use this name.
            log::info!("{name}: keeps its name, not {wanted}: it is a port");
            return name;
        }
        if controllers(&self.root).iter().any(|controller| controller.host_iface == name) {
            // The kernel looks up the interface by this name when it reconnects.
            log::info!("{name}: keeps its name, not {wanted}: a connection is bound to it");
            return name;
        }
        match requests::rename(&self.watcher.handle, index, wanted).await {
            Ok(()) => {
                let renamed = |state: &State| (state.links.get(&index)?.name == *wanted).then_some(());
                let _ = self.watcher.wait_for(renamed).await;
                wanted.clone()
            }
            Err(error) => {
                log::warn!("{name}: {error}; it keeps its name");
                now().unwrap_or(name)
            }
        }
    }

    pub(super) async fn bring_up(&self, index: u32) -> Result<(), NetFailure> {
        if self.watcher.read(|state| state.links.get(&index).is_some_and(|link| link.up)) {
            return Ok(());
        }
        requests::up(&self.watcher.handle, index).await
    }

    /// Sets the MTU. A NIC that refuses it keeps its own.
    pub(super) async fn set_mtu(&self, link: LinkId<'_>, mtu: u16) {
        if let Err(error) = requests::mtu(&self.watcher.handle, link.index, mtu).await {
            log::warn!("{}: {error}", link.name);
        }
    }

    /// Sets the MTU that a DHCP server names for a link. An MTU too small for IPv6 (RFC 8200, section 5) is refused where the link,
    /// or a VLAN on it, has IPv6: the kernel would remove the addresses.
    pub(super) async fn set_leased_mtu(&self, at: NetworkRef, link: LinkId<'_>, mtu: u16) {
        const LEAST_IPV6: u16 = 1280;
        let untagged = self.interface.links.get(at.link).is_some_and(|link| link.vlan.is_none());
        let links = self.interface.links.iter().enumerate().filter(|(number, _)| untagged || *number == at.link);
        let planned = links.flat_map(|(_, link)| &link.networks).any(Network::is_ipv6);
        let has_ipv6 = |state: &State| state.addresses.iter().any(|address| address.is_global_ipv6_of(link.index));
        if mtu < LEAST_IPV6 && (planned || self.watcher.read(has_ipv6)) {
            log::warn!("{}: an MTU of {mtu} is not used: the link has IPv6, which needs {LEAST_IPV6}", link.name);
            return;
        }
        self.set_mtu(link, mtu).await;
    }

    /// Makes a VLAN and brings it up.
    async fn add_vlan(&self, nic: LinkId<'_>, number: usize, name: &str, id: u16) -> Result<u32, NetFailure> {
        log::debug!("{name}: VLAN {id} on {}", nic.name);
        requests::add_vlan(&self.watcher.handle, name, nic.index, id).await?;
        let named = |state: &State| state.links.values().find(|known| known.name == name).map(|known| known.index);
        let index = self.watcher.wait_for(named).await.ok_or_else(ended)?;
        self.set_sysctls(number, name);
        self.bring_up(index).await?;
        Ok(index)
    }

    /// Sets the sysctls of a link of the plan.
    fn set_sysctls(&self, number: usize, name: &str) {
        let Some(link) = self.interface.links.get(number) else { return };
        sysctl::set_rp_filter(&self.root, name);
        let index =
            self.watcher.read(|state| state.links.values().find(|known| known.name == name).map(|known| known.index));
        let is_managed = index.is_some_and(|index| link_manager(&self.root, index).is_some());
        // The network manager of the running system reads advertisements itself, and keeps the kernel from it.
        if !(self.maintains && is_managed) {
            sysctl::set_advertised(&self.root, name, &self.interface, link, self.maintains);
        }
        if self.shared_links.get(number) == Some(&true) {
            arp::answer_for_own_addresses(&self.root, name);
        }
    }
}

#[cfg(test)]
mod tests;
