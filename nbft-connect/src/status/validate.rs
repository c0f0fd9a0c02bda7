//! Drops from a status file items whose values do not have the form that the kernel, the tables and nbft use.
//!
//! These values become lines of other programs' files, parts of paths under /sys and keys by which controllers are found.

use super::schema::{DiscoveryStatus, HfiStatus, NamespaceStatus, PathStatus, Status};
use libnbft::model::{Mac, Nid, Uuid};
use libnbft::plan::{DiscoverySource, check_nqn};
use libnbft::text::is_harmless;
use std::net::IpAddr;

/// Longest name of a network interface in bytes (IFNAMSIZ without its NUL).
const MAX_INTERFACE_NAME: usize = 15;

/// How many items are named that are left out; the others are counted.
const MAX_NAMED: usize = 16;

/// Longest DUID in hexadecimal digits (RFC 8415, section 11.1: 130 bytes).
const MAX_DUID: usize = 260;

/// Leaves out each item that has a malformed value; returns which ones. No value is quoted.
pub(super) fn retain_valid(status: &mut Status) -> Vec<String> {
    let mut dropped = Vec::new();
    retain(&mut status.interfaces, "interface", &mut dropped, interface);
    retain(&mut status.paths, "path", &mut dropped, path);
    retain(&mut status.namespaces, "namespace", &mut dropped, namespace);
    retain(&mut status.discovery, "discovery controller", &mut dropped, discovery);
    let interfaces = status.interfaces.iter_mut().map(|of| &mut of.code);
    let codes = interfaces.chain(status.paths.iter_mut().map(|of| &mut of.code));
    let codes = codes.chain(status.namespaces.iter_mut().map(|of| &mut of.code));
    for code in codes.chain(status.discovery.iter_mut().map(|of| &mut of.code)) {
        *code = code.take().filter(|code| is_code(code));
    }
    for (number, interface) in status.interfaces.iter_mut().enumerate() {
        if interface.lease.as_ref().is_some_and(|lease| !is_lease(lease)) {
            dropped.push(format!("the lease of interface {number} is left out: a prefix length or DUID is not valid"));
            interface.lease = None;
        }
    }
    if !all(&status.hostnqn, is_nqn) || !all(&status.hostid, is_uuid) {
        dropped.push("the host identity is left out: it is not valid".to_owned());
        (status.hostnqn, status.hostid) = (None, None);
    }
    if dropped.len() > MAX_NAMED {
        let more = dropped.len() - MAX_NAMED;
        dropped.truncate(MAX_NAMED);
        dropped.push(format!("{more} more are left out"));
    }
    dropped
}

/// `wrong` names the field that is not valid.
fn retain<T>(items: &mut Vec<T>, what: &str, dropped: &mut Vec<String>, wrong: impl Fn(&T) -> Option<&'static str>) {
    let mut number = 0_usize;
    items.retain(|item| {
        let wrong = wrong(item);
        if let Some(field) = wrong {
            dropped.push(format!("{what} {number} is left out: its {field} is not valid"));
        }
        number += 1;
        wrong.is_none()
    });
}

/// The first field that is not valid.
fn first_wrong<const N: usize>(fields: [(&'static str, bool); N]) -> Option<&'static str> {
    fields.into_iter().find(|(_, valid)| !valid).map(|(name, _)| name)
}

fn interface(of: &HfiStatus) -> Option<&'static str> {
    first_wrong([
        ("name", is_interface_name(&of.name)),
        ("MAC address", of.mac.parse::<Mac>().is_ok()),
        ("address", all(&of.address, is_address)),
    ])
}

fn path(of: &PathStatus) -> Option<&'static str> {
    first_wrong([
        ("NQN", is_nqn(&of.nqn)),
        ("transport address", is_address(&of.traddr)),
        ("interface", is_interface_name(&of.host_iface)),
        ("source address", all(&of.host_traddr, is_address)),
        ("controller", all(&of.controller, is_controller)),
        ("discovery controller", of.discovered.as_ref().is_none_or(is_teller)),
    ])
}

fn namespace(of: &NamespaceStatus) -> Option<&'static str> {
    let nid = match (&of.nid_type, &of.nid) {
        (Some(kind), Some(nid)) => Nid::from_parts(kind, nid).is_ok(),
        (None, None) => true,
        _ => false,
    };
    first_wrong([("NQN", is_nqn(&of.nqn)), ("NID", nid), ("device", all(&of.device, is_device))])
}

fn discovery(of: &DiscoveryStatus) -> Option<&'static str> {
    first_wrong([
        ("NQN", is_nqn(&of.nqn)),
        ("transport address", is_address(&of.traddr)),
        ("interface", is_interface_name(&of.host_iface)),
        ("controller", all(&of.controller, is_controller)),
    ])
}

fn is_lease(lease: &crate::net::Lease) -> bool {
    let width = |ip: IpAddr| if ip.is_ipv6() { 128 } else { 32 };
    let is_hex = |text: &str| text.len() <= MAX_DUID && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    lease.prefix <= width(lease.address)
        && lease.routes.iter().all(|route| route.prefix <= width(route.destination))
        && all(&lease.server_duid, is_hex)
}

fn all(value: &Option<String>, valid: impl Fn(&str) -> bool) -> bool {
    value.as_deref().is_none_or(valid)
}

/// Whether the kernel would accept the name (dev_valid_name), and all of it is visible.
fn is_interface_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= MAX_INTERFACE_NAME
        && !matches!(text, "." | "..")
        && text.chars().all(|c| is_harmless(c) && !c.is_whitespace() && !matches!(c, '/' | ':'))
}

/// An address, with or without a prefix length.
fn is_address(text: &str) -> bool {
    let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
    let width = address.parse::<IpAddr>().ok().map(|ip| if ip.is_ipv6() { 128 } else { 32 });
    width.is_some_and(|width| prefix.is_none_or(|prefix| prefix.parse::<u8>().is_ok_and(|prefix| prefix <= width)))
}

/// Whether the plan would accept the NQN.
fn is_nqn(text: &str) -> bool {
    check_nqn(text).is_ok()
}

fn is_uuid(text: &str) -> bool {
    text.parse::<Uuid>().is_ok()
}

/// `nvmeN`.
fn is_controller(text: &str) -> bool {
    text.strip_prefix("nvme").is_some_and(is_number)
}

/// `/dev/nvmeXnY`.
fn is_device(text: &str) -> bool {
    let numbers = text.strip_prefix("/dev/nvme").and_then(|rest| rest.split_once('n'));
    numbers.is_some_and(|(controller, namespace)| is_number(controller) && is_number(namespace))
}

/// Whether nbft may have written the code; another version may have more.
fn is_code(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn is_number(text: &str) -> bool {
    (1..=10).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_teller(teller: &DiscoverySource) -> bool {
    is_nqn(&teller.nqn)
}

#[cfg(test)]
mod tests;
