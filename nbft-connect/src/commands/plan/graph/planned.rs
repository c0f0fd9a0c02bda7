//! Adds what a plan has: the host, its NICs, bonds and VLANs, their subnets, and each path to its target.

use super::builder::Builder;
use super::model::{Column, Health, Node, State};
use super::status::{self, target_name};
use crate::status::schema::Status;
use ipnet::IpNet;
use libnbft::model::Nid;
use libnbft::plan::{DiscoveryMode, Interface, Link, Network, NetworkRef, Plan, Reach};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Nodes at which ways begin.
#[derive(Debug)]
pub(super) struct Begin {
    pub(super) host: usize,
    /// The subnet of each network.
    networks: BTreeMap<NetworkRef, usize>,
    /// The same by table and index of the HFI.
    pub(super) hfis: BTreeMap<(String, u16), usize>,
}

/// Adds the whole plan.
pub(super) fn add(builder: &mut Builder, plan: &Plan, status: Option<&Status>) -> Begin {
    let host = builder.node(Column::Host, "", || match &plan.host {
        Some(host) => Node::of_nqn(Column::Host, &host.nqn),
        None => Node::new(Column::Host, "no identity"),
    });
    if plan.host.is_none() {
        builder.say(host, &State::new(Health::Dead, "cannot connect", None));
    }
    let mut begin = Begin { host, networks: BTreeMap::new(), hfis: BTreeMap::new() };
    for (number, interface) in plan.interfaces.iter().enumerate() {
        add_interface(builder, &mut begin, number, interface, status);
    }
    paths(builder, &begin, plan, status);
    namespaces(builder, plan, status);
    discovery(builder, &begin, plan, status);
    if let Some(status) = status {
        discovered(builder, &begin, plan, status);
    }
    begin
}

/// The key of a NIC's node.
pub(super) fn nic_key(mac: impl std::fmt::Display) -> String {
    format!("{mac}")
}

fn add_interface(
    builder: &mut Builder,
    begin: &mut Begin,
    number: usize,
    interface: &Interface,
    status: Option<&Status>,
) {
    let nics: Vec<usize> = interface
        .nics()
        .iter()
        .map(|nic| {
            builder.node(Column::Nic, &nic_key(nic.mac), || {
                let node = Node::new(Column::Nic, &nic.name).with(&nic.mac.to_string());
                nic.pci.map_or(node.clone(), |pci| node.with(&format!("PCI {pci}")))
            })
        })
        .collect();
    let mut said = Vec::new();
    let base = match &interface.bond {
        Some(bond) => builder.node(Column::Bond, &interface.name, || {
            Node::new(Column::Bond, &interface.name).with(bond.settings.mode.name())
        }),
        None => nics[0],
    };
    for (link_number, link) in interface.links.iter().enumerate() {
        let owner = match link.vlan {
            Some(id) => builder
                .node(Column::Vlan, &link.name, || Node::new(Column::Vlan, &link.name).with(&format!("VLAN {id}"))),
            None => base,
        };
        for (network_number, network) in link.networks.iter().enumerate() {
            let state = status::network(builder, status, &link.name, network);
            let (subnet, address) = subnet(builder, link, network, status);
            builder.add_line(owner, &address);
            builder.way(owner, subnet, &state);
            builder.say(subnet, &state);
            if owner != base {
                builder.way(base, owner, &state);
                builder.say(owner, &state);
            }
            let at = NetworkRef { interface: number, link: link_number, network: network_number };
            begin.networks.insert(at, subnet);
            begin.hfis.insert((network.hfi.table.clone(), network.hfi.index), subnet);
            said.push(state);
        }
    }
    for nic in nics {
        for state in &said {
            builder.way(begin.host, nic, state);
            builder.say(nic, state);
            if base != nic {
                builder.way(nic, base, state);
                builder.say(base, state);
            }
        }
    }
}

/// The node of a network's subnet, and the address in it.
fn subnet(builder: &mut Builder, link: &Link, network: &Network, status: Option<&Status>) -> (usize, String) {
    let known = status.and_then(|status| status.interface(&network.hfi.table, network.hfi.index));
    let now = known.and_then(|known| known.address.as_deref()).and_then(|text| {
        let address = text.parse::<IpAddr>().ok().and_then(|ip| IpNet::new(ip, network.prefix).ok());
        text.parse::<IpNet>().ok().or(address)
    });
    let net = now.or_else(|| network.address.and_then(|ip| IpNet::new(ip, network.prefix).ok()));
    let Some(net) = net else {
        let key = format!("{} HFI {}", network.hfi.table, network.hfi.index);
        let make = || Node::new(Column::Subnet, &network.method.to_string()).with("not known yet");
        return (builder.node(Column::Subnet, &key, make), network.method.to_string());
    };
    let is_of_link = matches!(net.addr(), IpAddr::V6(ip) if ip.is_unicast_link_local());
    let key = format!("{} {:?} {}", net.trunc(), link.vlan, if is_of_link { link.name.as_str() } else { "" });
    let node = builder.node(Column::Subnet, &key, || Node::new(Column::Subnet, &net.trunc().to_string()));
    (node, format!("{} {}", network.method, net.addr()))
}

