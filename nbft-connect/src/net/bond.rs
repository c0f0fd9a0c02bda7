//! Makes the planned bond of several NICs. If the kernel cannot make it, one of the NICs is used alone.

use super::error::NetFailure;
use super::event::{Timings, Waiting};
use super::nic_setup::Ended;
use super::state::{Address, Link, State};
use super::target::LinkId;
use super::watcher::ended;
use super::worker::{RETRY, Worker};
use super::{nic, requests};
use crate::nvme::sysfs::controllers;
use futures_util::FutureExt;
use futures_util::future::FusedFuture;
use libnbft::plan::{Bond, BondPort, Interface};
use rtnetlink::packet_route::link::InfoKind;
use std::path::Path;
use std::pin::pin;
use std::sync::PoisonError;
use std::time::Instant;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// The result of making a NIC a port.
type Tried = Result<(), NetFailure>;

/// The link that has the addresses of a planned interface or of its VLANs: a NIC, a bond, or one port if there is no bond.
pub(super) fn find(state: &State, root: &Path, interface: &Interface) -> Option<Link> {
    let Some(bond) = &interface.bond else { return nic::find(state, root, interface.mac, interface.pci) };
    bond_over(state, root, interface).cloned().or_else(|| {
        let ports: Vec<Link> = bond.ports.iter().filter_map(|port| port_of(state, root, port)).collect();
        ports.iter().find(|port| has_address(state, port, interface)).or(ports.first()).cloned()
    })
}

/// The bond, found by its name or, if another program has renamed it, by its ports.
fn bond_over<'s>(state: &'s State, root: &Path, interface: &Interface) -> Option<&'s Link> {
    let by_name = named(state, &interface.name).filter(|link| is_bond(link));
    let ports = interface.bond.iter().flat_map(|bond| &bond.ports).filter_map(|port| port_of(state, root, port));
    let mut masters = ports.filter_map(|port| state.links.get(&port.master?));
    masters.find(|master| is_bond(master)).or(by_name)
}

fn named<'s>(state: &'s State, name: &str) -> Option<&'s Link> {
    state.links.values().find(|link| link.name == name)
}

fn is_bond(link: &Link) -> bool {
    link.kind == Some(InfoKind::Bond)
}

fn port_of(state: &State, root: &Path, port: &BondPort) -> Option<Link> {
    nic::find(state, root, port.mac, port.pci)
}

/// Whether a link, or a VLAN on it, has an address of the interface.
fn has_address(state: &State, link: &Link, interface: &Interface) -> bool {
    let is_on = |index: u32| {
        let vlan = state.links.get(&index).and_then(|link| link.vlan);
        index == link.index || vlan.is_some_and(|(parent, _)| parent == link.index)
    };
    state.addresses.iter().any(|address| is_on(address.link) && is_planned(address, interface))
}

fn is_planned(address: &Address, interface: &Interface) -> bool {
    let mut networks = interface.links.iter().flat_map(|link| &link.networks);
    networks.any(|network| network.address == Some(address.ip))
}

impl Worker {
    /// Sets up the bond and what is on it as soon as one of its ports is there; other ports come when they appear.
    pub(super) async fn set_up_bond(&self, bond: &Bond) -> Result<Ended, NetFailure> {
        let mut timings = Timings::default();
        let started = Instant::now();
        self.note_without_bond(None);
        let any = |state: &State| (self.present(state, bond) > 0).then_some(());
        if self.watcher.read(any).is_none() {
            self.networks().for_each(|at| self.send_waiting(at, Waiting::Nic));
            log::info!("{}: waiting for one of its ports", self.interface.name);
            if self.watcher.wait_for(any).await.is_none() {
                return Ok(Ended::Done);
            }
        }
        timings.nic = started.elapsed();
        let reason = match self.make_bond(bond).await {
            Ok((Link { index, name, .. }, is_new)) => {
                let (tried, mut results) = unbounded_channel();
                let ports = bond.ports.iter().map(|port| self.keep_port(bond, index, port, tried.clone()));
                let mut ports = pin!(futures_util::future::join_all(ports).fuse());
                let first = tokio::select! {
                    first = self.first_port(bond, &mut results) => first,
                    _ = &mut ports => Ok(()),
                };
                match first {
                    Ok(()) => {
                        let ended = tokio::select! {
                            ended = self.set_up_link_of(index, &name, timings) => ended?,
                            never = async { (&mut ports).await; std::future::pending().await } => never,
                        };
                        if matches!(ended, Ended::Done) && !ports.is_terminated() {
                            // Do not wait for ports that are not there yet.
                            ports.await;
                        }
                        return Ok(ended);
                    }
                    Err(reason) => {
                        if is_new {
                            requests::remove_link(&self.watcher.handle, index).await;
                        }
                        reason
                    }
                }
            }
            Err(reason) => reason,
        };
        log::warn!("{}: {reason}; one of its ports is used alone", self.interface.name);
        self.note_without_bond(Some(reason));
        self.set_up_alone(bond, timings).await
    }

    fn note_without_bond(&self, reason: Option<NetFailure>) {
        *self.without_bond.lock().unwrap_or_else(PoisonError::into_inner) = reason;
    }

