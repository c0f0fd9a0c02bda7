//! Determines how an HFI reaches a target.

use super::{Network, Reach};
use crate::subnet::{is_link_local6, same_subnet};
use core::net::IpAddr;

/// How `target` is reached through `network`; `None` if the families differ.
pub(super) fn reach(network: &Network, target: IpAddr) -> Option<Reach> {
    if network.is_ipv6() != target.is_ipv6() {
        return None;
    }
    if is_link_local6(target) {
        return Some(Reach::OnLink);
    }
    Some(match network.address {
        Some(own) if same_subnet(own, target, network.prefix) => Reach::OnLink,
        _ if network.gateway.is_some() => Reach::Gateway,
        _ if network.method != super::Method::Static => Reach::Unknown,
        Some(IpAddr::V4(_)) if network.prefix == 32 => Reach::OnLink,
        _ => Reach::NoRoute,
    })
}
