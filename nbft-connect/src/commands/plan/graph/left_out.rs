//! Adds what the tables name and the plan leaves out.

use super::builder::Builder;
use super::model::{Column, Health, Node, State};
use super::planned::{Begin, discovery_node, namespace_key, namespace_node, nic_key, subsystem, target, way_to};
use super::status::target_name;
use libnbft::model::{Discovery, Hfi, Ssns, Table};
use libnbft::plan::{Item, LeftOut, Plan};

/// Adds it all. HFIs come first, since the ways over them begin at their nodes.
pub(super) fn add(builder: &mut Builder, begin: &mut Begin, plan: &Plan, tables: &[(String, Table)]) {
    let is_hfi = |left: &&LeftOut| left.item == Item::Hfi;
    for left in plan.left_out.iter().filter(is_hfi) {
        hfi(builder, begin, plan, tables, left);
    }
    for interface in plan.interfaces.iter().filter(|interface| interface.links.is_empty()) {
        let nic = builder.known(Column::Nic, &nic_key(interface.mac));
        if let Some(nic) = nic.filter(|nic| !builder.is_reached(*nic)) {
            let unused = State::new(Health::LeftOut, "not used", None);
            builder.way(begin.host, nic, &unused);
            builder.say(nic, &unused);
        }
    }
    for left in plan.left_out.iter().filter(|left| !is_hfi(left)) {
        let (state, table) = (state(builder, plan, left), table(tables, left));
        let index = left.origin.index;
        match left.item {
            Item::Ssns => {
                if let Some(ssns) = table.and_then(|table| table.ssns.iter().find(|ssns| ssns.index == index)) {
                    let hfis = ssns.hfi_indexes();
                    add_ssns(builder, begin, left, ssns, &hfis, &state);
                }
            }
            Item::SsnsOver { hfi, .. } => {
                if let Some(ssns) = table.and_then(|table| table.ssns.iter().find(|ssns| ssns.index == index)) {
                    add_ssns(builder, begin, left, ssns, &[hfi], &state);
                }
            }
            Item::Discovery => {
                let found = table.and_then(|table| table.discovery.iter().find(|one| u16::from(one.index) == index));
                if let Some(discovery) = found {
                    add_discovery(builder, begin, left, discovery, &state);
                }
            }
            // A remark says it.
            _ => {}
        }
    }
}

fn table<'t>(tables: &'t [(String, Table)], left: &LeftOut) -> Option<&'t Table> {
    tables.iter().find(|(name, _)| *name == left.origin.table).map(|(_, table)| table)
}

fn state(builder: &mut Builder, plan: &Plan, left: &LeftOut) -> State {
    let name = match plan.tables.len() {
        0 | 1 => left.name(),
        _ => format!("{} {}", left.origin.table, left.name()),
    };
    let remark = builder.remark(name, &left.reason.to_string());
    State::new(Health::LeftOut, "left out", Some(remark))
}

/// Adds an HFI: as its NIC's node if the NIC has no other HFI, else as a node of its own behind it.
fn hfi(builder: &mut Builder, begin: &mut Begin, plan: &Plan, tables: &[(String, Table)], left: &LeftOut) {
    let state = state(builder, plan, left);
    let index = left.origin.index;
    let hfi = table(tables, left).and_then(|table| table.hfis.iter().find(|hfi| u16::from(hfi.index) == index));
    let mac = hfi.and_then(|hfi: &Hfi| hfi.tcp.as_ref()).map(|tcp| tcp.mac);
    let interface = mac.and_then(|mac| plan.interfaces.iter().find(|known| known.mac == mac));
    let nic = mac.and_then(|mac| builder.known(Column::Nic, &nic_key(mac)));
    let name = format!("HFI {index}");
    let key = format!("{} {name}", left.origin.table);
    let node = match (nic, interface) {
        (Some(nic), Some(interface)) if interface.links.is_empty() => {
            builder.add_line(nic, &name);
            builder.say(nic, &state);
            builder.way(begin.host, nic, &state);
            nic
        }
        (Some(nic), _) => {
            let node = builder.node(Column::Subnet, &key, || Node::new(Column::Subnet, &name));
            builder.way(nic, node, &state);
            builder.say(node, &state);
            node
        }
        (None, _) => {
            let node = builder.node(Column::Nic, &key, || Node::new(Column::Nic, &name));
            builder.way(begin.host, node, &state);
            builder.say(node, &state);
            node
        }
    };
    begin.hfis.entry((left.origin.table.clone(), index)).or_insert(node);
}

/// The node at which the ways over an HFI begin.
fn begins(begin: &Begin, left: &LeftOut, hfi: u8) -> usize {
    begin.hfis.get(&(left.origin.table.clone(), u16::from(hfi))).copied().unwrap_or(begin.host)
}

fn add_ssns(builder: &mut Builder, begin: &Begin, left: &LeftOut, ssns: &Ssns, hfis: &[u8], state: &State) {
    let port = ssns.trsvcid.as_deref().filter(|port| !port.is_empty()).unwrap_or("4420");
    let target = match ssns.traddr.and_then(|traddr| traddr.get()) {
        Some(traddr) => target(builder, &target_name(&traddr.to_string(), port)),
        None => {
            let (name, key) = (format!("SSNS {}", ssns.index), format!("{} SSNS {}", left.origin.table, ssns.index));
            builder.node(Column::Target, &key, || Node::new(Column::Target, &name).with("no address"))
        }
    };
    let nqn = ssns.nqn.as_ref().filter(|nqn| !nqn.is_discovery()).map(|nqn| nqn.as_str());
    let mut from: Vec<usize> = hfis.iter().map(|hfi| begins(begin, left, *hfi)).collect();
    from.sort_unstable();
    from.dedup();
    if from.is_empty() {
        from.push(begin.host);
    }
    // Only one way is left out: the entry is shown over another HFI.
    let nqn = nqn.filter(|_| left.item == Item::Ssns);
    for from in from {
        way_to(builder, from, target, nqn, state);
    }
    let Some(nqn) = nqn else { return };
    let (nid, nsid) = (ssns.nid(), ssns.nsid);
    if builder.known(Column::Namespace, &namespace_key(nqn, nid, nsid)).is_some() {
        return;
    }
    let node = namespace_node(builder, nqn, nid, nsid);
    let subsystem = subsystem(builder, nqn);
    builder.way(subsystem, node, state);
    builder.say(node, state);
}

fn add_discovery(builder: &mut Builder, begin: &Begin, left: &LeftOut, discovery: &Discovery, state: &State) {
    let uri = discovery.uri.as_deref().map(|uri| uri.trim_start_matches("nvme+tcp://").trim_end_matches('/'));
    let own = format!("discovery {}", discovery.index);
    let node = discovery_node(builder, uri.filter(|uri| !uri.is_empty()).unwrap_or(&own));
    builder.way(begins(begin, left, discovery.hfi), node, state);
    builder.say(node, state);
}
