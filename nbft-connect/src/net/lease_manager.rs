//! Finds the network manager of a link in the running system, and the one that renews its lease: only one program may renew it.

use std::fs;
use std::net::IpAddr;
use std::path::Path;

const NETWORKD: &str = "systemd-networkd";
const NETWORKMANAGER: &str = "NetworkManager";

/// The network manager that configures this link, if one does: systemd-networkd and NetworkManager have a file for each link that says
/// whether they manage it.
pub(super) fn link_manager(root: &Path, link: u32) -> Option<&'static str> {
    if networkd_configures(root, link) || networkd_lease(root, link).is_some() {
        Some(NETWORKD)
    } else if networkmanager_manages(root, link) {
        Some(NETWORKMANAGER)
    } else {
        None
    }
}

/// The network manager whose own lease is for this address of the link, if one has such a lease. A manager that manages the link and
/// has a lease for another address, or none, does not renew this one.
///
/// systemd-networkd has a file for each DHCPv4 lease, and NetworkManager names its leases in the link's file. For systemd-networkd's DHCPv6
/// leases, `expires` decides: whether the address has a lifetime in the kernel. nbft sets addresses without end; a manager sets its lease's
/// time.
#[must_use]
pub fn lease_manager(root: &Path, link: u32, address: IpAddr, expires: bool) -> Option<&'static str> {
    let networkd = match address {
        IpAddr::V4(_) => networkd_lease(root, link) == Some(address),
        IpAddr::V6(_) => expires && networkd_configures(root, link),
    };
    if networkd {
        Some(NETWORKD)
    } else if networkmanager_has_lease(root, link, address, expires) {
        Some(NETWORKMANAGER)
    } else {
        None
    }
}

fn read(root: &Path, file: &str) -> String {
    fs::read_to_string(root.join(file)).unwrap_or_default()
}

/// The address of networkd's DHCPv4 lease.
fn networkd_lease(root: &Path, link: u32) -> Option<IpAddr> {
    let lease = read(root, &format!("run/systemd/netif/leases/{link}"));
    lease.lines().find_map(|line| line.strip_prefix("ADDRESS="))?.parse().ok()
}

fn networkd_configures(root: &Path, link: u32) -> bool {
    let state = read(root, &format!("run/systemd/netif/links/{link}"));
    state.lines().any(|line| matches!(line, "ADMIN_STATE=configured" | "ADMIN_STATE=configuring"))
}

/// Versions of NetworkManager that name no lease in the file are judged by `expires`.
fn networkmanager_has_lease(root: &Path, link: u32, address: IpAddr, expires: bool) -> bool {
    let key = if address.is_ipv4() { "dhcp4.ip_address=" } else { "dhcp6.ip6_address=" };
    let state = read(root, &format!("run/NetworkManager/devices/{link}"));
    let own: Option<IpAddr> = state.lines().find_map(|line| line.trim().strip_prefix(key)?.parse().ok());
    networkmanager_manages(root, link) && own.map_or(expires, |own| own == address)
}

fn networkmanager_manages(root: &Path, link: u32) -> bool {
    let state = read(root, &format!("run/NetworkManager/devices/{link}"));
    state.lines().any(|line| matches!(line.trim(), "managed=true" | "managed=1"))
}

#[cfg(test)]
mod tests {
    use super::{NETWORKD, NETWORKMANAGER, lease_manager, link_manager};
    use std::fs;

    #[test]
    fn a_manager_is_found_by_its_state_file_of_the_link() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        let cases = [
            ("run/systemd/netif/leases/3", "ADDRESS=192.0.2.7\n", Some(NETWORKD)),
            ("run/systemd/netif/links/3", "ADMIN_STATE=configured\nOPER_STATE=routable\n", Some(NETWORKD)),
            ("run/systemd/netif/links/3", "ADMIN_STATE=unmanaged\nOPER_STATE=routable\n", None),
            ("run/NetworkManager/devices/3", "[device]\nmanaged=true\n", Some(NETWORKMANAGER)),
            ("run/NetworkManager/devices/3", "[device]\nmanaged=false\n", None),
            ("run/systemd/netif/leases/4", "ADDRESS=192.0.2.7\n", None),
        ];
        for (file, text, manager) in cases {
            let file = root.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, text).unwrap();
            assert_eq!(link_manager(root, 3), manager, "{}", file.display());
            fs::remove_file(file).unwrap();
        }
    }

    #[test]
    fn a_manager_renews_only_the_lease_that_it_has() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        let lease = ("run/systemd/netif/leases/3", "# a lease\nADDRESS=192.0.2.7\n");
        let networkd = ("run/systemd/netif/links/3", "ADMIN_STATE=configured\n");
        let networkmanager = ("run/NetworkManager/devices/3", "[device]\nmanaged=true\n");
        let file = networkmanager.0;
        let named4 = (file, "[device]\nmanaged=true\n\n[dhcp4]\ndhcp4.ip_address=192.0.2.7\n");
        let named6 = (file, "[device]\nmanaged=true\n\n[dhcp6]\ndhcp6.ip6_address=2001:db8::7\n");
        let cases = [
            (lease, "192.0.2.7", false, Some(NETWORKD)),
            (lease, "192.0.2.7", true, Some(NETWORKD)),
            (lease, "192.0.2.8", true, None),
            (networkd, "192.0.2.7", true, None),
            (networkd, "2001:db8::7", true, Some(NETWORKD)),
            (networkd, "2001:db8::7", false, None),
            (named4, "192.0.2.7", false, Some(NETWORKMANAGER)),
            (named4, "192.0.2.8", true, None),
            (named6, "2001:db8::7", false, Some(NETWORKMANAGER)),
            (named6, "2001:db8::8", true, None),
            (networkmanager, "192.0.2.7", true, Some(NETWORKMANAGER)),
            (networkmanager, "192.0.2.7", false, None),
            (networkmanager, "2001:db8::7", true, Some(NETWORKMANAGER)),
            (networkmanager, "2001:db8::7", false, None),
        ];
        for ((file, text), address, expires, manager) in cases {
            let file = root.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, text).unwrap();
            let found = lease_manager(root, 3, address.parse().unwrap(), expires);
            assert_eq!(found, manager, "{} {address} {expires}", file.display());
            fs::remove_file(file).unwrap();
        }
    }
}
