//! Sets the addresses of a link, static, leased or from a router, and waits until each can be used.

use super::applied::AppliedNetwork;
use super::dhcp6_stateless::LONGEST_PAUSE;
use super::error::NetFailure;
use super::event::{NetEvent, Timings, Waiting};
use super::lease::Lease;
use super::lease_manager::lease_manager;
use super::state::{Address, State};
use super::target::{LinkId, LinkNetwork};
use super::watcher::ended;
use super::worker::{MAINTAIN_RETRY, RETRY, ReadyNetwork, Worker};
use super::{dhcp, dhcp4, dhcp6, ipv6, requests};
use crate::jitter;
use libnbft::plan::{Link as PlanLink, Method, NetworkRef};
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

/// The first pause before nbft sets an address again that another host had, and the longest pause during a boot.
const FIRST_DUPLICATE_PAUSE: Duration = RETRY;
const LONGEST_BOOT_PAUSE: Duration = Duration::from_secs(5);

/// An address, and the lease that it is from.
pub(super) type Configured = (IpAddr, Option<Box<Lease>>);

/// Whether this network requests DHCPv6 information beside an advertised address. One request for each link is enough, and a DHCPv6 lease
/// includes the information.
fn asks_for_information(link: &PlanLink, network: usize) -> bool {
    let first = link.networks.iter().position(|network| network.method == Method::Slaac);
    first == Some(network) && !link.networks.iter().any(|network| network.method == Method::Dhcp6)
}

impl Worker {
    /// Sets up all networks of a link that is up.
    pub(super) async fn set_up_networks(
        &self,
        link_number: usize,
        link: &PlanLink,
        on: LinkId<'_>,
        mut timings: Timings,
    ) {
        let started = Instant::now();
        if !self.watcher.read(|state| state.links.get(&on.index).is_some_and(|link| link.carrier)) {
            for network in 0..link.networks.len() {
                self.send_waiting(self.at(link_number, network), Waiting::Carrier);
            }
            let carrier = |state: &State| state.links.get(&on.index)?.carrier.then_some(());
            if self.watcher.wait_for(carrier).await.is_none() {
                return;
            }
        }
        timings.carrier = started.elapsed();
        // All at once: one address's duplicate address detection must not delay the others.
        let networks = link.networks.iter().enumerate().map(|(number, network)| {
            let on = LinkNetwork { at: self.at(link_number, number), network, link: on };
            self.set_up_network(on, asks_for_information(link, number), timings)
        });
        futures_util::future::join_all(networks).await;
    }

    /// Tries until the network is ready; the resident service then maintains it. The caller cancels it when the link is gone.
    async fn set_up_network(&self, on: LinkNetwork<'_>, asks_for_information: bool, timings: Timings) {
        let started = Instant::now();
        let mut duplicates = 0;
        loop {
            if self.refuse_port(on.link).is_err() {
                let timings = Timings { address: started.elapsed(), ..timings };
                if self.follow_master(on, timings).await {
                    return;
                }
                continue;
            }
            let pause = match self.configure(on).await {
                Ok((address, lease)) => {
                    let timings = Timings { address: started.elapsed(), ..timings };
                    let ready = ReadyNetwork { link: on.link, address, lease, timings, port: None };
                    self.send_ready(on.at, &ready);
                    duplicates = 0;
                    let asks = ready.lease.is_none() && asks_for_information;
                    if !self.maintains {
                        if asks {
                            if let Err(error) = self.request_information(on, LONGEST_PAUSE).await {
                                log::debug!("{}: {error}", on.link.name);
                            }
                        }
                        return;
                    }
                    tokio::select! {
                        () = self.maintain(on, ready) => {}
                        never = self.watch_subnet(on.link) => match never {},
                        never = self.maintain_information(on), if asks => match never {},
                    }
                    continue;
                }
                Err(reason) => {
                    let reason = self.name_owner(on, reason).await;
                    let pause = match (on.network.method, &reason) {
                        (Method::Static, NetFailure::Duplicate { .. }) => {
                            duplicates += 1;
                            Some(pause_after_duplicate(duplicates, self.maintains))
                        }
                        (Method::Static, NetFailure::AddressGone(_) | NetFailure::HasMaster { .. }) => Some(RETRY),
                        // The kernel will refuse the same request again for a while.
                        (Method::Static, _) => self.maintains.then_some(MAINTAIN_RETRY),
                        // A server may answer later.
                        _ => Some(RETRY),
                    };
                    self.send(NetEvent::Failed { at: on.at, reason });
                    let Some(pause) = pause else { return };
                    pause
                }
            };
            tokio::time::sleep(pause).await;
        }
    }

