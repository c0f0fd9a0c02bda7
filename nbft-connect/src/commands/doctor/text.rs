//! The report for people.

use super::model::{Broken, DiscoveryReport, EntryReport, Firmware, Found, NamespaceReport, PathReport, Report};
use crate::output::Text;

/// The whole: what is well in a line each, what is not with its two sentences.
pub(super) fn render(report: &Report) -> Text {
    let mut out = Text::new();
    out.line(format_args!("{}: {}", report.tables.join(", "), report.message));
    for warning in &report.warnings {
        out.end();
        out.line(format_args!("warning: {}", warning.problem));
        out.line(format_args!("  do:       {}", warning.remedy));
    }
    for path in &report.paths {
        render_path(&mut out, path);
    }
    for controller in &report.discovery {
        render_discovery(&mut out, controller);
    }
    for entry in &report.entries {
        render_entry(&mut out, entry);
    }
    if !report.namespaces.is_empty() {
        out.end();
    }
    for namespace in &report.namespaces {
        render_namespace(&mut out, namespace);
    }
    out
}

fn render_path(out: &mut Text, path: &PathReport) {
    let (traddr, trsvcid, name) = (&path.traddr, path.trsvcid, &path.host_iface);
    out.end();
    out.add(format_args!("path {traddr} port {trsvcid} over {name}: "));
    let quiet = if path.unavailable { ", which firmware had not up either" } else { "" };
    match &path.broken {
        None => out.line("up"),
        Some(broken) => {
            out.line(format_args!("stops at {}{quiet}", broken.step.words()));
            render_broken(out, broken);
        }
    }
    render_found(out, &path.found);
    render_firmware(out, &path.firmware);
}

fn render_found(out: &mut Text, found: &[Found]) {
    if !found.is_empty() {
        let found: Vec<_> = found.iter().map(|found| found.what.as_str()).collect();
        out.line(format_args!("  found:    {}", found.join(", ")));
    }
}

fn render_discovery(out: &mut Text, controller: &DiscoveryReport) {
    let (traddr, trsvcid, name) = (&controller.traddr, controller.trsvcid, &controller.host_iface);
    out.end();
    out.add(format_args!("discovery controller {traddr} port {trsvcid} over {name}: "));
    match &controller.broken {
        None => out.line("has answered"),
        Some(broken) => {
            out.line(format_args!("stops at {}", broken.step.words()));
            render_broken(out, broken);
        }
    }
    render_found(out, &controller.found);
}

fn render_entry(out: &mut Text, entry: &EntryReport) {
    out.end();
    out.line(format_args!("{}: stops at {}", entry.entry, entry.broken.step.words()));
    render_broken(out, &entry.broken);
    render_firmware(out, &entry.firmware);
}

fn render_broken(out: &mut Text, broken: &Broken) {
    out.line(format_args!("  wrong:    {}", broken.problem));
    out.line(format_args!("  do:       {}", broken.remedy));
}

fn render_firmware(out: &mut Text, said: &[Firmware]) {
    for firmware in said {
        out.add(format_args!("  firmware: {}: {}.", firmware.ssns, firmware.codes.join(", ")));
        match firmware.advice {
            Some(advice) => out.line(format_args!(" {advice}")),
            None => out.end(),
        }
    }
}

fn render_namespace(out: &mut Text, namespace: &NamespaceReport) {
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
    out.line(format_args!("namespace {name} of {}: {state}", namespace.nqn));
}
