//! Prints a table as a person reads it first: the host, and a line for each way to a subsystem, interface and discovery controller.

use super::{Parts, names};
use crate::commands::host;
use crate::output::{Cell, Fit, Mark, Screen, Table as Columns, Text};
use libnbft::model::{Address, Availability, Discovery, Hfi, Nqn, SecurityProfile, Ssns, Table, TransportType};
use std::fmt::{Display, LowerHex};

/// Adds the requested parts of `table` to a text.
pub(super) fn render(out: &mut Text, table: &Table, parts: Parts, screen: Screen) {
    if parts.rest {
        match &table.host {
            Some(host) => host::write(out, host.nqn.as_ref().map(Nqn::as_str), Some(host.id), screen),
            None => out.line("Host: no descriptor"),
        }
    }
    let sections = [
        (parts.subsystems, "No subsystems", subsystems(&table.ssns)),
        (parts.hfis, "No HFIs", interfaces(&table.hfis)),
        (parts.discovery, "No discovery controllers", discovery(&table.discovery)),
        (parts.rest, "", security(&table.security)),
    ];
    let mut is_first = true;
    for (_, none, section) in sections.into_iter().filter(|(asked, ..)| *asked) {
        if section.is_empty() && parts.rest {
            continue;
        }
        if !std::mem::take(&mut is_first) {
            out.end();
        }
        if section.is_empty() {
            out.line(none);
        }
        section.render(out, screen, 0);
    }
}

/// The entries that lead to different namespaces over the same way, and the first of them.
struct Way<'t> {
    first: &'t Ssns,
    all: Vec<&'t Ssns>,
}

impl Way<'_> {
    fn is_of(&self, ssns: &Ssns) -> bool {
        let key = |ssns: &Ssns| (ssns.traddr, ssns.trsvcid.clone(), hfis(ssns), ssns.primary_discovery, note(ssns));
        self.first.nqn == ssns.nqn && key(self.first) == key(ssns)
    }
}

fn subsystems(entries: &[Ssns]) -> Columns {
    let mut ways: Vec<Way<'_>> = Vec::new();
    for ssns in entries {
        match ways.iter_mut().find(|way| way.is_of(ssns)) {
            Some(way) => way.all.push(ssns),
            None => ways.push(Way { first: ssns, all: vec![ssns] }),
        }
    }
    let mut table = Columns::new(&[
        ("SSNS", Fit::Wrapped),
        ("HFI", Fit::Wrapped),
        ("ADDRESS", Fit::Whole),
        ("PORT", Fit::Whole),
        ("NSID", Fit::Wrapped),
        ("DISCOVERY", Fit::Missed),
        ("NOTE", Fit::Wrapped),
    ]);
    let mut subsystems: Vec<&Option<Nqn>> = Vec::new();
    ways.iter().for_each(|way| {
        if !subsystems.contains(&&way.first.nqn) {
            subsystems.push(&way.first.nqn)
        }
    });
    for nqn in subsystems {
        table.group(nqn.as_ref().map_or("(no NQN)", Nqn::as_str));
        for way in ways.iter().filter(|way| way.first.nqn == *nqn) {
            let ssns = way.first;
            let bad = ssns.flags.availability() == Availability::UNAVAILABLE || !ssns.flags.is_valid();
            table.row([
                Cell::new(joined(way.all.iter().map(|ssns| ssns.index))),
                Cell::new(joined(hfis(ssns))),
                Cell::some(ssns.traddr.filter(|address| address.is_set())),
                Cell::some(ssns.trsvcid.as_deref()),
                Cell::new(joined(way.all.iter().map(|ssns| namespace(ssns)))),
                Cell::some((ssns.primary_discovery != 0).then_some(ssns.primary_discovery)),
                Cell::state(note(ssns), bad.then_some(Mark::Warning)),
            ]);
        }
    }
    table
}

/// The HFIs of an entry, each once; 0 is padding.
fn hfis(ssns: &Ssns) -> Vec<u8> {
    let mut hfis = Vec::new();
    for index in std::iter::once(ssns.primary_hfi).chain(ssns.secondary_hfis.iter().copied()) {
        if index != 0 && !hfis.contains(&index) {
            hfis.push(index);
        }
    }
    hfis
}

fn namespace(ssns: &Ssns) -> String {
    match (ssns.nsid, ssns.nid()) {
        (0, Some(nid)) => format!("by {}", nid.kind()),
        (0, None) => "any".into(),
        (nsid, _) => nsid.to_string(),
    }
}

/// What is unusual about an entry.
fn note(ssns: &Ssns) -> String {
    let flags = ssns.flags;
    let mut notes = Vec::new();
    if !flags.is_valid() {
        notes.push("not valid".into());
    }
    if ssns.transport != TransportType::TCP {
        notes.push(format!("transport {}", ssns.transport));
    }
    if flags.availability() == Availability::UNAVAILABLE {
        let said = ssns.ext.as_ref().and_then(|ext| ext.diagnostics).filter(|said| said.naed.0 != 0);
        notes.push(said.map_or_else(|| "unavailable".into(), |said| format!("unavailable: {}", said.naed)));
    }
    if flags.non_bootable() {
        notes.push("not for booting".into());
    }
    match (ssns.transport_flags.header_digest(), ssns.transport_flags.data_digest()) {
        (true, true) => notes.push("header and data digest".into()),
        (true, false) => notes.push("header digest".into()),
        (false, true) => notes.push("data digest".into()),
        (false, false) => {}
    }
    if ssns.security != 0 && flags.use_security() {
        notes.push(format!("security {}", ssns.security));
    }
    notes.join(", ")
}

