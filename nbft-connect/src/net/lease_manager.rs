//! Finds the network manager that renews an interface's lease in the running system: only one program may.

use std::fs;
use std::path::Path;

/// The network manager that renews the lease of this link, if one does.
///
/// systemd-networkd has a file for each DHCPv4 lease, and writes for each link whether it configures it (`ADMIN_STATE`), the only sign
/// of a DHCPv6 lease. NetworkManager writes for each device whether it manages it.
#[must_use]
pub fn lease_manager(root: &Path, link: u32) -> Option<&'static str> {
    let read = |file: String| fs::read_to_string(root.join(file)).unwrap_or_default();
    let networkd = || {
        root.join(format!("run/systemd/netif/leases/{link}")).exists()
            || read(format!("run/systemd/netif/links/{link}"))
                .lines()
                .any(|line| matches!(line, "ADMIN_STATE=configured" | "ADMIN_STATE=configuring"))
    };
    let networkmanager = || {
        read(format!("run/NetworkManager/devices/{link}"))
            .lines()
            .any(|line| matches!(line.trim(), "managed=true" | "managed=1"))
    };
    if networkd() {
        Some("systemd-networkd")
    } else if networkmanager() {
        Some("NetworkManager")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::lease_manager;
    use std::fs;

    #[test]
    fn a_manager_is_found_by_its_state_file_of_the_link() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        let cases = [
            ("run/systemd/netif/leases/3", "ADDRESS=192.0.2.7\n", Some("systemd-networkd")),
            ("run/systemd/netif/links/3", "ADMIN_STATE=configured\nOPER_STATE=routable\n", Some("systemd-networkd")),
            ("run/systemd/netif/links/3", "ADMIN_STATE=unmanaged\nOPER_STATE=routable\n", None),
            ("run/NetworkManager/devices/3", "[device]\nmanaged=true\n", Some("NetworkManager")),
            ("run/NetworkManager/devices/3", "[device]\nmanaged=false\n", None),
            ("run/systemd/netif/leases/4", "ADDRESS=192.0.2.7\n", None),
        ];
        for (file, text, manager) in cases {
            let file = root.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, text).unwrap();
            assert_eq!(lease_manager(root, 3), manager, "{}", file.display());
            fs::remove_file(file).unwrap();
        }
    }
}