    /// Sets the network's address and routes.
    async fn configure(&self, on: LinkNetwork<'_>) -> Result<Configured, NetFailure> {
        if on.network.is_ipv6() {
            ipv6::switch_on(&self.root, on.link.name)?;
        }
        match on.network.method {
            Method::Dhcp4 | Method::Dhcp6 => {
                let lease = match self.present_lease(on) {
                    Some(lease) => lease,
                    None => match self.address_of_manager(on).await {
                        Some(configured) => return Ok(configured),
                        None => self.request_lease(on, None).await?,
                    },
                };
                self.apply_lease(on, lease).await
            }
            Method::Slaac => match self.present_lease(on) {
                Some(lease) => self.apply_lease(on, lease).await,
                None => self.address_from_router(on).await,
            },
            _ => match on.network.address {
                Some(_) if self.successor(on).is_some() => Ok((self.autoconfigured(on).await, None)),
                Some(ip) => {
                    self.set_address(on, ip).await?;
                    self.record_on(on, ip, None);
                    Ok((ip, None))
                }
                None => Err(NetFailure::Unsupported("an HFI without an address")),
            },
        }
    }

    /// Records what a network has on its link now.
    pub(super) fn record_on(&self, on: LinkNetwork<'_>, ip: IpAddr, lease: Option<Lease>) {
        self.check_subnet(on.link);
        let (index, name) = (on.link.index, on.link.name.to_owned());
        self.record(on.at, AppliedNetwork { index, name, ip, network: on.network.clone(), lease });
    }

    /// Applies a lease: sets its MTU, address and routes.
    pub(super) async fn apply_lease(&self, on: LinkNetwork<'_>, lease: Lease) -> Result<Configured, NetFailure> {
        if let Some(mtu) = lease.mtu.filter(|_| self.mtu.is_none()) {
            self.set_leased_mtu(on.at, on.link, mtu).await;
        }
        let leased = lease.over(on.network);
        let on = on.with(&leased);
        let ip = self.set_leased_address(on, lease.address).await?;
        self.record_on(on, ip, Some(lease.clone()));
        Ok((ip, Some(Box::new(lease))))
    }

    /// Sets an address that a server granted. An address that cannot be used is removed: the next lease may have another.
    pub(super) async fn set_leased_address(&self, on: LinkNetwork<'_>, ip: IpAddr) -> Result<IpAddr, NetFailure> {
        let index = on.link.index;
        let existed = self.watcher.read(|state| state.address(index, ip).is_some());
        let set = self.set_address(on, ip).await;
        if set.is_err() && !existed {
            let (handle, network) = (&self.watcher.handle, on.network);
            if let Err(error) = requests::remove_address(handle, index, ip, network.prefix, network.route_table).await {
                log::debug!("{}: {error}", on.link.name);
            }
        }
        set
    }

    /// The last lease, if its address is still set.
    fn present_lease(&self, on: LinkNetwork<'_>) -> Option<Lease> {
        let lease = self.applied.lease(on.at)?;
        let index = on.link.index;
        let exists = self.watcher.read(|state| state.address(index, lease.address).is_some());
        (exists && !self.applied.is_former(index, lease.address)).then_some(lease)
    }

    /// Whether an address stays as it is: it never expires, or a network manager has it as its lease and renews it.
    fn stays(&self, on: LinkNetwork<'_>, now: &Address) -> bool {
        let leased = matches!(on.network.method, Method::Dhcp4 | Method::Dhcp6);
        now.permanent || leased && lease_manager(&self.root, on.link.index, now.ip, true).is_some()
    }

