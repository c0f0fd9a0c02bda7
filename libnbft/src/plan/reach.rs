//! Which targets an HFI can reach.

use super::{Network, Reach};
use core::net::{IpAddr, Ipv6Addr};

/// Whether `a` and `b` share their first `prefix` bits (and their family).
pub(super) fn same_subnet(a: IpAddr, b: IpAddr, prefix: u8) -> bool {
    fn bits(ip: IpAddr) -> (u128, u32) {
        match ip {
            IpAddr::V4(ip) => (u128::from(u32::from(ip)) << 96, 32),
            IpAddr::V6(ip) => (u128::from(ip), 128),
        }
    }
    let ((a, a_width), (b, b_width)) = (bits(a), bits(b));
    let prefix = u32::from(prefix).min(a_width);
    a_width == b_width && (prefix == 0 || (a ^ b) >> (128 - prefix) == 0)
}

pub(super) const fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => Ipv6Addr::is_unicast_link_local(&ip),
    }
}

/// How `target` is reached through `network`, or `None` when the families differ.
pub(super) fn reach(network: &Network, target: IpAddr) -> Option<Reach> {
    if network.is_ipv6() != target.is_ipv6() {
        return None;
    }
    // Every IPv6 interface has a link-local address, whatever else it is given.
    if target.is_ipv6() && is_link_local(target) {
        return Some(Reach::OnLink);
    }
    let firmware_address = network.address.filter(|own| !own.is_unspecified());
    Some(match firmware_address {
        Some(own) if same_subnet(own, target, network.prefix) => Reach::OnLink,
        _ if network.gateway.is_some() => Reach::Gateway,
        _ if network.method != super::Method::Static => Reach::Unknown,
        Some(IpAddr::V4(_)) if network.prefix == 32 => Reach::OnLink,
        _ => Reach::NoRoute,
    })
}
