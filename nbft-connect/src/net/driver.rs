//! Loads the drivers of the NICs, ahead of udev.
//!
//! udev loads them too, but behind every other device that the machine started with: a second or more in which the NIC could
//! have found its carrier.

use super::nic::{has_link, is_network_device};
use libnbft::model::PciAddress;
use libnbft::plan::Interface;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Stdio;

/// Asks modprobe for the drivers of the interfaces that have no link yet. Not waited for, and no failure is one of ours: the
/// NIC comes with udev then, or not at all.
pub(super) fn load(root: &Path, interfaces: &[Interface]) {
    // The devices of another root are not this machine's.
    if root != Path::new("/") {
        return;
    }
    let aliases = aliases(root, interfaces.iter().filter_map(|interface| interface.pci));
    if aliases.is_empty() {
        return;
    }
    log::debug!("modprobe {}", aliases.iter().map(String::as_str).collect::<Vec<_>>().join(" "));
    // -b: what the administrator keeps from being loaded is not loaded by us either.
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

/// What the NICs' devices, and virtio's under them, call themselves.
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
    fn drivers_are_asked_for_by_the_aliases_of_nics_without_a_link() {
        let root = std::env::temp_dir().join(format!("nbft-driver-{}", std::process::id()));
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
        let found: Vec<_> = aliases(&root, [3, 4, 5, 6].map(at).into_iter()).into_iter().collect();
        fs::remove_dir_all(&root).unwrap();
        assert_eq!(found, ["pci:virtio", "virtio:d1"]);
    }
}
