//! Determines which addresses share a link.

use core::net::IpAddr;
use ipnet::IpNet;

/// Whether `a` and `b` have the same family and the same first `prefix` bits.
pub(crate) fn same_subnet(a: IpAddr, b: IpAddr, prefix: u8) -> bool {
    IpNet::new(a, prefix).is_ok_and(|subnet| subnet.contains(&b))
}

/// Whether this is an IPv6 link-local address. Every IPv6 interface has one.
pub(crate) const fn is_link_local6(ip: IpAddr) -> bool {
    matches!(ip, IpAddr::V6(ip) if ip.is_unicast_link_local())
}
