//! Keeps an address from a router advertisement for as long as the root file system depends on it.
//!
//! Like a leased address, it never expires, even if the router is gone for a day. Only if the router gives its prefix up and advertises
//! another, the network moves to that one; the old address stays until nothing uses it.

use super::requests;
use super::state::{Address, State};
use super::sysctl::{is_autoconfigured, keep_addresses};
use super::target::LinkNetwork;
use super::worker::{RETRY, Worker};
use libnbft::address::check_host;
use libnbft::plan::Method;

/// What to do with an advertised address.
enum Need {
    /// An advertisement has limited its life.
    Keep(Address),
    /// The router gives it up and advertises another.
    Replace,
}

impl Worker {
    /// Whether the address of a network is one that routers bring, and may replace.
    pub(super) fn follows_router(&self, on: LinkNetwork<'_>) -> bool {
        on.network.method == Method::Slaac || is_autoconfigured(on.network, self.interface.mac)
    }

    /// The advertised address for a network: firmware's if it is advertised again, else any. One that the router gives up is used only if
    /// there is no other.
    pub(super) fn router_address(&self, state: &State, on: LinkNetwork<'_>) -> Option<Address> {
        let others = self.static_addresses(on.at);
        let firmware = on.network.address;
        let usable = |address: &&Address| {
            let settled = address.is_global_ipv6_of(on.link.index) && !address.tentative && !address.duplicate;
            let own = firmware == Some(address.ip) || !others.contains(&address.ip);
            settled && own && !address.temporary && check_host(address.ip, address.prefix).is_ok()
        };
        let all = state.addresses.iter().filter(usable);
        all.min_by_key(|address| (address.deprecated, firmware != Some(address.ip))).cloned()
    }

    /// The address that has taken the place of a static one; `None` as long as that one is good.
    pub(super) fn successor(&self, on: LinkNetwork<'_>) -> Option<Address> {
        if !self.maintains || !self.follows_router(on) {
            return None;
        }
        self.watcher.read(|state| {
            let own = state.address(on.link.index, on.network.address?)?;
            let found = self.router_address(state, on)?;
            (own.deprecated && found.ip != own.ip).then_some(found)
        })
    }

    /// Keeps the address from expiring, also by later advertisements.
    pub(super) async fn keep(&self, on: LinkNetwork<'_>, address: &Address) {
        if !self.maintains {
            // After this run, nothing answers the next advertisement.
            keep_addresses(&self.root, on.link.name);
        }
        let (index, ip) = (on.link.index, address.ip);
        let set = requests::keep_address(&self.watcher.handle, index, (ip, address.prefix), address.preferred);
        if let Err(error) = set.await {
            log::debug!("{}: {error}", on.link.name);
        }
        let kept = |state: &State| state.address(index, ip).is_none_or(|now| now.permanent).then_some(());
        let _ = tokio::time::timeout(RETRY, self.watcher.wait_for(kept)).await;
    }

    /// Keeps the address of a network for as long as its router does not bring another in its place.
    pub(super) async fn keep_until_replaced(&self, on: LinkNetwork<'_>) {
        let index = on.link.index;
        loop {
            let need = |state: &State| {
                let own = state.address(index, self.applied.of(on.at)?.ip)?;
                let best = self.router_address(state, on);
                match best.filter(|best| own.deprecated && best.ip != own.ip && !best.deprecated) {
                    Some(_) => Some(Need::Replace),
                    None => (!own.permanent).then(|| Need::Keep(own.clone())),
                }
            };
            match self.watcher.wait_for(need).await {
                Some(Need::Keep(address)) => self.keep(on, &address).await,
                Some(Need::Replace) => return,
                // The watcher has ended.
                None => std::future::pending().await,
            }
        }
    }
}
