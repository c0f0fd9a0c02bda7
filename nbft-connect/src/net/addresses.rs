//! The addresses of a link: static, granted or advertised, until each can be used.

use super::book::Placed;
use super::dhcp6_stateless::LONGEST_PAUSE;
use super::lease::Lease;
use super::state::{Address, State};
use super::worker::{MAINTAIN_RETRY, RETRY, Up, Worker, gone};
use super::{NetEvent, NetFailure, Timings, Waiting, dhcp, dhcp4, dhcp6, requests};
use libnbft::plan::{Link as PlanLink, Method, Network, NetworkRef};
use std::net::{IpAddr, Ipv6Addr};
use std::time::Instant;

/// Whether DHCPv6 is asked by this network for what goes beside an advertised address: one of a link is enough, and where one
/// has a lease it has been told all with that.
fn asks_beside(link: &PlanLink, network: usize) -> bool {
    let first = link.networks.iter().position(|network| network.method == Method::Slaac);
    first == Some(network) && !link.networks.iter().any(|network| network.method == Method::Dhcp6)
}

impl Worker {
    /// All networks of a link that is up.
    pub(super) async fn link(&self, link_number: usize, link: &PlanLink, index: u32, name: &str, mut timings: Timings) {
        let started = Instant::now();
        if !self.watcher.look(|state| state.links.get(&index).is_some_and(|link| link.carrier)) {
            for network in 0..link.networks.len() {
                self.tell(NetEvent::Waiting { at: self.at(link_number, network), for_what: Waiting::Carrier });
            }
            let carrier = |state: &State| state.links.get(&index)?.carrier.then_some(());
            if self.watcher.wait_for(carrier).await.is_none() {
                return;
            }
        }
        timings.carrier = started.elapsed();
        // At once: one address's duplicate address detection must not delay the others.
        let networks = (0..link.networks.len())
            .map(|number| self.bring_up_network(link, self.at(link_number, number), (index, name), timings));
        futures_util::future::join_all(networks).await;
    }

    /// Goes on until the network is ready, or, when it is to stay, for ever: who started it ends it when the link is gone.
    async fn bring_up_network(&self, link: &PlanLink, at: NetworkRef, (index, name): (u32, &str), timings: Timings) {
        let Some(network) = link.networks.get(at.network) else { return };
        let started = Instant::now();
        let mut pause;
        loop {
            let last = self.book.lease(at);
            match self.network(at, network, (index, name), last.as_ref()).await {
                Ok((address, lease)) => {
                    let timings = Timings { address: started.elapsed(), ..timings };
                    let up = Up { name, index, address, lease, timings };
                    self.tell(up.ready(at));
                    let asks = up.lease.is_none() && asks_beside(link, at.network);
                    if !self.is_maintaining() {
                        if asks {
                            if let Err(error) = self.inform(at, network, (index, name), LONGEST_PAUSE).await {
                                log::debug!("{name}: {error}");
                            }
                        }
                        return;
                    }
                    tokio::select! {
                        () = self.keep(at, network, up) => {}
                        never = self.maintain_information(at, network, (index, name)), if asks => match never {},
                    }
                    continue;
                }
                Err(reason) => {
                    // A server may come later; a static address that was refused once is refused again, at least for a while.
                    pause = match (network.method, &reason) {
                        (Method::Static, NetFailure::AddressGone(_)) => RETRY,
                        (Method::Static, _) => MAINTAIN_RETRY,
                        _ => RETRY,
                    };
                    let ends = pause == MAINTAIN_RETRY && !self.maintains;
                    self.tell(NetEvent::Failed { at, reason });
                    if ends {
                        return;
                    }
                }
            }
            tokio::time::sleep(pause).await;
        }
    }

    async fn network(
        &self,
        at: NetworkRef,
        network: &Network,
        (index, name): (u32, &str),
        last: Option<&Lease>,
    ) -> Result<(IpAddr, Option<Box<Lease>>), NetFailure> {
        match network.method {
            Method::Dhcp4 | Method::Dhcp6 => {
                let lease = match self.held(at, index) {
                    Some(lease) => lease,
                    None => match self.of_manager(at, network, (index, name), last).await {
                        Some(up) => return Ok(up),
                        None => self.lease(at, network, (index, name), None).await?,
                    },
                };
                self.granted(at, network, (index, name), lease).await
            }
            Method::Slaac => match self.held(at, index) {
                Some(lease) => self.granted(at, network, (index, name), lease).await,
                None => self.advertised(at, network, (index, name)).await,
            },
            _ => match network.address {
                Some(ip) => {
                    self.set(at, network, ip, index, name).await?;
                    self.place(at, Placed { index, name: name.to_owned(), ip, network: network.clone(), lease: None });
                    Ok((ip, None))
                }
                None => Err(NetFailure::Unsupported("an HFI without an address")),
            },
        }
    }