/// The node behind which a target lies: the subnet, or the gateway.
fn last_hop(builder: &mut Builder, begin: &Begin, plan: &Plan, at: NetworkRef, reach: Reach, state: &State) -> usize {
    let Some(subnet) = begin.networks.get(&at).copied() else { return begin.host };
    let gateway = plan.network(at).and_then(|network| network.gateway).filter(|_| reach == Reach::Gateway);
    let Some(gateway) = gateway else { return subnet };
    let node = builder
        .node(Column::Gateway, &format!("{subnet} {gateway}"), || Node::new(Column::Gateway, &gateway.to_string()));
    // A path that is down may be broken behind the gateway.
    let state = if state.health == Health::Good { state.clone() } else { State::default() };
    builder.way(subnet, node, &state);
    builder.say(node, &state);
    node
}

/// The node of a subsystem port.
pub(super) fn target(builder: &mut Builder, name: &str) -> usize {
    builder.node(Column::Target, name, || Node::new(Column::Target, name))
}

/// The node of a subsystem.
pub(super) fn subsystem(builder: &mut Builder, nqn: &str) -> usize {
    builder.node(Column::Subsystem, nqn, || Node::of_nqn(Column::Subsystem, nqn))
}

/// One way to a subsystem, from the node before its target.
pub(super) fn way_to(builder: &mut Builder, from: usize, target: usize, nqn: Option<&str>, state: &State) {
    builder.way(from, target, state);
    builder.say(target, state);
    if let Some(nqn) = nqn {
        let subsystem = subsystem(builder, nqn);
        builder.way(target, subsystem, state);
        builder.say(subsystem, state);
    }
}

fn paths(builder: &mut Builder, begin: &Begin, plan: &Plan, status: Option<&Status>) {
    for (number, path) in plan.paths.iter().enumerate() {
        let state = status::path(builder, status, plan, number, path);
        let from = last_hop(builder, begin, plan, path.network, path.reach, &state);
        let target = target(builder, &target_name(&path.traddr.to_string(), path.trsvcid));
        way_to(builder, from, target, Some(&path.nqn), &state);
    }
}

/// The key of a namespace's node.
pub(super) fn namespace_key(nqn: &str, nid: Option<Nid>, nsid: u32) -> String {
    format!("{nqn} {nid:?} {nsid}")
}

/// The node of a namespace.
pub(super) fn namespace_node(builder: &mut Builder, nqn: &str, nid: Option<Nid>, nsid: u32) -> usize {
    builder.node(Column::Namespace, &namespace_key(nqn, nid, nsid), || {
        let name = match (nid, nsid) {
            (None, 0) => "any namespace".to_owned(),
            (Some(nid), 0) => nid.kind().to_owned(),
            (Some(nid), nsid) => format!("NSID {nsid} ({})", nid.kind()),
            (None, nsid) => format!("NSID {nsid}"),
        };
        let node = Node::new(Column::Namespace, &name);
        nid.map_or(node.clone(), |nid| node.with(&nid.to_string()))
    })
}

fn namespaces(builder: &mut Builder, plan: &Plan, status: Option<&Status>) {
    for (number, namespace) in plan.namespaces.iter().enumerate() {
        let (state, device) = status::namespace(builder, status, number, namespace);
        let node = namespace_node(builder, &namespace.nqn, namespace.nid, namespace.nsid);
        builder.add_line(node, if namespace.boot { "the boot waits for it" } else { "not waited for" });
        device.iter().for_each(|device| builder.add_line(node, device));
        let subsystem = subsystem(builder, &namespace.nqn);
        builder.way(subsystem, node, &state);
        builder.say(node, &state);
    }
}

/// The node of a discovery controller.
pub(super) fn discovery_node(builder: &mut Builder, name: &str) -> usize {
    let make = || Node::new(Column::Target, name).with("discovery controller");
    builder.node(Column::Target, &format!("discovery {name}"), make)
}

fn discovery(builder: &mut Builder, begin: &Begin, plan: &Plan, status: Option<&Status>) {
    for controller in &plan.discovery {
        let state = status::discovery(builder, status, controller);
        let from = last_hop(builder, begin, plan, controller.network, controller.reach, &state);
        let node = discovery_node(builder, &target_name(&controller.traddr.to_string(), controller.trsvcid));
        builder.add_line(
            node,
            match controller.mode {
                DiscoveryMode::Immediate => "asked at once",
                _ => "asked as a fallback",
            },
        );
        builder.way(from, node, &state);
        builder.say(node, &state);
    }
}

/// Adds what discovery controllers have listed.
fn discovered(builder: &mut Builder, begin: &Begin, plan: &Plan, status: &Status) {
    for known in status.paths.iter().filter(|known| known.discovered.is_some()) {
        let Ok(traddr) = known.traddr.parse::<IpAddr>() else { continue };
        let mut networks = plan.networks().filter(|(at, network)| {
            plan.link(*at).is_some_and(|link| link.name == known.host_iface)
                && network.address.is_none_or(|ip| ip.is_ipv6() == traddr.is_ipv6())
        });
        let from = networks.next().and_then(|(at, _)| begin.networks.get(&at).copied()).unwrap_or(begin.host);
        let state = status::path_status(builder, known);
        let target = target(builder, &target_name(&known.traddr, known.trsvcid));
        builder.add_line(target, "told of by discovery");
        way_to(builder, from, target, Some(&known.nqn), &state);
    }
    for (number, known) in status.namespaces.iter().enumerate().filter(|(_, known)| known.discovered) {
        let node = namespace_node(builder, &known.nqn, known.parsed_nid(), known.nsid);
        let subsystem = subsystem(builder, &known.nqn);
        let state = status::namespace_status(builder, number, known);
        known.device.iter().for_each(|device| builder.add_line(node, device));
        builder.way(subsystem, node, &state);
        builder.say(node, &state);
    }
}