    /// Makes or finds the bond; returns whether it is new. A bond with ports keeps its settings.
    async fn make_bond(&self, bond: &Bond) -> Result<(Link, bool), NetFailure> {
        let (handle, name, mac) = (&self.watcher.handle, &self.interface.name, self.interface.mac);
        let refused = |error| NetFailure::BondRefused { bond: name.clone(), error };
        let known = |state: &State| bond_over(state, &self.root, &self.interface).cloned();
        if let Some(known) = self.watcher.read(known).filter(|known| self.has_ports(known.index)) {
            return Ok((known, false));
        }
        let is_new = requests::add_bond(handle, name, mac, &bond.settings).await.map_err(refused)?;
        let link = self.watcher.wait_for(|state| named(state, name).cloned()).await.ok_or_else(ended)?;
        if is_new {
            return Ok((link, true));
        }
        if !is_bond(&link) {
            return Err(NetFailure::BondNameTaken(name.clone()));
        }
        // The kernel's module makes a bond0 of its own when it is loaded.
        if !self.has_ports(link.index) {
            if let Err(error) = requests::set_bond(handle, name, mac, &bond.settings).await {
                log::warn!("{name}: it keeps its settings: {error}");
            }
        }
        Ok((link, false))
    }

    /// How many of the ports are there.
    fn present(&self, state: &State, bond: &Bond) -> usize {
        bond.ports.iter().filter(|port| port_of(state, &self.root, port).is_some()).count()
    }

    /// Waits for the first port.
    ///
    /// # Errors
    ///
    /// When no NIC that is present can become a port.
    async fn first_port(&self, bond: &Bond, results: &mut UnboundedReceiver<Tried>) -> Tried {
        let mut failed = 0;
        while let Some(result) = results.recv().await {
            let Err(reason) = result else { return Ok(()) };
            failed += 1;
            if failed >= self.watcher.read(|state| self.present(state, bond)) {
                return Err(reason);
            }
        }
        std::future::pending().await
    }

    /// Makes a NIC a port of the bond each time that it appears. Ends when it is a port; in the resident service it never ends.
    async fn keep_port(&self, bond: &Bond, index: u32, port: &BondPort, tried: UnboundedSender<Tried>) {
        let mut last = None;
        loop {
            let appeared =
                |state: &State| port_of(state, &self.root, port).filter(|link| Some(link.generation) != last);
            let Some(nic) = self.watcher.wait_for(appeared).await else { return std::future::pending().await };
            last = Some(nic.generation);
            let result = self.add_port(index, port, &nic).await;
            let is_port = result.is_ok();
            match &result {
                Ok(()) => log::info!("{}: port of {} ({})", port.name, self.interface.name, bond.settings),
                Err(reason) => log::warn!("{reason}"),
            }
            let _ = tried.send(result);
            if is_port && !self.maintains {
                return;
            }
        }
    }

    async fn add_port(&self, bond: u32, port: &BondPort, nic: &Link) -> Tried {
        let (handle, index) = (&self.watcher.handle, nic.index);
        self.wait_for_udev(index).await;
        let name = self.rename(index, &port.name).await;
        let is_port = |state: &State| (state.links.get(&index)?.master == Some(bond)).then_some(());
        if self.watcher.read(is_port).is_some() {
            return Ok(());
        }
        self.refuse_port(LinkId { index, name: &name })?;
        let bond_name = || self.interface.name.clone();
        if controllers(&self.root).iter().any(|controller| controller.host_iface == name) {
            return Err(NetFailure::BondPortInUse { bond: bond_name(), port: name });
        }
        // An address from a run without the bond would answer beside the bond's.
        let own = |address: &&Address| address.link == index && is_planned(address, &self.interface);
        let addresses: Vec<Address> =
            self.watcher.read(|state| Some(state.addresses.iter().filter(own).cloned().collect())).unwrap_or_default();
        for address in addresses {
            let _ = requests::remove_address(handle, index, address.ip, address.prefix, 0).await;
        }
        let refused = |error| NetFailure::BondPortRefused { bond: bond_name(), port: name, error };
        requests::add_port(handle, bond, index).await.map_err(refused)?;
        let _ = tokio::time::timeout(RETRY, self.watcher.wait_for(is_port)).await;
        Ok(())
    }

    /// Sets everything up on one port: the one that has an address already, else the first with a carrier.
    async fn set_up_alone(&self, bond: &Bond, timings: Timings) -> Result<Ended, NetFailure> {
        let ports = |state: &State| -> Vec<Link> {
            bond.ports.iter().filter_map(|port| port_of(state, &self.root, port)).collect()
        };
        for port in &bond.ports {
            let Some(nic) = self.watcher.read(|state| port_of(state, &self.root, port)) else { continue };
            self.wait_for_udev(nic.index).await;
            self.rename(nic.index, &port.name).await;
            if let Err(error) = self.bring_up(nic.index).await {
                log::warn!("{}: {error}", port.name);
            }
        }
        let chosen = |state: &State| {
            let ports = ports(state);
            let first = ports.iter().find(|port| has_address(state, port, &self.interface));
            first.or_else(|| ports.iter().find(|port| port.carrier)).cloned()
        };
        if self.watcher.read(chosen).is_none() {
            self.networks().for_each(|at| self.send_waiting(at, Waiting::Carrier));
        }
        let Some(nic) = self.watcher.wait_for(chosen).await else { return Ok(Ended::Done) };
        self.set_up_link_of(nic.index, &nic.name, timings).await
    }

    fn has_ports(&self, bond: u32) -> bool {
        self.watcher.read(|state| state.links.values().any(|link| link.master == Some(bond)))
    }

    /// The names of the ports that the bond has now.
    pub(super) fn port_names(&self) -> Vec<String> {
        let names = |state: &State| {
            let index = bond_over(state, &self.root, &self.interface)?.index;
            let ports = state.links.values().filter(|link| link.master == Some(index));
            Some(ports.map(|port| port.name.clone()).collect())
        };
        self.watcher.read(names).unwrap_or_default()
    }
}
