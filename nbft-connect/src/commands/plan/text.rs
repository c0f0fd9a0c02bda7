//! Prints the plan as a person reads it first: tables of interfaces, paths, namespaces and discovery controllers.

use crate::commands::findings::counted;
use crate::commands::{host, subsystems};
use crate::output::{Cell, Fit, Mark, Screen, Table, Text};
use libnbft::plan::{DiscoveryController, DiscoveryMode, Interface, LeftOut, Network, Origin, Path, Plan, Reach};

/// More notes than this are counted only.
const NOTES: usize = 4;

/// The whole in tables.
pub(super) fn render(plan: &Plan, screen: Screen) -> Text {
    let mut out = Text::new();
    match &plan.host {
        Some(host) => host::write(&mut out, Some(&host.nqn), Some(host.id), screen),
        None => out.line("Host: no identity"),
    }
    let sections = [interfaces(plan), paths(plan), namespaces(plan), discovery(plan)]
        .into_iter()
        .filter(|table| !table.is_empty());
    for section in sections {
        out.end();
        section.render(&mut out, screen, 0);
    }
    bonds(&mut out, plan, screen);
    left_out(&mut out, plan, screen);
    notes(&mut out, plan, screen);
    out
}

/// The index of a descriptor, with its table only where there are several.
fn origin(plan: &Plan, origin: &Origin) -> String {
    match plan.tables.len() {
        0 | 1 => origin.index.to_string(),
        _ => origin.to_string(),
    }
}

fn origins(plan: &Plan, origins: &[Origin]) -> String {
    origins.iter().map(|one| origin(plan, one)).collect::<Vec<_>>().join(", ")
}

fn interfaces(plan: &Plan) -> Table {
    let mut table = Table::new(&[
        ("INTERFACE", Fit::Whole),
        ("MAC", Fit::Whole),
        ("PCI", Fit::Missed),
        ("ADDRESS", Fit::Wrapped),
        ("GATEWAY", Fit::Whole),
        ("HFI", Fit::Wrapped),
        ("METRIC", Fit::Missed),
    ]);
    for interface in &plan.interfaces {
        let row = |name: &str, network: Option<&Network>| {
            let Interface { mac, pci, .. } = interface;
            [
                Cell::new(name),
                Cell::new(mac),
                Cell::some(*pci),
                network.map_or_else(|| Cell::state("not used", Some(Mark::Warning)), Cell::new),
                Cell::some(network.and_then(|network| network.gateway)),
                Cell::some(network.map(|network| origin(plan, &network.hfi))),
                Cell::some(network.map(|network| network.metric)),
            ]
        };
        if interface.links.is_empty() {
            table.row(row(&interface.name, None));
        }
        for link in &interface.links {
            link.networks.iter().for_each(|network| table.row(row(&link.name, Some(network))));
        }
    }
    table
}

fn reach(reach: Reach) -> Cell {
    match reach {
        Reach::OnLink => Cell::new("on the link"),
        Reach::Gateway => Cell::new("by gateway"),
        Reach::Unknown => Cell::new("not known yet"),
        _ => Cell::state("none", Some(Mark::Warning)),
    }
}

fn paths(plan: &Plan) -> Table {
    let mut table = Table::new(&[
        ("ADDRESS", Fit::Whole),
        ("PORT", Fit::Whole),
        ("OVER", Fit::Whole),
        ("FROM", Fit::Missed),
        ("ROUTE", Fit::Wrapped),
        ("SSNS", Fit::Wrapped),
        ("NOTE", Fit::Wrapped),
    ]);
    for (nqn, paths) in subsystems::grouped(&plan.paths, |path| &path.nqn) {
        table.group(nqn);
        for path in paths {
            table.row([
                Cell::new(path.traddr),
                Cell::new(path.trsvcid),
                Cell::new(&path.host_iface),
                Cell::some(path.host_traddr),
                reach(path.reach),
                Cell::new(origins(plan, &path.ssns)),
                Cell::new(note(path)),
            ]);
        }
    }
    table
}

