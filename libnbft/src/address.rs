//! Checks IP addresses from tables and from the network before they reach the kernel.
//!
//! ```
//! use libnbft::address::{Unusable, check_host};
//! assert_eq!(check_host([192, 0, 2, 10].into(), 24), Ok(()));
//! assert_eq!(check_host([192, 0, 2, 255].into(), 24), Err(Unusable::SubnetBroadcast(24)));
//! assert_eq!(Unusable::SubnetBroadcast(24).to_string(), "it is the broadcast address of its /24 subnet");
//! ```

use core::fmt;
use core::net::{IpAddr, Ipv4Addr};
use ipnet::{IpNet, ipv4_mask_to_prefix};

/// Why an address cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Unusable {
    /// `0.0.0.0` or `::`.
    Unspecified,
    /// In `0.0.0.0/8` (RFC 1122, section 3.2.1.3).
    ThisNetwork,
    /// In `127.0.0.0/8`, or `::1`.
    Loopback,
    /// In `224.0.0.0/4` or `ff00::/8`.
    Multicast,
    /// In `240.0.0.0/4` (RFC 1112, section 4).
    Reserved,
    /// `255.255.255.255`.
    Broadcast,
    /// An IPv4 address in IPv6 form: `::ffff:0:0/96` or `::/96` (RFC 4291, section 2.5.5).
    Ipv4InIpv6,
    /// A server granted an address in `fe80::/10`.
    LinkLocal,
    /// The first address of an IPv4 subnet with this prefix length.
    SubnetItself(u8),
    /// The last address of an IPv4 subnet with this prefix length.
    SubnetBroadcast(u8),
    /// The first address of an IPv6 subnet with this prefix length (RFC 4291, section 2.6.1).
    RouterAnycast(u8),
    /// The prefix length is above the address's width in bits.
    Prefix(u8),
    /// The other address is IPv6 and this one IPv4, or the other way round.
    Family,
    /// The gateway is the host's own address.
    Own,
}

impl fmt::Display for Unusable {
    /// A sentence whose subject is "it".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unspecified => "it is the unspecified address",
            Self::ThisNetwork => "it is in 0.0.0.0/8",
            Self::Loopback => "it is a loopback address",
            Self::Multicast => "it is a multicast address",
            Self::Reserved => "it is in the reserved block 240.0.0.0/4",
            Self::Broadcast => "it is the broadcast address",
            Self::Ipv4InIpv6 => "it is an IPv4 address in IPv6 form",
            Self::LinkLocal => "it is a link-local address",
            Self::SubnetItself(prefix) => return write!(f, "it is the address of its /{prefix} subnet itself"),
            Self::SubnetBroadcast(prefix) => return write!(f, "it is the broadcast address of its /{prefix} subnet"),
            Self::RouterAnycast(prefix) => {
                return write!(f, "it is the router anycast address of its /{prefix} subnet");
            }
            Self::Prefix(prefix) => return write!(f, "its prefix length is {prefix}"),
            Self::Family => "it is of the other family",
            Self::Own => "it is the host's own address",
        })
    }
}

impl core::error::Error for Unusable {}

/// Checks the address of an interface; `prefix` is its subnet's length in bits.
///
/// # Errors
///
/// Why no interface can have it. With a prefix length of 31 or 32, the first and last address of an IPv4 subnet are hosts
/// (RFC 3021). With 127 or 128, so is the first address of an IPv6 subnet (RFC 6164).
pub fn check_host(ip: IpAddr, prefix: u8) -> Result<(), Unusable> {
    check_server(ip)?;
    let subnet = IpNet::new(ip, prefix).map_err(|_| Unusable::Prefix(prefix))?;
    let first = subnet.network() == ip;
    match ip {
        IpAddr::V4(_) if prefix >= 31 => Ok(()),
        IpAddr::V4(_) if first => Err(Unusable::SubnetItself(prefix)),
        IpAddr::V4(_) if subnet.broadcast() == ip => Err(Unusable::SubnetBroadcast(prefix)),
        IpAddr::V6(_) if first && prefix < 127 => Err(Unusable::RouterAnycast(prefix)),
        _ => Ok(()),
    }
}

/// Checks an address that a server grants; `prefix` is its subnet's length in bits.
///
/// # Errors
///
/// As [`check_host`]. Also refuses IPv6 link-local addresses: an interface makes them itself (RFC 4862, section 5.3).
pub fn check_granted(ip: IpAddr, prefix: u8) -> Result<(), Unusable> {
    match ip {
        IpAddr::V6(ip) if ip.is_unicast_link_local() => Err(Unusable::LinkLocal),
        _ => check_host(ip, prefix),
    }
}

