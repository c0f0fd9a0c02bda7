//! Kernel settings of our interfaces, made before the link is up.

use libnbft::plan::{Link, Method};
use std::fs;
use std::path::Path;

/// Sets what paths over several NICs need, and keeps router advertisements away from static addresses.
pub(super) fn apply(root: &Path, name: &str, link: &Link) {
    let ipv4 = root.join("proc/sys/net/ipv4/conf").join(name);
    // Answers may come in by another way than the main table would send them (2, loose), and on a shared subnet only the
    // NIC that has an address may answer for it.
    for (key, value) in [("rp_filter", "2"), ("arp_ignore", "1"), ("arp_announce", "2")] {
        set(&ipv4.join(key), value);
    }
    let autoconfigured = link.networks.iter().any(|n| matches!(n.method, Method::Slaac | Method::Dhcp6));
    let ipv6 = root.join("proc/sys/net/ipv6/conf").join(name);
    if autoconfigured {
        set(&ipv6.join("accept_ra"), "2");
        set(&ipv6.join("autoconf"), "1");
    } else if ipv6.exists() {
        set(&ipv6.join("accept_ra"), "0");
        set(&ipv6.join("autoconf"), "0");
    }
}

fn set(file: &Path, value: &str) {
    if fs::read_to_string(file).is_ok_and(|now| now.trim() == value) {
        return;
    }
    if let Err(error) = fs::write(file, value) {
        log::warn!("{}: cannot be set to {value}: {error}", file.display());
    }
}
