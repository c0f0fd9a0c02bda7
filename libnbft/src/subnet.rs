//! Which addresses share a link.

use core::net::IpAddr;

/// Whether `a` and `b` share their first `prefix` bits, and their family.
pub(crate) fn same_subnet(a: IpAddr, b: IpAddr, prefix: u8) -> bool {
    let shared = match (a, b) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros(),
        (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros(),
        _ => return false,
    };
    shared >= u32::from(prefix)
}

/// Whether this is an IPv6 link-local address: every IPv6 interface has one, whatever else it is given.
pub(crate) const fn is_link_local6(ip: IpAddr) -> bool {
    matches!(ip, IpAddr::V6(ip) if ip.is_unicast_link_local())
}
