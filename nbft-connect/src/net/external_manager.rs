//! Uses the address set by the running system's network manager instead of requesting one.

use super::addresses::Configured;
use super::event::Waiting;
use super::lease::{Lease, seconds_since_start};
use super::lease_manager::link_manager;
use super::requests;
use super::state::{Address, State};
use super::subnet;
use super::target::LinkNetwork;
use super::worker::Worker;
use libnbft::plan::{Method, Network};
use std::net::IpAddr;
use std::time::Duration;

/// How often to check whether a manager that sets no address still has the interface: there is no event for this.
const CHECK_INTERVAL: Duration = Duration::from_secs(5);

impl Worker {
    /// Waits for the manager's address as long as a manager has the link; `None` as soon as none has.
    pub(super) async fn address_of_manager(&self, on: LinkNetwork<'_>) -> Option<Configured> {
        if !self.maintains {
            return None;
        }
        let (index, name, network) = (on.link.index, on.link.name, on.network);
        let others = self.static_addresses(on.at);
        let find = |state: &State| managed_address(state, index, network, &others);
        loop {
            let manager = link_manager(&self.root, index)?;
            self.send_waiting(on.at, Waiting::Manager);
            let Ok(found) = tokio::time::timeout(CHECK_INTERVAL, self.watcher.wait_for(find)).await else { continue };
            // The watcher has ended.
            let Some(address) = found else { return std::future::pending().await };
            log::info!("{name}: {manager} has the interface: its address {} is taken", address.ip);
            return Some(self.adopt_address(on, &address).await);
        }
    }

    /// Takes an address that another program has set: sets the network's routes and rules for it.
    pub(super) async fn adopt_address(&self, on: LinkNetwork<'_>, address: &Address) -> Configured {
        let lease = self.applied.lease(on.at).map(|last| lease_at(&last, address));
        let mut own = lease.as_ref().map_or_else(|| on.network.clone(), |lease| lease.over(on.network));
        (own.address, own.prefix) = (Some(address.ip), address.prefix);
        own.routes.retain(|route| route.gateway.is_none_or(|gateway| is_on_link(gateway, address)));
        let (on, ip) = (on.with(&own), address.ip);
        if let Err(error) = requests::add_routes(&self.watcher.handle, on.link, ip, on.network).await {
            log::warn!("{}: {error}", on.link.name);
        }
        self.record_on(on, ip, lease.clone());
        (ip, lease.map(Box::new))
    }
}

/// An address of the kind that the network's method yields, other than `others`.
pub(super) fn managed_address(state: &State, index: u32, network: &Network, others: &[IpAddr]) -> Option<Address> {
    let fits = |address: &&Address| match (network.method, address.ip) {
        (Method::Dhcp4, IpAddr::V4(ip)) => !ip.is_link_local(),
        // DHCPv6 grants single addresses; those of a router advertisement have the prefix of their subnet.
        (Method::Dhcp6, IpAddr::V6(_)) => address.prefix == 128,
        (Method::Slaac, IpAddr::V6(ip)) => address.prefix != 128 && !ip.is_unicast_link_local(),
        _ => false,
    };
    let mut of_link = state.addresses.iter().filter(|address| address.link == index);
    of_link.find(|a| fits(a) && !a.tentative && !a.duplicate && !others.contains(&a.ip)).cloned()
}

/// The last lease with the manager's address. The routers of another subnet are unknown.
fn lease_at(last: &Lease, address: &Address) -> Lease {
    let mut lease = Lease { address: address.ip, prefix: address.prefix, ..last.clone() };
    lease.granted_at = seconds_since_start();
    lease.routes.retain(|route| route.gateway.is_none_or(|gateway| is_on_link(gateway, address)));
    lease
}

fn is_on_link(gateway: IpAddr, address: &Address) -> bool {
    let link_local = matches!(gateway, IpAddr::V6(ip) if ip.is_unicast_link_local());
    link_local
        || gateway.is_ipv4() == address.ip.is_ipv4()
            && subnet(gateway, address.prefix) == subnet(address.ip, address.prefix)
}
