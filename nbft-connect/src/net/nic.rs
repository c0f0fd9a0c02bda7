//! Finds the link of a table's NIC, and tells whether udev has handled it.

use super::state::{Link, State};
use libnbft::model::{Mac, PciAddress};
use rtnetlink::packet_route::link::InfoKind;
use std::fs;
use std::path::Path;

/// The NIC's link, by PCI address and MAC; by the MAC alone if no NIC can be at that PCI address.
pub(super) fn find(state: &State, root: &Path, mac: Mac, pci: Option<PciAddress>) -> Option<Link> {
    let candidates: Vec<&Link> = state.links.values().filter(|link| link.has_mac(mac) && is_nic(link, root)).collect();
    let at_pci = |link: &&&Link| pci.is_some_and(|pci| is_at(link, root, pci));
    if let Some(link) = candidates.iter().find(at_pci) {
        return Some((*link).clone());
    }
    if pci.is_some_and(|pci| may_appear(root, pci)) {
        return None;
    }
    // The permanent MAC distinguishes the NIC from another one that was given its address.
    let permanent = candidates.iter().find(|link| link.permanent_mac == Some(mac));
    permanent.or(candidates.first()).map(|link| (*link).clone())
}

/// Whether a link is a NIC, and not a VLAN, bond or bridge with a NIC's address. In network namespaces a veth pair, which has no
/// device, serves as a NIC.
pub(super) fn is_nic(link: &Link, root: &Path) -> bool {
    link.kind == Some(InfoKind::Veth) || root.join("sys/class/net").join(&link.name).join("device").exists()
}

pub(super) fn is_at(link: &Link, root: &Path, pci: PciAddress) -> bool {
    // A virtio NIC is a device under the PCI device.
    let device = fs::canonicalize(root.join("sys/class/net").join(&link.name).join("device"));
    let wanted = pci.to_string();
    device.is_ok_and(|path| path.components().any(|part| part.as_os_str() == wanted.as_str()))
}

/// Whether a network device is at the PCI address whose driver has made no link yet.
fn may_appear(root: &Path, pci: PciAddress) -> bool {
    is_network_device(root, pci) && !has_link(&root.join("sys/bus/pci/devices").join(pci.to_string()))
}

/// Whether the device at a PCI address is a network device, with or without a driver.
#[must_use]
pub fn is_network_device(root: &Path, pci: PciAddress) -> bool {
    let class = root.join("sys/bus/pci/devices").join(pci.to_string()).join("class");
    fs::read_to_string(class).is_ok_and(|class| class.starts_with("0x02"))
}

/// The name that the NIC with this MAC address has now.
pub(crate) fn nic_name(root: &Path, mac: Mac) -> Option<String> {
    let links =
        fs::read_dir(root.join("sys/class/net")).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let has = |name: &String, file: &str| {
        let text = fs::read_to_string(root.join("sys/class/net").join(name).join(file));
        text.is_ok_and(|text| text.trim().parse() == Ok(mac))
    };
    // A bond gives its ports another address.
    let mut of_nic = links.filter(|name| root.join("sys/class/net").join(name).join("device").exists());
    of_nic.find(|name| has(name, "address") || has(name, "bonding_slave/perm_hwaddr"))
}

/// Whether the device, or a virtio device under it, has a link.
pub(super) fn has_link(device: &Path) -> bool {
    let children = fs::read_dir(device).into_iter().flatten().flatten();
    device.join("net").exists()
        || children
            .filter(|child| child.file_type().is_ok_and(|kind| kind.is_dir()))
            .any(|child| child.path().join("net").exists())
}

/// Whether udev runs: it renames NICs then.
pub(super) fn udev_runs(root: &Path) -> bool {
    root.join("run/udev/control").exists()
}

/// Whether udev has handled the link's appearance: its database has an entry then.
pub(super) fn udev_is_done(root: &Path, index: u32) -> bool {
    root.join(format!("run/udev/data/n{index}")).exists()
}