    /// Sets an address, and its routes. The address never expires, unless a network manager renews it.
    async fn set_address(&self, on: LinkNetwork<'_>, ip: IpAddr) -> Result<IpAddr, NetFailure> {
        self.refuse_port(on.link)?;
        let (handle, index, network) = (&self.watcher.handle, on.link.index, on.network);
        if self.watcher.read(|state| state.address(index, ip).is_some_and(|now| now.duplicate)) {
            // The kernel repeats duplicate address detection only for a new address.
            requests::remove_address(handle, index, ip, network.prefix, network.route_table).await?;
            let gone = |state: &State| state.address(index, ip).is_none().then_some(());
            let _ = tokio::time::timeout(RETRY, self.watcher.wait_for(gone)).await;
        }
        let now = self.watcher.read(|state| state.address(index, ip).cloned());
        if !now.is_some_and(|now| now.prefix == network.prefix && self.stays(on, &now)) {
            requests::add_address(handle, index, ip, network).await?;
            // The kernel may send the event of the address after its answer.
            let exists = |state: &State| state.address(index, ip).map(|_| ());
            let _ = tokio::time::timeout(RETRY, self.watcher.wait_for(exists)).await;
        }
        self.wait_until_usable(on.at, index, ip).await?;
        requests::add_routes(handle, on.link, ip, network).await?;
        Ok(ip)
    }

    /// Asks for a lease, or for the renewal of `held`.
    pub(super) async fn request_lease(&self, on: LinkNetwork<'_>, held: Option<&Lease>) -> Result<Lease, NetFailure> {
        self.send_waiting(on.at, Waiting::Lease);
        let (index, name, network) = (on.link.index, on.link.name, on.network);
        let client = dhcp::Client { name, index, mac: self.interface.mac, options: &self.client };
        let lease = if network.method == Method::Dhcp4 {
            dhcp4::lease(&client, network, held).await?
        } else {
            let link_local = self.link_local(index).await?;
            dhcp6::lease(&client, link_local, network, held).await?
        };
        let (lease, dropped) = lease.usable(network)?;
        // Each renewal drops the same items: one warning is enough.
        let level = if held.is_some() { log::Level::Debug } else { log::Level::Warn };
        for item in dropped {
            log::log!(level, "{name}: {item}");
        }
        Ok(lease)
    }

    /// Waits for the link's own link-local address.
    pub(super) async fn link_local(&self, index: u32) -> Result<Ipv6Addr, NetFailure> {
        self.watcher.wait_for(|state| link_local_of(&state.addresses, index)).await.ok_or_else(ended)
    }

    /// Waits until duplicate address detection has passed.
    pub(super) async fn wait_until_usable(&self, at: NetworkRef, index: u32, ip: IpAddr) -> Result<(), NetFailure> {
        if ip.is_ipv4() {
            return Ok(());
        }
        let judge = |state: &State| {
            // The address existed, so another program has removed it.
            let Some(address) = state.address(index, ip) else { return Some(Err(NetFailure::AddressGone(ip))) };
            match (address.duplicate, address.tentative) {
                (true, _) => Some(Err(NetFailure::Duplicate { address: ip, mac: None })),
                (false, false) => Some(Ok(())),
                (false, true) => None,
            }
        };
        if let Some(verdict) = self.watcher.read(judge) {
            return verdict;
        }
        self.send_waiting(at, Waiting::Address);
        self.watcher.wait_for(judge).await.unwrap_or(Ok(()))
    }
}

/// How long to wait before setting an address again that another host had `times` times. The other host may be this machine's own firmware
/// or its earlier boot, so the first pause is short. Jitter separates machines that fight for one address.
fn pause_after_duplicate(times: u32, maintains: bool) -> Duration {
    let longest = if maintains { MAINTAIN_RETRY } else { LONGEST_BOOT_PAUSE };
    let pause = FIRST_DUPLICATE_PAUSE.saturating_mul(1 << times.saturating_sub(1).min(8)).min(longest);
    jitter::scaled(pause, 0.75, 1.25)
}

/// The link-local address of a link, once it can be used.
pub(super) fn link_local_of(addresses: &[Address], link: u32) -> Option<Ipv6Addr> {
    let mut of_link = addresses.iter().filter(|address| address.link == link && !address.tentative);
    of_link.find_map(|address| match address.ip {
        IpAddr::V6(ip) if ip.is_unicast_link_local() => Some(ip),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_their_bound_and_differ() {
        let pauses = |times, maintains| -> Vec<u128> {
            (0..100).map(|_| pause_after_duplicate(times, maintains).as_millis()).collect()
        };
        for (times, maintains, middle) in
            [(1, false, 1000), (2, false, 2000), (9, false, 5000), (u32::MAX, false, 5000), (9, true, 30_000)]
        {
            let pauses = pauses(times, maintains);
            assert!(pauses.iter().all(|pause| (middle * 3 / 4..=middle * 5 / 4).contains(pause)), "{pauses:?}");
            assert!(pauses.iter().any(|pause| *pause != pauses[0]), "{pauses:?}");
        }
    }
}
