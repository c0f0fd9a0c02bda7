//! Sets the sysctls of an interface before its link is up.

use libnbft::model::Mac;
use libnbft::plan::{Interface, Link, Method, Network};
use std::fs;
use std::net::IpAddr;
use std::path::Path;

/// Answers may arrive by another link than the main table would use (`rp_filter` 2, loose).
pub(crate) const RP_FILTER: (&str, &str) = ("rp_filter", "2");

/// What router advertisements bring to a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Advertised {
    /// Nothing: the table has everything.
    Nothing,
    /// Routes: a static IPv6 address has no gateway in the table.
    Routes,
    /// Routes and addresses.
    Addresses,
}

impl Advertised {
    /// What the networks of a link need.
    pub(crate) fn of<'n>(networks: impl Iterator<Item = &'n Network>) -> Self {
        let of_network = |network: &Network| match network.method {
            Method::Slaac | Method::Dhcp6 => Self::Addresses,
            _ if network.is_ipv6() && network.gateway.is_none() => Self::Routes,
            _ => Self::Nothing,
        };
        networks.map(of_network).max().unwrap_or(Self::Nothing)
    }

    /// The sysctls for it (`accept_ra` 2: also on a machine that forwards).
    pub(crate) const fn sysctls(self) -> [(&'static str, &'static str); 2] {
        match self {
            Self::Nothing => [("accept_ra", "0"), ("autoconf", "0")],
            Self::Routes => [("accept_ra", "2"), ("autoconf", "0")],
            Self::Addresses => [("accept_ra", "2"), ("autoconf", "1")],
        }
    }
}

/// Whether a network's static address is the one that its NIC makes of an advertised prefix (RFC 4291, appendix A). EDK2 writes such
/// an address as a static one without a gateway.
pub(super) fn is_autoconfigured(network: &Network, mac: Mac) -> bool {
    let [a, b, c, d, e, f] = mac.0;
    let identifier = [a ^ 2, b, c, 0xff, 0xfe, d, e, f];
    let address = match network.address {
        Some(IpAddr::V6(ip)) => ip.octets(),
        _ => return false,
    };
    network.method == Method::Static
        && (network.gateway, network.prefix) == (None, 64)
        && address.ends_with(&identifier)
}

/// Sets the sysctl that paths over several NICs need.
pub(super) fn set_rp_filter(root: &Path, name: &str) {
    let (key, value) = RP_FILTER;
    set(&root.join("proc/sys/net/ipv4/conf").join(name).join(key), value);
}

/// Sets whether the kernel takes routes and addresses from routers. The resident service (`maintains`) also lets a router replace a
/// static address that was made of its prefix.
pub(super) fn set_advertised(root: &Path, name: &str, interface: &Interface, link: &Link, maintains: bool) {
    let follows = maintains && link.networks.iter().any(|network| is_autoconfigured(network, interface.mac));
    let advertised = if follows { Advertised::Addresses } else { Advertised::of(link.networks.iter()) };
    let ipv6 = ipv6(root, name);
    // A kernel without IPv6 has no such sysctls.
    if advertised != Advertised::Nothing || ipv6.exists() {
        for (key, value) in advertised.sysctls() {
            set(&ipv6.join(key), value);
        }
    }
}

/// Keeps advertisements from changing the lifetime of the addresses that a link has.
pub(super) fn keep_addresses(root: &Path, name: &str) {
    set(&ipv6(root, name).join("autoconf"), "0");
}

fn ipv6(root: &Path, name: &str) -> std::path::PathBuf {
    root.join("proc/sys/net/ipv6/conf").join(name)
}

#[expect(clippy::disallowed_methods, reason = "a sysctl gets a constant")]
pub(super) fn set(file: &Path, value: &str) {
    if fs::read_to_string(file).is_ok_and(|now| now.trim() == value) {
        return;
    }
    if let Err(error) = fs::write(file, value) {
        log::warn!("{}: {value} cannot be written: {error}", file.display());
    }
}
