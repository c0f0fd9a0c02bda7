//! Sets the sysctls of an interface before its link is up.

use libnbft::plan::{Link, Method};
use std::fs;
use std::path::Path;

/// Answers may arrive by another link than the main table would use (`rp_filter` 2, loose). On a shared subnet, only the NIC that has
/// an address answers ARP for it.
pub(crate) const IPV4_SYSCTLS: [(&str, &str); 3] = [("rp_filter", "2"), ("arp_ignore", "1"), ("arp_announce", "2")];

/// Whether router advertisements bring addresses (`accept_ra` 2: also on a machine that forwards).
pub(crate) const fn ipv6_sysctls(autoconfigured: bool) -> [(&'static str, &'static str); 2] {
    if autoconfigured { [("accept_ra", "2"), ("autoconf", "1")] } else { [("accept_ra", "0"), ("autoconf", "0")] }
}

/// Sets the sysctls that paths over several NICs need. A link with static addresses only ignores router advertisements.
pub(super) fn apply(root: &Path, name: &str, link: &Link) {
    let ipv4 = root.join("proc/sys/net/ipv4/conf").join(name);
    for (key, value) in IPV4_SYSCTLS {
        set(&ipv4.join(key), value);
    }
    let autoconfigured = link.networks.iter().any(|n| matches!(n.method, Method::Slaac | Method::Dhcp6));
    let ipv6 = root.join("proc/sys/net/ipv6/conf").join(name);
    // A kernel without IPv6 has no such sysctls.
    if autoconfigured || ipv6.exists() {
        for (key, value) in ipv6_sysctls(autoconfigured) {
            set(&ipv6.join(key), value);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a sysctl gets a constant")]
fn set(file: &Path, value: &str) {
    if fs::read_to_string(file).is_ok_and(|now| now.trim() == value) {
        return;
    }
    if let Err(error) = fs::write(file, value) {
        log::warn!("{}: {value} cannot be written: {error}", file.display());
    }
}
