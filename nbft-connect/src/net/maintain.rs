//! What keeps a network alive in the running system: leases renewed, addresses set again, a carrier that comes back told.

use super::book::Placed;
use super::lease::Lease;
use super::lease_manager::lease_manager;
use super::state::State;
use super::worker::{Up, Worker};
use super::{NetEvent, NetFailure};
use crate::net::lease::seconds_since_start;
use libnbft::plan::{Network, NetworkRef};
use std::net::IpAddr;
use std::time::Duration;
use tokio::time::Instant;

/// Pause after a renewal that failed: a lease has half its life left then.
const RETRY: Duration = Duration::from_secs(15);

/// No lease is renewed more often than this.
const LEAST: Duration = Duration::from_secs(5);

impl Worker {
    /// Goes on until the address is gone.
    pub(super) async fn keep(&self, at: NetworkRef, network: &Network, mut up: Up<'_>) {
        let (name, index) = (up.name, up.index);
        let gone = async {
            // The one that the network has now: a renewal may bring another.
            let gone = |state: &State| {
                let address = self.book.placed(at)?.ip;
                state.address(index, address).is_none().then_some(())
            };
            if self.watcher.wait_for(gone).await.is_none() {
                // Nobody listens any more.
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = gone => {}
            () = self.tend(at, network, &mut up) => {}
            never = self.keep_rules(at) => match never {},
        }
        let address = up.address;
        match lease_manager(&self.root, index).filter(|_| up.lease.is_some()) {
            Some(who) => log::info!("{name}: {address} is gone, and {who} has the interface"),
            None => log::warn!("{name}: {address} is gone; it is set again"),
        }
    }

    /// Renews the lease each time when half of it is over, and tells when the carrier comes back: paths that were given up for
    /// a while are worth a try at once. Never ends.
    async fn tend(&self, at: NetworkRef, network: &Network, up: &mut Up<'_>) {
        let index = up.index;
        // Counted, for a cut may be over before anybody looks.
        let carriers = |state: &State| Some(state.links.get(&index)?.carrier_ups);
        let mut known = self.watcher.look(carriers);
        let mut renewal = up.lease.as_deref().map(renewal_of);
        loop {
            tokio::select! {
                Some(now) = self.watcher.wait_for(|state| carriers(state).filter(|now| Some(*now) != known)) => {
                    known = Some(now);
                    log::info!("{}: carrier is back", up.name);
                    // A link that was down has lost its routes.
                    self.set_routes_again(at).await;
                    self.tell(up.ready(at));
                }
                () = tokio::time::sleep_until(renewal.unwrap_or_else(Instant::now)), if renewal.is_some() => {
                    renewal = self.renew(at, network, up).await;
                }
                else => std::future::pending().await,
            }
        }
    }

    /// Renews the lease unless a network manager does, and says when to do it next.
    async fn renew(&self, at: NetworkRef, network: &Network, up: &mut Up<'_>) -> Option<Instant> {
        // Cancelled, it leaves what is known.
        let mut lease = up.lease.clone()?;
        if let Some(who) = lease_manager(&self.root, up.index) {
            log::debug!("{}: {who} renews the lease", up.name);
            lease.granted_at = seconds_since_start();
        } else {
            match self.ask_again(at, network, &lease, up).await {
                Ok((address, new)) => (up.address, *lease) = (address, new),
                Err(error) => {
                    log::warn!("{}: the lease of {} is not renewed: {error}", up.name, lease.address);
                    return Some(Instant::now() + RETRY);
                }
            }
        }
        let next = renewal_of(&lease);
        up.lease = Some(lease);
        Some(next)
    }

    /// Asks for the address that is there to be renewed.
    async fn ask_again(
        &self,
        at: NetworkRef,
        network: &Network,
        old: &Lease,
        up: &Up<'_>,
    ) -> Result<(IpAddr, Lease), NetFailure> {
        let mut asking = network.clone();
        (asking.address, asking.dhcp_server) = (Some(old.address), Some(old.server));
        // A DHCPv6 lease knows nothing of its subnet; the table does.
        if old.address.is_ipv4() {
            asking.prefix = old.prefix;
        }
        let lease = self.lease(at, &asking, (up.index, up.name), Some(old)).await?;
        log::info!("{}: lease of {} renewed for {} s", up.name, lease.address, lease.seconds);
        let own = lease.over(network);
        let placed = |ip| Placed {
            index: up.index,
            name: up.name.to_owned(),
            ip,
            network: own.clone(),
            lease: Some(lease.clone()),
        };
        if lease.address == old.address {
            self.place(at, placed(up.address));
            self.tell(NetEvent::Renewed { at, lease: Box::new(lease.clone()) });
            return Ok((up.address, lease));
        }
        // The old address stays as long as connections use it.
        let address = self.set_granted(at, &own, lease.address, up.index, up.name).await?;
        self.place(at, placed(address));
        self.tell(Up { address, lease: Some(Box::new(lease.clone())), ..up.clone() }.ready(at));
        Ok((address, lease))
    }
}

fn renewal_of(lease: &Lease) -> Instant {
    Instant::now() + lease.renew_in().max(LEAST)
}
