//! Replaces IP addresses by documentation addresses (RFC 5737, RFC 3849) and keeps shared subnets visible.

use ipnet::IpNet;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A subnet that an HFI is in.
#[derive(Debug)]
struct Network {
    subnet: IpNet,
    /// Where its replacements begin.
    base: u128,
    /// How many replacements it has so far.
    used: u128,
}

/// The replacements of addresses.
#[derive(Debug)]
pub(super) struct Addresses {
    networks: Vec<Network>,
    known: HashMap<IpAddr, IpAddr>,
    /// Addresses outside every network so far, IPv4 and IPv6.
    outside: [u32; 2],
}

/// Most hosts of one replaced network; more than that are put outside.
const HOSTS: u128 = 254;

fn v4(bits: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from(bits))
}

impl Addresses {
    /// With the networks of these interface addresses and prefix lengths.
    pub(super) fn new(interfaces: impl IntoIterator<Item = (IpAddr, u8)>) -> Self {
        let mut networks: Vec<Network> = Vec::new();
        for (ip, prefix) in interfaces {
            // Firmware leaves 0 in IPv6 prefixes and means 64; an IPv4 prefix of 0 makes a host of its own.
            let prefix = match (prefix, ip) {
                (0, IpAddr::V6(_)) => 64,
                (0, IpAddr::V4(_)) => 32,
                (_, IpAddr::V6(_)) => prefix.min(128),
                (_, IpAddr::V4(_)) => prefix.min(32),
            };
            let Ok(subnet) = IpNet::new(ip, prefix).map(|subnet| subnet.trunc()) else { continue };
            if !networks.iter().any(|known| known.subnet == subnet) {
                let v6 = ip.is_ipv6();
                let number = networks.iter().filter(|known| known.subnet.addr().is_ipv6() == v6).count();
                networks.push(Network { subnet, base: base(number, v6), used: 0 });
            }
        }
        // The narrowest network that holds an address is the one it belongs to.
        networks.sort_by_key(|network| std::cmp::Reverse(network.subnet.prefix_len()));
        Self { networks, known: HashMap::new(), outside: [0, 0] }
    }

    /// The replacement of a set address.
    pub(super) fn replace(&mut self, ip: IpAddr) -> IpAddr {
        if ip.is_unspecified() || ip.is_loopback() || ip == IpAddr::V4(Ipv4Addr::BROADCAST) {
            return ip;
        }
        if let Some(known) = self.known.get(&ip) {
            return *known;
        }
        let inside = self.networks.iter_mut().find(|network| network.subnet.contains(&ip)).and_then(Network::next);
        let replacement = inside.unwrap_or_else(|| self.next_outside(ip));
        self.known.insert(ip, replacement);
        replacement
    }

    fn next_outside(&mut self, ip: IpAddr) -> IpAddr {
        let counter = &mut self.outside[usize::from(ip.is_ipv6())];
        *counter += 1;
        match ip {
            IpAddr::V4(_) if *counter < 255 => v4(0xcb00_7100 + *counter),
            IpAddr::V4(_) => v4(0xf100_0000 + *counter),
            IpAddr::V6(v6) if v6.is_unicast_link_local() => {
                Ipv6Addr::from((0xfe80 << 112) + u128::from(*counter)).into()
            }
            IpAddr::V6(_) => Ipv6Addr::from((0x2001_0db8_ffff_u128 << 80) + u128::from(*counter)).into(),
        }
    }
}

/// Where the network of this number lies: the documentation networks first, then those for benchmarks (RFC 2544), then a
/// part that is never routed.
fn base(number: usize, v6: bool) -> u128 {
    let n = number as u128;
    match (n, v6) {
        (_, true) => (0x2001_0db8_u128 << 96) + ((n + 1) << 80),
        (0, false) => 0xc000_0200,
        (1, false) => 0xc633_6400,
        (2..514, false) => 0xc612_0000 + ((n - 2) << 8),
        (_, false) => 0xf000_0000 + ((n - 514) << 8),
    }
}

impl Network {
    /// The next free address of the replaced network.
    fn next(&mut self) -> Option<IpAddr> {
        let host_bits = self.subnet.max_prefix_len() - self.subnet.prefix_len();
        let last = if host_bits < 8 { (1 << host_bits) - 1 } else { HOSTS };
        // If there is room, 0 stays free: it is no host's address.
        let first = u128::from(last > 1);
        let host = first + self.used;
        if host > last {
            return None;
        }
        self.used += 1;
        let bits = self.base + host;
        Some(if self.subnet.addr().is_ipv6() { Ipv6Addr::from(bits).into() } else { v4(bits as u32) })
    }
}