fn interfaces(hfis: &[Hfi]) -> Columns {
    let mut table = Columns::new(&[
        ("HFI", Fit::Whole),
        ("MAC", Fit::Whole),
        ("PCI", Fit::Missed),
        ("VLAN", Fit::Whole),
        ("ADDRESS", Fit::Whole),
        ("FROM", Fit::Wrapped),
        ("GATEWAY", Fit::Whole),
        ("DNS", Fit::Missed),
        ("NOTE", Fit::Wrapped),
    ]);
    for hfi in hfis {
        let valid = if hfi.flags.is_valid() { "" } else { "not valid" };
        let Some(tcp) = &hfi.tcp else {
            let note = format!("no transport info{}{valid}", if valid.is_empty() { "" } else { ", " });
            let mut cells = vec![Cell::new(hfi.index)];
            cells.resize(8, Cell::default());
            cells.push(Cell::state(note, Some(Mark::Warning)));
            table.row(cells);
            continue;
        };
        let set = |address: Address| address.is_set().then_some(address);
        table.row([
            Cell::new(hfi.index),
            Cell::new(tcp.mac),
            Cell::new(tcp.pci()),
            Cell::some((tcp.vlan.0 != 0).then_some(tcp.vlan.0)),
            Cell::some(set(tcp.ip).map(|ip| format!("{ip}/{}", tcp.prefix))),
            Cell::some((tcp.ip_origin.0 != 0).then_some(tcp.ip_origin)),
            Cell::some(set(tcp.gateway)),
            Cell::new(joined([tcp.primary_dns, tcp.secondary_dns].into_iter().filter_map(set))),
            Cell::state(valid, Some(Mark::Warning)),
        ]);
    }
    table
}

fn discovery(controllers: &[Discovery]) -> Columns {
    let mut table = Columns::new(&[
        ("DISCOVERY", Fit::Whole),
        ("HFI", Fit::Whole),
        ("URI", Fit::Whole),
        ("NQN", Fit::Whole),
        ("SECURITY", Fit::Whole),
        ("NOTE", Fit::Wrapped),
    ]);
    for controller in controllers {
        let index = |index: u8| (index != 0).then_some(index);
        table.row([
            Cell::new(controller.index),
            Cell::some(index(controller.hfi)),
            Cell::new(controller.uri.as_deref().unwrap_or("none")),
            // The well-known NQN is not shown.
            Cell::some(controller.nqn.as_ref().filter(|nqn| !nqn.is_discovery()).map(Nqn::as_str)),
            Cell::some(index(controller.security)),
            Cell::state(if controller.flags.is_valid() { "" } else { "not valid" }, Some(Mark::Warning)),
        ]);
    }
    table
}

fn security(profiles: &[SecurityProfile]) -> Columns {
    let mut table = Columns::new(&[
        ("SECURITY", Fit::Whole),
        ("AUTHENTICATION", Fit::Wrapped),
        ("SECURE CHANNEL", Fit::Wrapped),
        ("CIPHER SUITES", Fit::Missed),
        ("SECRETS", Fit::Whole),
        ("NOTE", Fit::Wrapped),
    ]);
    for profile in profiles {
        let flags = profile.flags;
        let words = |words: Option<&'static str>, list: String| {
            let words = words.unwrap_or("reserved");
            if list.is_empty() { words.to_owned() } else { format!("{words} ({list})") }
        };
        let protocols = named(profile.authentication_protocols.as_deref(), names::authentication_protocol);
        let algorithms = named(profile.channel_algorithms.as_deref(), names::channel_algorithm);
        let suites = named(profile.cipher_suites.as_deref(), names::cipher_suite);
        table.row([
            Cell::new(profile.index),
            Cell::new(words(flags.authentication().words(), protocols)),
            Cell::new(words(flags.secure_channel().words(), algorithms)),
            Cell::new(if flags.cipher_suites_restricted() { suites } else { String::new() }),
            Cell::some(profile.secret_keypath.as_deref()),
            Cell::state(if flags.is_valid() { "" } else { "not valid" }, Some(Mark::Warning)),
        ]);
    }
    table
}

fn named<T: Copy + LowerHex>(values: Option<&[T]>, name: impl Fn(T) -> Option<&'static str>) -> String {
    let one = |value: &T| name(*value).map_or_else(|| format!("{value:#x}"), Into::into);
    values.unwrap_or_default().iter().map(one).collect::<Vec<_>>().join(", ")
}

fn joined(values: impl IntoIterator<Item = impl Display>) -> String {
    values.into_iter().map(|value| value.to_string()).collect::<Vec<_>>().join(", ")
}
