//! Loads the drivers of the NICs before udev does.
//!
//! udev handles every other device of the machine first. Without this, a NIC gets its carrier a second or more later.

use super::nic::{has_link, is_network_device};
use libnbft::model::PciAddress;
use libnbft::plan::Interface;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Stdio;

/// Starts modprobe for the drivers of the interfaces that have no link yet. nbft does not wait for it, and its failure is no failure
/// of the boot: udev still loads the driver.
pub(super) fn load(root: &Path, interfaces: &[Interface]) {
    // Another root has the devices of another machine.
    if root != Path::new("/") {
        return;
    }
    let aliases = aliases(root, interfaces.iter().flat_map(devices));
    if aliases.is_empty() {
        return;
    }
    log::debug!("modprobe {}", aliases.iter().map(String::as_str).collect::<Vec<_>>().join(" "));
    // -b: respects the administrator's blacklist.
    let child = tokio::process::Command::new("modprobe")
        .args(["-a", "-b", "-q"])
        .args(&aliases)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    if let Err(error) = child {
        log::debug!("modprobe: {error}");
    }
}

/// The PCI addresses of a NIC, or of the NICs under a bond.
fn devices(interface: &Interface) -> impl Iterator<Item = PciAddress> {
    let ports = interface.bond.iter().flat_map(|bond| &bond.ports);
    interface.pci.into_iter().chain(ports.filter_map(|port| port.pci))
}

/// The module aliases of the NICs' devices, and of virtio devices under them.
fn aliases(root: &Path, at: impl Iterator<Item = PciAddress>) -> BTreeSet<String> {
    let mut aliases = BTreeSet::new();
    for pci in at {
        let device = root.join("sys/bus/pci/devices").join(pci.to_string());
        if !is_network_device(root, pci) || has_link(&device) {
            continue;
        }
        let children = fs::read_dir(&device).into_iter().flatten().flatten();
        let children = children.filter(|child| child.file_type().is_ok_and(|kind| kind.is_dir()));
        for directory in children.map(|child| child.path()).chain([device]) {
            if let Ok(alias) = fs::read_to_string(directory.join("modalias")) {
                aliases.insert(alias.trim().to_owned());
            }
        }
    }
    aliases
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn aliases_are_those_of_nics_without_a_link() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        let devices = root.join("sys/bus/pci/devices");
        // A virtio NIC, one that has its driver, a disk.
        file(&devices.join("0000:00:03.0/class"), "0x020000\n");
        file(&devices.join("0000:00:03.0/modalias"), "pci:virtio\n");
        file(&devices.join("0000:00:03.0/virtio0/modalias"), "virtio:d1\n");
        file(&devices.join("0000:00:04.0/class"), "0x020000\n");
        file(&devices.join("0000:00:04.0/modalias"), "pci:has-link\n");
        file(&devices.join("0000:00:04.0/net/eth0/address"), "");
        file(&devices.join("0000:00:05.0/class"), "0x010000\n");
        file(&devices.join("0000:00:05.0/modalias"), "pci:disk\n");
        let at = |device| PciAddress::new(0, 0, device, 0);
        let found: Vec<_> = aliases(root, [3, 4, 5, 6].map(at).into_iter()).into_iter().collect();
        assert_eq!(found, ["pci:virtio", "virtio:d1"]);
    }
}
