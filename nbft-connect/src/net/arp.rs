//! Keeps NICs of one IPv4 subnet from answering ARP for each other.
//!
//! By default Linux answers on each NIC for all addresses of the machine. A host then sends to the wrong NIC. If no other NIC is in the
//! subnet, nbft keeps the default, so that service addresses on `lo` are answered for.

use super::state::{Address, State};
use super::subnet;
use super::sysctl::set;
use super::target::LinkId;
use super::worker::Worker;
use libnbft::plan::{Interface, Network};
use std::convert::Infallible;
use std::net::IpAddr;
use std::path::Path;

/// A NIC answers for its own addresses only, and asks from them.
pub(crate) const ARP_SYSCTLS: [(&str, &str); 2] = [("arp_ignore", "1"), ("arp_announce", "2")];

/// Whether two networks on different links may be in one IPv4 subnet. A DHCP server may grant any subnet to a network of which the
/// table names no address.
pub(crate) fn may_share(one: &Network, other: &Network) -> bool {
    if one.is_ipv6() || other.is_ipv6() {
        return false;
    }
    match (one.address, other.address) {
        (Some(ip), Some(other_ip)) => is_one_subnet((ip, one.prefix), (other_ip, other.prefix)),
        _ => true,
    }
}

fn is_one_subnet((ip, prefix): (IpAddr, u8), (other, other_prefix): (IpAddr, u8)) -> bool {
    let shorter = prefix.min(other_prefix);
    ip.is_ipv4() && other.is_ipv4() && subnet(ip, shorter) == subnet(other, shorter)
}

/// For each link of an interface, whether another planned link may be in its subnet.
pub(super) fn shared_links(interfaces: &[Interface], number: usize) -> Vec<bool> {
    let links = |of: usize| interfaces.get(of).into_iter().flat_map(|interface| interface.links.iter().enumerate());
    let shared = |link: usize, networks: &[Network]| {
        let others = (0..interfaces.len()).flat_map(|of| links(of).map(move |(at, link)| (of, at, link)));
        let others = others.filter(|(of, at, _)| (*of, *at) != (number, link)).flat_map(|(_, _, link)| &link.networks);
        others.into_iter().any(|other| networks.iter().any(|network| may_share(network, other)))
    };
    links(number).map(|(at, link)| shared(at, &link.networks)).collect()
}

/// Sets the sysctls of a link.
pub(super) fn answer_for_own_addresses(root: &Path, name: &str) {
    for (key, value) in ARP_SYSCTLS {
        set(&root.join("proc/sys/net/ipv4/conf").join(name).join(key), value);
    }
}

/// Whether another link has an address in the subnet of one of this link's.
fn is_shared(state: &State, link: u32) -> bool {
    let of = |address: &Address| (address.ip, address.prefix);
    // A /32, such as a service address, shares a subnet with no other address.
    let other = |address: &&Address| address.link != link && address.prefix < 32 && !address.ip.is_loopback();
    let own = state.addresses.iter().filter(|address| address.link == link);
    own.into_iter().any(|own| state.addresses.iter().filter(other).any(|other| is_one_subnet(of(own), of(other))))
}

impl Worker {
    /// Sets the sysctls of a link if another NIC of the machine, also one that is not in the table, is in its subnet.
    pub(super) fn check_subnet(&self, link: LinkId<'_>) {
        if self.watcher.read(|state| is_shared(state, link.index)) {
            answer_for_own_addresses(&self.root, link.name);
        }
    }

    /// Sets the sysctls of a link when another NIC comes into its subnet.
    pub(super) async fn watch_subnet(&self, link: LinkId<'_>) -> Infallible {
        if self.watcher.wait_for(|state| is_shared(state, link.index).then_some(())).await.is_some() {
            answer_for_own_addresses(&self.root, link.name);
        }
        std::future::pending().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::usable::tests::planned;

    #[test]
    fn networks_may_share_a_subnet_unless_their_addresses_say_otherwise() {
        let of = |address: &str, prefix| {
            let mut network = planned(address, prefix);
            network.prefix = prefix;
            network
        };
        let cases = [
            (of("192.0.2.2", 24), of("192.0.2.3", 24), true),
            (of("192.0.2.2", 24), of("192.0.2.200", 28), true),
            (of("192.0.2.2", 24), of("192.0.3.2", 24), false),
            (of("192.0.2.2", 24), of("0.0.0.0", 24), true),
            (of("2001:db8:1::2", 64), of("2001:db8:1::3", 64), false),
            (of("192.0.2.2", 24), of("2001:db8:1::3", 64), false),
        ];
        for (one, other, shared) in cases {
            assert_eq!(may_share(&one, &other), shared, "{one:?} {other:?}");
            assert_eq!(may_share(&other, &one), shared, "{other:?} {one:?}");
        }
    }
}
