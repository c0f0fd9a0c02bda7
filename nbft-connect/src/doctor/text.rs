//! The report for people.

use super::model::{Broken, DiscoveryReport, EntryReport, Firmware, Found, NamespaceReport, PathReport, Report};
use crate::text::escape;
use std::fmt::Write;

/// The whole: what is well in a line each, what is not with its two sentences.
pub(super) fn render(report: &Report) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{}: {}", report.tables.join(", "), escape(&report.message));
    for warning in &report.warnings {
        let _ = writeln!(out, "\nwarning: {}", escape(&warning.problem));
        let _ = writeln!(out, "  do:       {}", escape(&warning.remedy));
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
        out.push('\n');
    }
    for namespace in &report.namespaces {
        render_namespace(&mut out, namespace);
    }
    out
}

fn render_path(out: &mut String, path: &PathReport) {
    let (traddr, trsvcid, name) = (&path.traddr, path.trsvcid, &path.host_iface);
    let _ = write!(out, "\npath {traddr} port {trsvcid} over {name}: ");
    let quiet = if path.unavailable { ", which firmware had not up either" } else { "" };
    match &path.broken {
        None => drop(writeln!(out, "up")),
        Some(broken) => {
            let _ = writeln!(out, "stops at {}{quiet}", broken.step.words());
            render_broken(out, broken);
        }
    }
    render_found(out, &path.found);
    render_firmware(out, &path.firmware);
}

fn render_found(out: &mut String, found: &[Found]) {
    if !found.is_empty() {
        let found: Vec<_> = found.iter().map(|found| escape(&found.what)).collect();
        let _ = writeln!(out, "  found:    {}", found.join(", "));
    }
}

fn render_discovery(out: &mut String, controller: &DiscoveryReport) {
    let (traddr, trsvcid, name) = (&controller.traddr, controller.trsvcid, &controller.host_iface);
    let _ = write!(out, "\ndiscovery controller {traddr} port {trsvcid} over {name}: ");
    match &controller.broken {
        None => drop(writeln!(out, "has answered")),
        Some(broken) => {
            let _ = writeln!(out, "stops at {}", broken.step.words());
            render_broken(out, broken);
        }
    }
    render_found(out, &controller.found);
}

fn render_entry(out: &mut String, entry: &EntryReport) {
    let _ = writeln!(out, "\n{}: stops at {}", escape(&entry.entry), entry.broken.step.words());
    render_broken(out, &entry.broken);
    render_firmware(out, &entry.firmware);
}

fn render_broken(out: &mut String, broken: &Broken) {
    let _ = writeln!(out, "  wrong:    {}", escape(&broken.problem));
    let _ = writeln!(out, "  do:       {}", escape(&broken.remedy));
}

fn render_firmware(out: &mut String, said: &[Firmware]) {
    for firmware in said {
        let _ = write!(out, "  firmware: {}: {}.", escape(&firmware.ssns), firmware.codes.join(", "));
        match firmware.advice {
            Some(advice) => drop(writeln!(out, " {advice}")),
            None => out.push('\n'),
        }
    }
}

fn render_namespace(out: &mut String, namespace: &NamespaceReport) {
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
    let _ = writeln!(out, "namespace {name} of {}: {state}", escape(&namespace.nqn));
}
