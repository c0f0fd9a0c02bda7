//! What keeps a network alive in the running system: leases renewed, addresses set again, a carrier that comes back told.

use super::lease::Lease;
use super::renewer::renewer;
use super::state::State;
use super::worker::{Up, Worker};
use super::{NetError, NetEvent};
use crate::net::lease::seconds_since_start;
use libnbft::plan::{Network, NetworkRef};
use std::time::Duration;

/// Pause after a renewal that failed: a lease has half its life left then.
const RETRY: Duration = Duration::from_secs(10);

/// No lease is renewed more often than this.
const LEAST: Duration = Duration::from_secs(5);

impl Worker {
    /// Goes on until the address or its link is gone.
    pub(super) async fn keep(&self, at: NetworkRef, network: &Network, up: Up<'_>) {
        let address = up.address;
        let gone = async {
            let gone = |state: &State| state.address(up.index, address).is_none().then_some(());
            if self.watcher.wait_for(gone).await.is_none() {
                // Nobody listens any more.
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = gone => {}
            () = self.renew(at, network, &up) => {}
            () = self.carriers(at, &up) => {}
        }
        log::warn!("{}: {address} is gone; it is set again", up.name);
    }

    /// Tells each time when the carrier comes back: paths that were given up for a while are worth a try at once.
    async fn carriers(&self, at: NetworkRef, up: &Up<'_>) {
        let count = |state: &State| Some(state.links.get(&up.index)?.carrier_ups);
        let mut known = self.watcher.look(count);
        // Counted, for a cut may be over before anybody looks.
        let back = |known| self.watcher.wait_for(move |state| count(state).filter(|now| Some(*now) != known));
        while let Some(now) = back(known).await {
            known = Some(now);
            log::info!("{}: carrier is back", up.name);
            self.tell(up.ready(at));
        }
        std::future::pending().await
    }

    /// Renews the lease each time when half of it is over, unless a network manager does.
    async fn renew(&self, at: NetworkRef, network: &Network, up: &Up<'_>) {
        let Some(mut lease) = up.lease.clone() else { return std::future::pending().await };
        loop {
            tokio::time::sleep(lease.renew_in().max(LEAST)).await;
            if let Some(who) = renewer(&self.root, up.index) {
                log::debug!("{}: {who} renews the lease", up.name);
                lease.granted_at = seconds_since_start();
                continue;
            }
            match self.renewed(at, network, &lease, up).await {
                Ok(new) => *lease = new,
                Err(error) => {
                    log::warn!("{}: the lease of {} is not renewed: {error}", up.name, lease.address);
                    tokio::time::sleep(RETRY).await;
                }
            }
        }
    }

    /// Asks for the address that is there: as after a reboot, so that any server may answer.
    async fn renewed(&self, at: NetworkRef, network: &Network, old: &Lease, up: &Up<'_>) -> Result<Lease, NetError> {
        let mut asking = network.clone();
        (asking.address, asking.prefix, asking.dhcp_server) = (Some(old.address), old.prefix, Some(old.server));
        let lease = self.lease(at, &asking, up.index, up.name).await?;
        log::info!("{}: lease of {} renewed for {} s", up.name, lease.address, lease.seconds);
        if lease.address == old.address {
            self.tell(NetEvent::Renewed { at, lease: Box::new(lease.clone()) });
        } else {
            // The old address stays as long as connections may use it.
            let address = self.set(at, &lease.over(network), lease.address, up.index, up.name).await?;
            self.tell(Up { address, lease: Some(Box::new(lease.clone())), ..up.clone() }.ready(at));
        }
        Ok(lease)
    }
}
