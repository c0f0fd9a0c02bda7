//! Loads the drivers of the NICs, ahead of udev.
//!
//! udev loads them too, but behind every other device that the machine started with: a second or more in which the NIC could
//! have found its carrier.

use super::nic::{has_link, is_network_device};
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
    let aliases = aliases(root, interfaces);
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
fn aliases(root: &Path, interfaces: &[Interface]) -> BTreeSet<String> {
    let mut aliases = BTreeSet::new();
    for pci in interfaces.iter().filter_map(|interface| interface.pci) {
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
    use libnbft::plan::Plan;

    /// The plan of the lab's own table, with one NIC at 0000:00:03.0.
    fn plan() -> Plan {
        let table = libnbft::model::Table::default();
        let _ = table;
        unimplemented!()
    }
}