/// Checks a gateway of an interface that has the address `own` with this prefix length in bits.
///
/// # Errors
///
/// Why it cannot forward packets.
pub fn check_gateway(gateway: IpAddr, own: IpAddr, prefix: u8) -> Result<(), Unusable> {
    if gateway.is_ipv4() != own.is_ipv4() {
        return Err(Unusable::Family);
    }
    if gateway == own {
        return Err(Unusable::Own);
    }
    // The prefix length of another subnet is unknown, and with it the addresses that are no hosts there. An IPv6 router may
    // have the anycast address.
    if gateway.is_ipv4() && prefix <= 32 && network_address(gateway, prefix) == network_address(own, prefix) {
        check_host(gateway, prefix)
    } else {
        check_server(gateway)
    }
}

/// Checks the address of a server (DNS, DHCP, NTP) on any network.
///
/// # Errors
///
/// Why no other host can have the address.
pub fn check_server(ip: IpAddr) -> Result<(), Unusable> {
    let why = match ip {
        IpAddr::V4(ip) => match ip.octets() {
            [0, 0, 0, 0] => Unusable::Unspecified,
            [0, ..] => Unusable::ThisNetwork,
            [127, ..] => Unusable::Loopback,
            [224..=239, ..] => Unusable::Multicast,
            [255, 255, 255, 255] => Unusable::Broadcast,
            [240..=255, ..] => Unusable::Reserved,
            _ => return Ok(()),
        },
        IpAddr::V6(ip) => match ip.segments() {
            [0, 0, 0, 0, 0, 0, 0, 0] => Unusable::Unspecified,
            [0, 0, 0, 0, 0, 0, 0, 1] => Unusable::Loopback,
            [0, 0, 0, 0, 0, 0 | 0xffff, _, _] => Unusable::Ipv4InIpv6,
            [0xff00..=0xffff, ..] => Unusable::Multicast,
            _ => return Ok(()),
        },
    };
    Err(why)
}

/// Checks the address of a target. A loopback address passes: a target may run on the host itself.
///
/// # Errors
///
/// Why no target can have the address.
pub fn check_target(ip: IpAddr) -> Result<(), Unusable> {
    match check_server(ip) {
        Err(why @ (Unusable::Unspecified | Unusable::Multicast | Unusable::Broadcast)) => Err(why),
        _ => Ok(()),
    }
}

/// Checks the destination of a route with this prefix length in bits, and whether it has a gateway.
///
/// # Errors
///
/// Why no route leads there. Without a gateway, [`shortest_on_link`] is the shortest prefix length.
pub fn check_destination(ip: IpAddr, prefix: u8, gateway: bool) -> Result<(), Unusable> {
    match ip {
        _ if prefix > width(ip) => Err(Unusable::Prefix(prefix)),
        _ if !gateway && prefix < shortest_on_link(ip) => Err(Unusable::Prefix(prefix)),
        _ if prefix == 0 => Ok(()),
        IpAddr::V4(ip) if ip.is_loopback() => Err(Unusable::Loopback),
        IpAddr::V4(ip) if prefix >= 8 && ip.octets()[0] == 0 => Err(Unusable::ThisNetwork),
        IpAddr::V4(ip) if ip.is_broadcast() => Err(Unusable::Broadcast),
        IpAddr::V6(_) if prefix >= 96 => match check_server(ip) {
            Err(Unusable::Multicast) | Ok(()) => Ok(()),
            Err(why) => Err(why),
        },
        _ => Ok(()),
    }
}

/// The shortest prefix length in bits of a destination that a server may announce as on the link: 8 for IPv4, 16 for IPv6.
/// A few shorter prefixes together would put every address on the link, as 0 does.
#[must_use]
pub const fn shortest_on_link(ip: IpAddr) -> u8 {
    if ip.is_ipv4() { 8 } else { 16 }
}

/// The prefix length of an IPv4 subnet mask, in bits; `None` if its ones are not contiguous.
#[must_use]
pub fn prefix_of_mask(mask: Ipv4Addr) -> Option<u8> {
    ipv4_mask_to_prefix(mask).ok()
}

/// The first address of the subnet with this prefix length in bits. A length above the address's width counts as the width.
#[must_use]
pub fn network_address(ip: IpAddr, prefix: u8) -> IpAddr {
    IpNet::new_assert(ip, prefix.min(width(ip))).network()
}

const fn width(ip: IpAddr) -> u8 {
    if ip.is_ipv4() { 32 } else { 128 }
}

#[cfg(test)]
mod tests;
