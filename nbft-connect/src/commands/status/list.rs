//! Writes the status in a line for each item, with all that is known of it.

use super::path_word;
use crate::output::{Screen, Text};
use crate::status::schema::{HfiStatus, State, Status};

fn lease_manager(interface: &HfiStatus) -> &str {
    interface.renewed_by.as_deref().unwrap_or("nobody: nbft-stay.service does not run")
}

/// A line for everything.
pub(super) fn render(status: &Status, screen: Screen) -> Text {
    let mut out = Text::new();
    out.wrapped_whole(screen, 4, format_args!("{}: {}", status.tables.join(", "), &status.message));
    if let (Some(nqn), Some(id)) = (&status.hostnqn, &status.hostid) {
        out.wrapped_whole(screen, 4, format_args!("Host {} ID {id}", nqn));
    }
    for interface in &status.interfaces {
        out.add(format_args!("interface {:<12} {:<8} MAC {}", interface.name, interface.state.word(), interface.mac));
        tail(&mut out, screen, interface.address.as_deref(), interface.reason.as_deref(), interface.ready_ms);
        if !interface.ports.is_empty() {
            out.wrapped_whole(screen, 4, format_args!("  bond of {}", interface.ports.join(", ")));
        }
        if let Some(lease) = &interface.lease {
            let (seconds, server) = (lease.seconds, lease.server);
            out.wrapped_whole(
                screen,
                4,
                format_args!("  lease of {seconds} s from {server}, renewed by {}", lease_manager(interface)),
            );
        }
        if let Some(information) = &interface.information {
            out.wrapped_whole(screen, 4, format_args!("  told by {}: {information}", information.server));
        }
    }
    if let Some(process) = status.service {
        out.wrapped_whole(screen, 4, format_args!("service   process {process} brings up what is missing"));
    }
    for path in &status.paths {
        let name = path.controller.as_deref().unwrap_or("-");
        out.add(format_args!("path      {name:<12} {:<8} {} port {}", path_word(path), path.traddr, path.trsvcid));
        out.add(format_args!(" over {}", path.host_iface));
        tail(&mut out, screen, None, path.reason.as_deref(), path.connected_ms);
        if let Some(ana) = path.ana_state.filter(|_| path.state == State::Up) {
            out.wrapped_whole(screen, 4, format_args!("  ANA state {ana}"));
        }
        if let Some(security) = &path.security {
            out.wrapped_whole(screen, 4, format_args!("  {}", security));
        }
        if let Some(how) = path.authenticated.as_ref().filter(|_| path.state == State::Up) {
            out.wrapped_whole(screen, 4, format_args!("  authenticated by {}", how));
        }
        if let Some(how) = path.secured.as_ref().filter(|_| path.state == State::Up) {
            out.wrapped_whole(screen, 4, format_args!("  secured by {}", how));
        }
    }
    for namespace in &status.namespaces {
        let name = namespace.device.as_deref().unwrap_or("-");
        out.add(format_args!("namespace {name:<12} {:<8}", namespace.state.word()));
        match (&namespace.nid_type, &namespace.nid) {
            (Some(kind), Some(nid)) => out.add(format_args!(" {kind} {nid}")),
            _ if namespace.nsid == 0 => out.add(format_args!(" any namespace")),
            _ => out.add(format_args!(" NSID {}", namespace.nsid)),
        }
        out.add(format_args!(" of {}", &namespace.nqn));
        tail(&mut out, screen, None, namespace.reason.as_deref(), namespace.present_ms);
    }
    for controller in &status.discovery {
        let name = controller.controller.as_deref().unwrap_or("-");
        out.add(format_args!("discovery {name:<12} {:<8} {}", controller.state.word(), controller.traddr));
        out.add(format_args!(" port {} over {}", controller.trsvcid, controller.host_iface));
        let ways = controller.ways.map(|ways| format!("told of {ways} way(s)"));
        tail(&mut out, screen, ways.as_deref(), controller.reason.as_deref(), controller.answered_ms);
    }
    for left in &status.left_out {
        out.wrapped_whole(screen, 4, format_args!("left out: {}", left));
    }
    out
}

fn tail(out: &mut Text, screen: Screen, address: Option<&str>, reason: Option<&str>, ms: Option<u64>) {
    for part in [address, reason].into_iter().flatten() {
        out.add(format_args!(" {}", part));
    }
    if let Some(ms) = ms {
        out.add(format_args!(" after {ms} ms"));
    }
    out.wrapped_whole(screen, 4, "");
}