/// What is unusual about a path.
fn note(path: &Path) -> String {
    let mut notes = Vec::new();
    if path.unavailable {
        notes.push("unavailable, not waited for".to_owned());
    }
    match (path.hdr_digest, path.data_digest) {
        (true, true) => notes.push("header and data digest".into()),
        (true, false) => notes.push("header digest".into()),
        (false, true) => notes.push("data digest".into()),
        (false, false) => {}
    }
    notes.extend(path.discovered.as_ref().map(|source| format!("told of by the discovery controller at {source}")));
    notes.extend(path.security.as_ref().map(ToString::to_string));
    notes.join("; ")
}

fn namespaces(plan: &Plan) -> Table {
    let mut table =
        Table::new(&[("NAMESPACE", Fit::Wrapped), ("NSID", Fit::Whole), ("PATHS", Fit::Whole), ("BOOT", Fit::Wrapped)]);
    for (nqn, namespaces) in subsystems::grouped(&plan.namespaces, |namespace| &namespace.nqn) {
        table.group(nqn);
        for namespace in namespaces {
            let name = namespace.nid.map(|nid| format!("{} {nid}", nid.kind()));
            let [name, nsid] = subsystems::namespace_cells(name, namespace.nsid);
            table.row([
                name,
                nsid,
                Cell::new(namespace.paths.len()),
                Cell::new(if namespace.boot { "waited for" } else { "not waited for" }),
            ]);
        }
    }
    table
}

fn discovery(plan: &Plan) -> Table {
    let mut table = Table::new(&[
        ("DISCOVERY", Fit::Wrapped),
        ("ADDRESS", Fit::Whole),
        ("PORT", Fit::Whole),
        ("OVER", Fit::Whole),
        ("ROUTE", Fit::Wrapped),
        ("ASKED", Fit::Wrapped),
        ("NQN", Fit::Missed),
    ]);
    for controller in &plan.discovery {
        let DiscoveryController { traddr, trsvcid, host_iface, .. } = controller;
        let well_known = controller.nqn == libnbft::model::DISCOVERY_NQN;
        table.row([
            Cell::new(origins(plan, &controller.descriptors)),
            Cell::new(traddr),
            Cell::new(trsvcid),
            Cell::new(host_iface),
            reach(controller.reach),
            Cell::new(match controller.mode {
                DiscoveryMode::Immediate => "at once",
                _ => "as a fallback",
            }),
            Cell::some((!well_known).then_some(&controller.nqn)),
        ]);
    }
    table
}

/// The bonds, and those that cannot be made.
fn bonds(out: &mut Text, plan: &Plan, screen: Screen) {
    let made = plan.interfaces.iter().filter_map(|interface| Some((&interface.name, interface.bond.as_ref()?)));
    let made = made.map(|(name, bond)| format!("{name} is a {bond}"));
    let refused = plan.refused_bonds.iter().map(|refused| format!("{refused}; its NICs are used as they are"));
    for (n, line) in made.chain(refused).enumerate() {
        if n == 0 {
            out.end();
        }
        out.wrapped(screen, 4, line);
    }
}

fn left_out(out: &mut Text, plan: &Plan, screen: Screen) {
    if plan.left_out.is_empty() {
        return;
    }
    out.end();
    out.line("Left out");
    let name = |left: &LeftOut| match plan.tables.len() {
        0 | 1 => left.name(),
        _ => format!("{} {}", left.origin.table, left.name()),
    };
    let reasons = plan.left_out.iter().map(|left| (left.reason.to_string(), name(left)));
    for (reason, names) in subsystems::each_once(reasons) {
        out.wrapped(screen, 4, format_args!("  {}: {reason}", names.join(", ")));
    }
}

fn notes(out: &mut Text, plan: &Plan, screen: Screen) {
    let count = plan.notes.len();
    if count == 0 {
        return;
    }
    out.end();
    if count > NOTES {
        return out.line(format_args!("{}: nbft plan -v", counted(count, "note")));
    }
    out.line("Notes");
    for note in &plan.notes {
        out.wrapped(screen, 4, format_args!("  {}", subsystems::without_table(&plan.tables, note)));
    }
}
