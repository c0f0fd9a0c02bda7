//! Merges the NICs of a bond into one interface, which gets the networks of all of them.

use super::refusal::{BondRefusal, RefusedBond};
use super::request::BondRequest;
use super::settings::{Bond, BondPort};
use crate::plan::interfaces::{Networks, link_of};
use crate::plan::{Interface, Method, Network, NetworkRef, Plan};
use crate::subnet::same_subnet;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::vec::Vec;

/// Merges the NICs of each bond; the networks of the HFIs move with them.
pub(in crate::plan) fn plan(plan: &mut Plan, networks: &mut Networks, requests: &[BondRequest]) {
    for request in requests {
        match ports(plan, request) {
            Ok(ports) => merge(plan, networks, request, &ports),
            Err(reason) => plan.refused_bonds.push(RefusedBond { name: request.name.clone(), reason }),
        }
    }
}

/// The interfaces that become ports. Ports that the tables lack are left out: firmware omits a NIC that it did not use.
fn ports(plan: &mut Plan, request: &BondRequest) -> Result<Vec<usize>, BondRefusal> {
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for name in &request.ports {
        let of_bond =
            |interface: &Interface| interface.bond.iter().flat_map(|bond| &bond.ports).any(|p| p.name == *name);
        if plan.interfaces.iter().any(of_bond) {
            return Err(BondRefusal::BondPortTaken(name.clone()));
        }
        match plan.interfaces.iter().position(|interface| interface.bond.is_none() && interface.name == *name) {
            Some(position) => found.push(position),
            None => missing.push(format!("bond {}: no HFI of the tables is on {name}", request.name)),
        }
    }
    let is_taken = |(position, interface): (usize, &Interface)| {
        let own = interface.name == request.name;
        own || !found.contains(&position) && interface.links.iter().any(|link| link.name == request.name)
    };
    if plan.interfaces.iter().enumerate().any(is_taken) {
        return Err(BondRefusal::BondNameTaken);
    }
    if found.is_empty() {
        return Err(BondRefusal::BondWithoutPorts);
    }
    for (number, port) in found.iter().enumerate().skip(1) {
        let before: Vec<&Interface> =
            found.iter().take(number).filter_map(|before| plan.interfaces.get(*before)).collect();
        fits(&before, &plan.interfaces[*port])?;
    }
    plan.notes.extend(missing);
    Ok(found)
}

/// Whether each network of a port is in the subnet of an earlier port. A network whose address a server will give has no known subnet. A
/// NIC without a usable HFI has no network; the user who names it is trusted to have cabled it correctly.
fn fits(before: &[&Interface], port: &Interface) -> Result<(), BondRefusal> {
    let mut others = before.iter().flat_map(|interface| &interface.links);
    if others.next().is_none() {
        return Ok(());
    }
    for link in &port.links {
        let networks = before.iter().flat_map(|interface| &interface.links).filter(|other| other.vlan == link.vlan);
        let networks: Vec<&Network> = networks.flat_map(|link| &link.networks).collect();
        if networks.is_empty() {
            return Err(BondRefusal::BondVlansDiffer { port: port.name.clone() });
        }
        for own in &link.networks {
            let Some(address) = own.address else { continue };
            let mut of_family = networks.iter().filter(|other| other.is_ipv6() == own.is_ipv6()).peekable();
            // A network of the other family is additional, not an alternative.
            let alone = of_family.peek().is_none();
            let shares = |other: &&Network| {
                other.address.is_none_or(|ip| same_subnet(ip, address, other.prefix.min(own.prefix)))
            };
            if !alone && !of_family.any(shares) {
                return Err(BondRefusal::BondSubnetsDiffer { port: port.name.clone(), address });
            }
        }
    }
    Ok(())
}

fn merge(plan: &mut Plan, networks: &mut Networks, request: &BondRequest, ports: &[usize]) {
    let of_port = |port: &usize| plan.interfaces.get(*port);
    let Some(first) = ports.iter().min().copied() else { return };
    let Some(mac) = ports.first().and_then(of_port).map(|port| port.mac) else { return };
    let bond_ports = ports.iter().filter_map(of_port);
    let bond_ports =
        bond_ports.map(|port| BondPort { name: port.name.clone(), mac: port.mac, pci: port.pci }).collect();
    let bond = Some(Bond { settings: request.settings.clone(), ports: bond_ports });
    let mut merged = Interface { name: request.name.clone(), mac, pci: None, links: Vec::new(), bond };
    let mut moved: BTreeMap<NetworkRef, (usize, usize)> = BTreeMap::new();
    for port in ports {
        let links = plan.interfaces.get(*port).map(|port| port.links.as_slice()).unwrap_or_default();
        for (number, link) in links.iter().enumerate() {
            let to = link_of(&mut merged, first, link.vlan);
            let of_bond = &mut merged.links[to].networks;
            for (position, network) in link.networks.iter().enumerate() {
                let known = of_bond.iter().position(|known| known.serves_for(network));
                if let Some(known) = known.map(|known| &of_bond[known]).filter(|known| known.method != Method::Static) {
                    plan.notes.push(format!(
                        "bond {}: {} HFI {} uses the address of {} HFI {}: the bond has one MAC address",
                        request.name, network.hfi.table, network.hfi.index, known.hfi.table, known.hfi.index
                    ));
                }
                let at = known.unwrap_or(of_bond.len());
                if known.is_none() {
                    of_bond.push(network.clone());
                }
                moved.insert(NetworkRef { interface: *port, link: number, network: position }, (to, at));
            }
        }
    }
    // The new position of each interface after its ports are merged.
    let mut positions = Vec::with_capacity(plan.interfaces.len());
    let mut interfaces = Vec::with_capacity(plan.interfaces.len());
    let mut merged = Some(merged);
    for (number, interface) in core::mem::take(&mut plan.interfaces).into_iter().enumerate() {
        positions.push(interfaces.len());
        if number == first {
            interfaces.extend(merged.take());
        } else if !ports.contains(&number) {
            interfaces.push(interface);
        }
    }
    let position = |of: usize| positions.get(of).copied().unwrap_or(of);
    plan.interfaces = interfaces;
    networks.move_to(|at| match moved.get(&at) {
        Some((link, network)) => NetworkRef { interface: position(first), link: *link, network: *network },
        None => NetworkRef { interface: position(at.interface), ..at },
    });
}

impl Network {
    /// Whether a bond needs only one of two networks: they are the same, or a server gives its address to the bond's single MAC address.
    fn serves_for(&self, other: &Self) -> bool {
        self.is_same(other) || self.method == other.method && self.method != Method::Static
    }
}
