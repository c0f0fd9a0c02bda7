//! Finds the address of a link that is a port: the bridge, bond or team above has it.

use super::cause::NetworkFault;
use super::machine::Machine;
use crate::net::{Address, Link};
use libnbft::plan::{NetworkRef, Plan};
use std::net::IpAddr;

/// The link above a port that has the port's network address, and the address; `None` where the link is no port.
///
/// # Errors
///
/// When no other link has the address.
pub(super) fn above(
    machine: &Machine,
    plan: &Plan,
    at: NetworkRef,
    port: &Link,
) -> Option<Result<(Link, Address), NetworkFault>> {
    let master = machine.view.link(port.master?).filter(|master| !master.is_vrf())?;
    let of_connect = || machine.interface_status(plan, at)?.address.as_deref()?.parse().ok();
    let wanted: Option<IpAddr> = of_connect().or_else(|| plan.network(at)?.address);
    // With Open vSwitch, an internal port other than the master has it.
    let elsewhere = |address: &&Address| Some(address.ip) == wanted && address.link != port.index;
    let found = machine.view.addresses().iter().find(elsewhere);
    let found = found.and_then(|address| Some((machine.view.link(address.link)?.clone(), address.clone())));
    Some(found.ok_or_else(|| missing(port, master, wanted)))
}

fn missing(port: &Link, master: &Link, ip: Option<IpAddr>) -> NetworkFault {
    NetworkFault::AddressMissing { ip, name: port.name.clone(), master: Some(master.name.clone()), reason: None }
}