    /// Sets what a server granted.
    pub(super) async fn granted(
        &self,
        at: NetworkRef,
        network: &Network,
        (index, name): (u32, &str),
        lease: Lease,
    ) -> Result<(IpAddr, Option<Box<Lease>>), NetFailure> {
        if let Some(mtu) = lease.mtu.filter(|_| self.mtu.is_none()) {
            self.set_granted_mtu(at, index, name, mtu).await;
        }
        let own = lease.over(network);
        let ip = self.set_granted(at, &own, lease.address, index, name).await?;
        self.place(at, Placed { index, name: name.to_owned(), ip, network: own, lease: Some(lease.clone()) });
        Ok((ip, Some(Box::new(lease))))
    }

    /// Sets an address that a server granted. One that cannot be used goes again: the server may grant another each time.
    pub(super) async fn set_granted(
        &self,
        at: NetworkRef,
        network: &Network,
        ip: IpAddr,
        index: u32,
        name: &str,
    ) -> Result<IpAddr, NetFailure> {
        let was_there = self.watcher.look(|state| state.address(index, ip).is_some());
        let set = self.set(at, network, ip, index, name).await;
        if set.is_err() && !was_there {
            let handle = &self.watcher.handle;
            if let Err(error) = requests::remove_address(handle, index, ip, network.prefix, network.route_table).await {
                log::debug!("{name}: {error}");
            }
        }
        set
    }

    /// The lease that is held already: its address is there.
    fn held(&self, at: NetworkRef, index: u32) -> Option<Lease> {
        let lease = self.book.lease(at)?;
        let there = self.watcher.look(|state| state.address(index, lease.address).is_some());
        (there && !self.book.is_former(index, lease.address)).then_some(lease)
    }

    /// Whether it goes on when all is set up.
    pub(super) const fn is_maintaining(&self) -> bool {
        self.maintains
    }

    /// The fixed addresses of the link that a network is on.
    pub(super) fn fixed(&self, at: NetworkRef) -> Vec<IpAddr> {
        let networks = self.interface.links.get(at.link).map(|link| link.networks.iter());
        let fixed = networks.into_iter().flatten().filter(|network| network.method == Method::Static);
        fixed.filter_map(|network| network.address).collect()
    }

    /// Sets an address that never expires, and its routes.
    pub(super) async fn set(
        &self,
        at: NetworkRef,
        network: &Network,
        ip: IpAddr,
        index: u32,
        name: &str,
    ) -> Result<IpAddr, NetFailure> {
        let handle = &self.watcher.handle;
        let same = |now: &Address| now.prefix == network.prefix && now.permanent && !now.duplicate;
        if !self.watcher.look(|state| state.address(index, ip).is_some_and(same)) {
            requests::add_address(handle, index, ip, network).await?;
            // The event that it is there may come after the answer.
            let there = |state: &State| state.address(index, ip).map(|_| ());
            let _ = tokio::time::timeout(RETRY, self.watcher.wait_for(there)).await;
        }
        self.address_is_usable(at, index, ip).await?;
        requests::add_routes(handle, (index, name), ip, network).await?;
        Ok(ip)
    }

    /// Asks for a lease, or, when it is held already, for its renewal.
    pub(super) async fn lease(
        &self,
        at: NetworkRef,
        network: &Network,
        (index, name): (u32, &str),
        held: Option<&Lease>,
    ) -> Result<Lease, NetFailure> {
        self.tell(NetEvent::Waiting { at, for_what: Waiting::Lease });
        let client = dhcp::Client { name, index, mac: self.interface.mac };
        let lease = if network.method == Method::Dhcp4 {
            dhcp4::lease(&client, network, held).await?
        } else {
            let link_local = self.link_local(index).await?;
            dhcp6::lease(&client, link_local, network, held).await?
        };
        let (lease, dropped) = lease.usable(network)?;
        // Said once, not again with each renewal.
        let level = if held.is_some() { log::Level::Debug } else { log::Level::Warn };
        for item in dropped {
            log::log!(level, "{name}: {item}");
        }
        Ok(lease)
    }

    /// The link's own address, once it can be used.
    pub(super) async fn link_local(&self, index: u32) -> Result<Ipv6Addr, NetFailure> {
        let own = |state: &State| {
            let mut of_link = state.addresses.iter().filter(|address| address.link == index && !address.tentative);
            of_link.find_map(|address| match address.ip {
                IpAddr::V6(ip) if ip.is_unicast_link_local() => Some(ip),
                _ => None,
            })
        };
        self.watcher.wait_for(own).await.ok_or_else(gone)
    }

    /// Waits until duplicate address detection has passed.
    pub(super) async fn address_is_usable(&self, at: NetworkRef, index: u32, ip: IpAddr) -> Result<(), NetFailure> {
        if ip.is_ipv4() {
            return Ok(());
        }
        let judge = |state: &State| {
            // It was there: somebody has removed it meanwhile.
            let Some(address) = state.address(index, ip) else { return Some(Err(NetFailure::AddressGone(ip))) };
            match (address.duplicate, address.tentative) {
                (true, _) => Some(Err(NetFailure::Duplicate(ip))),
                (false, false) => Some(Ok(())),
                (false, true) => None,
            }
        };
        if let Some(verdict) = self.watcher.look(judge) {
            return verdict;
        }
        self.tell(NetEvent::Waiting { at, for_what: Waiting::Address });
        self.watcher.wait_for(judge).await.unwrap_or(Ok(()))
    }
}
