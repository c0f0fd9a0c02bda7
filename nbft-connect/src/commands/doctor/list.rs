//! Writes the report path by path, with everything.

use super::model::{Broken, DiscoveryReport, EntryReport, Firmware, Found, NamespaceReport, PathReport, Report};
use super::text;
use crate::output::{Screen, Text};

/// The whole report: a line for each item that works, and problem and remedy for each that does not.
pub(super) fn render(report: &Report, screen: Screen) -> Text {
    let mut out = Text::new();
    out.wrapped_whole(screen, 12, format_args!("{}: {}", report.tables.join(", "), report.message));
    for warning in &report.warnings {
        out.end();
        out.wrapped_whole(screen, 12, format_args!("warning: {}", warning.problem));
        out.wrapped_whole(screen, 12, format_args!("  do:       {}", warning.remedy));
    }
    for path in &report.paths {
        render_path(&mut out, screen, path);
    }
    for controller in &report.discovery {
        render_discovery(&mut out, screen, controller);
    }
    for entry in &report.entries {
        render_entry(&mut out, screen, entry);
    }
    if !report.namespaces.is_empty() {
        out.end();
    }
    for namespace in &report.namespaces {
        render_namespace(&mut out, screen, namespace);
    }
    out
}

fn render_path(out: &mut Text, screen: Screen, path: &PathReport) {
    let (traddr, trsvcid, name) = (&path.traddr, path.trsvcid, &path.host_iface);
    out.end();
    out.add(format_args!("path {traddr} port {trsvcid} over {name}: "));
    let quiet = match (path.unavailable, path.spare) {
        (true, _) => ", which firmware had not up either",
        (false, true) => ", which another path does not need",
        (false, false) => "",
    };
    match &path.broken {
        None => out.wrapped_whole(screen, 12, "works"),
        Some(broken) => {
            out.wrapped_whole(screen, 12, format_args!("stops at {}{quiet}", broken.step.words()));
            render_broken(out, screen, broken);
        }
    }
    render_found(out, screen, &path.found);
    render_firmware(out, screen, &path.firmware);
}

fn render_found(out: &mut Text, screen: Screen, found: &[Found]) {
    if !found.is_empty() {
        out.wrapped_whole(screen, 12, format_args!("  works:    {}", text::found(found)));
    }
}

fn render_discovery(out: &mut Text, screen: Screen, controller: &DiscoveryReport) {
    let (traddr, trsvcid, name) = (&controller.traddr, controller.trsvcid, &controller.host_iface);
    out.end();
    out.add(format_args!("discovery controller {traddr} port {trsvcid} over {name}: "));
    match &controller.broken {
        None => out.wrapped_whole(screen, 12, "has answered"),
        Some(broken) => {
            out.wrapped_whole(screen, 12, format_args!("stops at {}", broken.step.words()));
            render_broken(out, screen, broken);
        }
    }
    render_found(out, screen, &controller.found);
}

fn render_entry(out: &mut Text, screen: Screen, entry: &EntryReport) {
    out.end();
    out.wrapped_whole(screen, 12, format_args!("{}: stops at {}", entry.entry, entry.broken.step.words()));
    render_broken(out, screen, &entry.broken);
    render_firmware(out, screen, &entry.firmware);
}

fn render_broken(out: &mut Text, screen: Screen, broken: &Broken) {
    out.wrapped_whole(screen, 12, format_args!("  wrong:    {}", broken.problem));
    out.wrapped_whole(screen, 12, format_args!("  do:       {}", broken.remedy));
}

fn render_firmware(out: &mut Text, screen: Screen, said: &[Firmware]) {
    for firmware in said {
        out.add(format_args!("  firmware: {}: {}.", firmware.ssns, firmware.codes.join(", ")));
        match firmware.advice {
            Some(advice) => out.wrapped_whole(screen, 12, format_args!(" {advice}")),
            None => out.wrapped_whole(screen, 12, ""),
        }
    }
}

fn render_namespace(out: &mut Text, screen: Screen, namespace: &NamespaceReport) {
    let name = match (namespace.nid_type, &namespace.nid, namespace.nsid) {
        (Some(kind), Some(nid), _) => format!("{kind} {nid}"),
        (_, _, 0) => "(any)".to_owned(),
        (_, _, nsid) => format!("NSID {nsid}"),
    };
    let state = match (&namespace.device, namespace.boot) {
        (Some(device), _) => device.as_str(),
        (None, true) => "missing, and booting waits for it",
        (None, false) => "not there",
    };
    out.wrapped_whole(screen, 12, format_args!("namespace {name} of {}: {state}", namespace.nqn));
}
