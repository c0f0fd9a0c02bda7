//! Kernel options of our interfaces, made before the link is up.

use libnbft::plan::{Link, Method};
use std::fs;
use std::path::Path;

/// Answers may come in by another way than the main table would send them (2, loose), and on a shared subnet only the NIC
/// that has an address may answer for it.
pub(crate) const IPV4_SETTINGS: [(&str, &str); 3] = [("rp_filter", "2"), ("arp_ignore", "1"), ("arp_announce", "2")];

/// Whether router advertisements give addresses; 2: also where the machine forwards.
pub(crate) const fn ipv6_settings(advertised: bool) -> [(&'static str, &'static str); 2] {
    if advertised { [("accept_ra", "2"), ("autoconf", "1")] } else { [("accept_ra", "0"), ("autoconf", "0")] }
}

/// Sets what paths over several NICs need, and keeps router advertisements away from static addresses.
pub(super) fn apply(root: &Path, name: &str, link: &Link) {
    let ipv4 = root.join("proc/sys/net/ipv4/conf").join(name);
    for (key, value) in IPV4_SETTINGS {
        set(&ipv4.join(key), value);
    }
    let autoconfigured = link.networks.iter().any(|n| matches!(n.method, Method::Slaac | Method::Dhcp6));
    let ipv6 = root.join("proc/sys/net/ipv6/conf").join(name);
    // A kernel without IPv6 has nothing to be kept from.
    if autoconfigured || ipv6.exists() {
        for (key, value) in ipv6_settings(autoconfigured) {
            set(&ipv6.join(key), value);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a setting of the kernel's, and our own word")]
fn set(file: &Path, value: &str) {
    if fs::read_to_string(file).is_ok_and(|now| now.trim() == value) {
        return;
    }
    if let Err(error) = fs::write(file, value) {
        log::warn!("{}: cannot be set to {value}: {error}", file.display());
    }
}
