//! Maintains a network in the resident service: renews leases, sets addresses again, reports a carrier that comes back.

use super::error::NetFailure;
use super::event::NetEvent;
use super::lease::{Lease, seconds_since_start};
use super::lease_manager::{lease_manager, link_manager};
use super::state::State;
use super::target::LinkNetwork;
use super::worker::{ReadyNetwork, Worker};
use std::net::IpAddr;
use std::time::Duration;
use tokio::time::Instant;

/// Pause after a renewal that failed: the lease still has half of its life.
const RETRY: Duration = Duration::from_secs(15);

/// The shortest time between two renewals of a lease.
const SHORTEST_INTERVAL: Duration = Duration::from_secs(5);

impl Worker {
    /// Maintains a network until its address is gone.
    pub(super) async fn maintain(&self, on: LinkNetwork<'_>, mut ready: ReadyNetwork<'_>) {
        let (name, index) = (on.link.name, on.link.index);
        let removed = async {
            // The address that the network has now: a renewal may bring another.
            let removed = |state: &State| {
                let address = self.applied.of(on.at)?.ip;
                state.address(index, address).is_none().then_some(())
            };
            if self.watcher.wait_for(removed).await.is_none() {
                // The watcher has ended.
                std::future::pending::<()>().await;
            }
        };
        let keeps = ready.lease.is_none() && self.follows_router(on);
        let moved = async {
            if self.watcher.wait_for(|state| self.moved(state, on)).await.is_none() {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = removed => {}
            () = moved => return,
            () = self.maintain_lease_and_carrier(on, &mut ready) => {}
            never = self.maintain_rules(on.at) => match never {},
            () = self.keep_until_replaced(on), if keeps => {
                log::info!("{name}: the router gives {} up and has brought another address", ready.address);
                return;
            }
        }
        let address = ready.address;
        if ready.port.is_some() || self.refuse_port(on.link).is_err() {
            log::warn!("{name}: {address} is gone");
            return;
        }
        match link_manager(&self.root, index).filter(|_| ready.lease.is_some()) {
            Some(manager) => log::info!("{name}: {address} is gone, and {manager} has the interface"),
            None => log::warn!("{name}: {address} is gone; it is set again"),
        }
    }

    /// Renews the lease each time that half of it is over, and reports when the carrier comes back: paths whose retries had long
    /// pauses are tried again at once. Never ends.
    async fn maintain_lease_and_carrier(&self, on: LinkNetwork<'_>, ready: &mut ReadyNetwork<'_>) {
        let index = on.link.index;
        // By the kernel's counter: the carrier may be back before the event of its loss is read.
        let carriers = |state: &State| Some(state.links.get(&index)?.carrier_ups);
        let mut known = self.watcher.read(carriers);
        let mut renewal = ready.lease.as_deref().map(renewal_time);
        loop {
            tokio::select! {
                Some(now) = self.watcher.wait_for(|state| carriers(state).filter(|now| Some(*now) != known)) => {
                    known = Some(now);
                    log::info!("{}: carrier is back", on.link.name);
                    // A link that was down has lost its routes.
                    self.set_routes_again(on.at).await;
                    self.send_ready(on.at, ready);
                }
                () = tokio::time::sleep_until(renewal.unwrap_or_else(Instant::now)), if renewal.is_some() => {
                    renewal = self.renew(on, ready).await;
                }
                else => std::future::pending().await,
            }
        }
    }

    /// Renews the lease unless a network manager has one for the same address. Returns the time of the next renewal.
    async fn renew(&self, on: LinkNetwork<'_>, ready: &mut ReadyNetwork<'_>) -> Option<Instant> {
        let name = on.link.name;
        // A copy: a cancelled renewal leaves the lease as it was.
        let mut lease = ready.lease.clone()?;
        let expires =
            self.watcher.read(|state| state.address(on.link.index, ready.address).is_some_and(|a| !a.permanent));
        if let Some(manager) = lease_manager(&self.root, on.link.index, ready.address, expires) {
            log::debug!("{name}: {manager} renews the lease");
            lease.granted_at = seconds_since_start();
        } else {
            match self.request_renewal(on, &lease, ready).await {
                Ok((address, new)) => (ready.address, *lease) = (address, new),
                Err(error) => {
                    log::warn!("{name}: the lease of {} is not renewed: {error}", lease.address);
                    return Some(Instant::now() + RETRY);
                }
            }
        }
        let next = renewal_time(&lease);
        ready.lease = Some(lease);
        Some(next)
    }

    /// Requests the present address again.
    async fn request_renewal(
        &self,
        on: LinkNetwork<'_>,
        old: &Lease,
        ready: &ReadyNetwork<'_>,
    ) -> Result<(IpAddr, Lease), NetFailure> {
        let mut request = on.network.clone();
        (request.address, request.dhcp_server) = (Some(old.address), Some(old.server));
        // A DHCPv6 lease has no prefix length; the table's is used.
        if old.address.is_ipv4() {
            request.prefix = old.prefix;
        }
        let lease = self.request_lease(on.with(&request), Some(old)).await?;
        log::info!("{}: lease of {} renewed for {} s", on.link.name, lease.address, lease.seconds);
        let leased = lease.over(on.network);
        let on = on.with(&leased);
        if lease.address == old.address {
            self.record_on(on, ready.address, Some(lease.clone()));
            self.send(NetEvent::Renewed { at: on.at, lease: Box::new(lease.clone()) });
            return Ok((ready.address, lease));
        }
        // The old address stays as long as connections use it.
        let address = self.set_leased_address(on, lease.address).await?;
        self.record_on(on, address, Some(lease.clone()));
        self.send_ready(on.at, &ReadyNetwork { address, lease: Some(Box::new(lease.clone())), ..ready.clone() });
        Ok((address, lease))
    }
}

fn renewal_time(lease: &Lease) -> Instant {
    Instant::now() + lease.renew_in().max(SHORTEST_INTERVAL)
}
