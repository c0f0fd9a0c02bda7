//! Who renews an interface's lease in the running system: exactly one party may.

use std::fs;
use std::path::Path;

/// The network manager that renews the lease of this link, when there is one.
///
/// systemd-networkd keeps a file for each lease that it holds, and says of each link whether it configures it
/// (`ADMIN_STATE`), which DHCPv6 leases have no other sign of; NetworkManager says of each device whether it manages it.
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
    fn a_manager_is_known_by_what_it_says_of_the_link() {
        let root = std::env::temp_dir().join(format!("nbft-renewer-{}", std::process::id()));
        let cases = [
            ("run/systemd/netif/leases/3", "ADDRESS=192.0.2.7\n", Some("systemd-networkd")),
            ("run/systemd/netif/links/3", "ADMIN_STATE=configured\nOPER_STATE=routable\n", Some("systemd-networkd")),
            ("run/systemd/netif/links/3", "ADMIN_STATE=unmanaged\nOPER_STATE=routable\n", None),
            ("run/NetworkManager/devices/3", "[device]\nmanaged=true\n", Some("NetworkManager")),
            ("run/NetworkManager/devices/3", "[device]\nmanaged=false\n", None),
            ("run/systemd/netif/leases/4", "ADDRESS=192.0.2.7\n", None),
        ];
        for (file, text, who) in cases {
            let file = root.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, text).unwrap();
            assert_eq!(lease_manager(&root, 3), who, "{}", file.display());
            fs::remove_file(file).unwrap();
        }
        fs::remove_dir_all(root).unwrap();
    }
}
