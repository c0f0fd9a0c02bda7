//! A link that is a port: the bridge, bond or team above it has its address.

use super::cause::Cause;
use super::machine::Machine;
use super::model::Broken;
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
) -> Option<Result<(Link, Address), Broken>> {
    let master = machine.view.link(port.master?).filter(|master| !master.is_vrf())?;
    let of_connect = || machine.interface_status(plan, at)?.address.as_deref()?.parse().ok();
    let wanted: Option<IpAddr> = of_connect().or_else(|| plan.network(at)?.address);
    // Of Open vSwitch, another internal port than the master has it.
    let elsewhere = |address: &&Address| Some(address.ip) == wanted && address.link != port.index;
    let found = machine.view.addresses().iter().find(elsewhere);
    let found = found.and_then(|address| Some((machine.view.link(address.link)?.clone(), address.clone())));
    Some(found.ok_or_else(|| missing(port, master, wanted)))
}

fn missing(port: &Link, master: &Link, wanted: Option<IpAddr>) -> Broken {
    let (port, master) = (&port.name, &master.name);
    let address = wanted.map_or_else(|| "no address for it".to_owned(), |ip| format!("no address {ip}"));
    Broken::new(
        Cause::AddressMissing,
        format!("{port} is a port of {master}, which has {address}."),
        format!("Give {master} the address, or remove {port} from it; nbft sets none on a port."),
    )
}
