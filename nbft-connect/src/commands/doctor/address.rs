//! Finds the address from which a path goes, or says why it is missing.

use super::cause::{Cause, NetworkFault, TableFault};
use super::machine::Machine;
use crate::net::{Address, Ipv6Off, Link, NetFailure, ipv6_off};
use libnbft::plan::{Method, Network, NetworkRef, Plan};
use std::net::IpAddr;

/// The address from which the path's target is to be reached.
pub(super) async fn address(machine: &Machine, plan: &Plan, at: NetworkRef, link: &Link) -> Result<Address, Cause> {
    let network = plan.network(at).ok_or(TableFault::PlanFault)?;
    let on_link = || machine.view.addresses().iter().filter(|address| address.link == link.index);
    let wanted = match network.method {
        Method::Static => network.address,
        _ => granted(machine, plan, at),
    };
    let found = match wanted {
        Some(ip) => on_link().find(|address| address.ip == ip),
        None => None,
    };
    // A router may have replaced a static address by another.
    let found = found.or_else(|| granted(machine, plan, at).and_then(|ip| on_link().find(|address| address.ip == ip)));
    // A server may grant another address now than it did then.
    let any = || on_link().find(|address| serves(address, network));
    let found = found.or_else(|| if network.method == Method::Static { None } else { any() });
    let name = || link.name.clone();
    Ok(match found {
        Some(Address { ip, duplicate: true, .. }) => {
            let owner = machine.view.owner(link, *ip).await;
            Err(NetworkFault::AddressDuplicate { ip: *ip, name: name(), owner })
        }
        Some(Address { ip, tentative: true, .. }) => Err(NetworkFault::AddressTentative { ip: *ip, name: name() }),
        Some(address) => Ok(address.clone()),
        None => Err(missing(machine, plan, at, network, link)),
    }?)
}

/// What a server granted to `connect`.
fn granted(machine: &Machine, plan: &Plan, at: NetworkRef) -> Option<IpAddr> {
    machine.interface_status(plan, at)?.address.as_deref()?.parse().ok()
}

fn serves(address: &Address, network: &Network) -> bool {
    let link_local = match address.ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    };
    address.ip.is_ipv6() == network.is_ipv6() && !link_local
}

fn missing(machine: &Machine, plan: &Plan, at: NetworkRef, network: &Network, link: &Link) -> NetworkFault {
    let name = link.name.clone();
    let status = machine.interface_status(plan, at);
    let reason = status.and_then(|status| status.reason.clone());
    match network.is_ipv6().then(|| ipv6_off(&machine.root, &name)).flatten() {
        Some(Ipv6Off::Kernel) => return NetworkFault::NoIpv6,
        Some(Ipv6Off::Interface) => {
            let is_refused = status.and_then(|status| status.code.as_deref()) == Some(NetFailure::IPV6_OFF);
            return NetworkFault::Ipv6Off { name, reason, is_refused };
        }
        None => {}
    }
    let (Method::Static, Some(ip)) = (network.method, network.address) else {
        return NetworkFault::NoAddress { name, method: network.method, reason };
    };
    let elsewhere = machine.view.addresses().iter().find(|address| address.ip == ip);
    match elsewhere.and_then(|address| machine.view.link(address.link)) {
        Some(other) => NetworkFault::AddressElsewhere { ip, name, other: other.name.clone() },
        None => NetworkFault::AddressMissing { ip: Some(ip), name, master: None, reason },
    }
}
