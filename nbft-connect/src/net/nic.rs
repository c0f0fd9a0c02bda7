//! Which link is the NIC that the table means, and whether udev is done with it.

use super::state::{Link, State};
use libnbft::model::{Mac, PciAddress};
use rtnetlink::packet_route::link::InfoKind;
use std::fs;
use std::path::Path;

/// The NIC's link: at the PCI address, with the MAC; by the MAC alone when no NIC can be at that PCI address.
pub(super) fn find(state: &State, root: &Path, mac: Mac, pci: Option<PciAddress>) -> Option<Link> {
    let candidates: Vec<&Link> = state.links.values().filter(|link| link.has_mac(mac) && is_nic(link, root)).collect();
    let at_pci = |link: &&&Link| pci.is_some_and(|pci| is_at(link, root, pci));
    if let Some(link) = candidates.iter().find(at_pci) {
        return Some((*link).clone());
    }
    if pci.is_some_and(|pci| may_still_come(root, pci)) {
        return None;
    }
    // The permanent address tells a NIC from one whose address was set to it.
    let permanent = candidates.iter().find(|link| link.permanent_mac == Some(mac));
    permanent.or(candidates.first()).map(|link| (*link).clone())
}

/// Whether a link is a NIC and not a VLAN, bond or bridge that borrows its address. A veth pair has no device, and stands
/// for a NIC in network namespaces.
pub(super) fn is_nic(link: &Link, root: &Path) -> bool {
    link.kind == Some(InfoKind::Veth) || root.join("sys/class/net").join(&link.name).join("device").exists()
}

pub(super) fn is_at(link: &Link, root: &Path, pci: PciAddress) -> bool {
    // A virtio NIC is a device under the PCI device.
    let device = fs::canonicalize(root.join("sys/class/net").join(&link.name).join("device"));
    let wanted = pci.to_string();
    device.is_ok_and(|path| path.components().any(|part| part.as_os_str() == wanted.as_str()))
}

/// Whether a network device sits at the PCI address whose driver has not made a link yet.
fn may_still_come(root: &Path, pci: PciAddress) -> bool {
    is_network_device(root, pci) && !has_link(&root.join("sys/bus/pci/devices").join(pci.to_string()))
}

/// Whether the device at a PCI address is a network device, with or without a driver.
#[must_use]
pub fn is_network_device(root: &Path, pci: PciAddress) -> bool {
    let class = root.join("sys/bus/pci/devices").join(pci.to_string()).join("class");
    fs::read_to_string(class).is_ok_and(|class| class.starts_with("0x02"))
}

/// Whether the device, or one under it (virtio), has a link.
pub(super) fn has_link(device: &Path) -> bool {
    let children = fs::read_dir(device).into_iter().flatten().flatten();
    device.join("net").exists()
        || children
            .filter(|child| child.file_type().is_ok_and(|kind| kind.is_dir()))
            .any(|child| child.path().join("net").exists())
}

/// Whether udev runs, and so names NICs.
pub(super) fn udev_runs(root: &Path) -> bool {
    root.join("run/udev/control").exists()
}

/// Whether udev has done what it does when a device appears: its database has an entry then.
pub(super) fn udev_is_done(root: &Path, index: u32) -> bool {
    root.join(format!("run/udev/data/n{index}")).exists()
}
