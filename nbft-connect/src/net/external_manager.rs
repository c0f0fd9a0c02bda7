//! The address that a network manager of the running system sets where it has the interface: it is taken, and none asked for
//! beside it.

use super::book::Placed;
use super::lease::{Lease, seconds_since_start};
use super::lease_manager::lease_manager;
use super::requests;
use super::state::{Address, State};
use super::subnet;
use super::worker::Worker;
use super::{NetEvent, Waiting};
use libnbft::plan::{Method, Network, NetworkRef};
use std::net::IpAddr;
use std::time::Duration;

/// How often a manager that sets nothing is asked whether the interface is still its own: no event tells.
const STILL_MANAGED: Duration = Duration::from_secs(5);

impl Worker {
    /// Waits for the manager's address as long as it has the link; `None` as soon as it has not. `last` is the lease that was
    /// held before.
    pub(super) async fn of_manager(
        &self,
        at: NetworkRef,
        network: &Network,
        (index, name): (u32, &str),
        last: Option<&Lease>,
    ) -> Option<(IpAddr, Option<Box<Lease>>)> {
        if !self.is_maintaining() {
            return None;
        }
        let others = self.fixed(at);
        let given = |state: &State| given(state, index, network, &others);
        loop {
            let who = lease_manager(&self.root, index)?;
            self.tell(NetEvent::Waiting { at, for_what: Waiting::Manager });
            let Ok(found) = tokio::time::timeout(STILL_MANAGED, self.watcher.wait_for(given)).await else { continue };
            // Nobody listens any more.
            let Some(address) = found else { return std::future::pending().await };
            log::info!("{name}: {who} has the interface: its address {} is taken", address.ip);
            let lease = last.map(|last| moved(last, &address));
            let mut own = lease.as_ref().map_or_else(|| network.clone(), |lease| lease.over(network));
            (own.address, own.prefix) = (Some(address.ip), address.prefix);
            own.routes.retain(|route| route.gateway.is_none_or(|gateway| on_link(gateway, &address)));
            if let Err(error) = requests::add_routes(&self.watcher.handle, (index, name), address.ip, &own).await {
                log::warn!("{name}: {error}");
            }
            let (name, ip) = (name.to_owned(), address.ip);
            self.place(at, Placed { index, name, ip, network: own, lease: lease.clone() });
            return Some((ip, lease.map(Box::new)));
        }
    }
}

/// An address of the kind that the network's method brings, not one of `others`.
fn given(state: &State, index: u32, network: &Network, others: &[IpAddr]) -> Option<Address> {
    let fits = |address: &&Address| match (network.method, address.ip) {
        (Method::Dhcp4, IpAddr::V4(ip)) => !ip.is_link_local(),
        // DHCPv6 knows nothing of subnets, so that this cannot be one of a router advertisement.
        (Method::Dhcp6, IpAddr::V6(_)) => address.prefix == 128,
        _ => false,
    };
    let mut of_link = state.addresses.iter().filter(|address| address.link == index);
    of_link.find(|a| fits(a) && !a.tentative && !a.duplicate && !others.contains(&a.ip)).cloned()
}

/// The lease as the manager has it now, as far as it shows. What another subnet's routers are, nobody says.
fn moved(last: &Lease, address: &Address) -> Lease {
    let mut lease = Lease { address: address.ip, prefix: address.prefix, ..last.clone() };
    lease.granted_at = seconds_since_start();
    lease.routes.retain(|route| route.gateway.is_none_or(|gateway| on_link(gateway, address)));
    lease
}

fn on_link(gateway: IpAddr, address: &Address) -> bool {
    let link_local = matches!(gateway, IpAddr::V6(ip) if ip.is_unicast_link_local());
    link_local
        || gateway.is_ipv4() == address.ip.is_ipv4()
            && subnet(gateway, address.prefix) == subnet(address.ip, address.prefix)
}
