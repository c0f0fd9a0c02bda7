//! Finds NIC, carrier and VLAN of a path, or says why one is missing.

use super::cause::NetworkFault;
use super::machine::Machine;
use crate::net::{Link, is_network_device};
use libnbft::model::PciAddress;
use libnbft::plan::{Interface, Link as PlanLink};
use std::fs;

/// The link of the NIC that the table means.
pub(super) fn nic(machine: &Machine, interface: &Interface) -> Result<Link, NetworkFault> {
    machine.view.nic(&machine.root, interface).ok_or_else(|| missing(machine, interface))
}

/// Why no link is the NIC.
fn missing(machine: &Machine, interface: &Interface) -> NetworkFault {
    let mac = interface.mac;
    let Some(pci) = interface.pci else {
        return NetworkFault::NicMissing { mac };
    };
    if !machine.root.join("sys/bus/pci/devices").join(pci.to_string()).exists() {
        return NetworkFault::NicNoDevice { mac, pci };
    }
    if !is_network_device(&machine.root, pci) {
        return NetworkFault::NicOtherDevice { mac, pci };
    }
    if let Some(link) = machine.view.nic_at(&machine.root, pci) {
        return NetworkFault::NicOtherMac { mac, pci, name: link.name.clone(), other: link.mac };
    }
    without_link(machine, pci)
}

/// Why a NIC that is there has no link: its driver.
fn without_link(machine: &Machine, pci: PciAddress) -> NetworkFault {
    let device = machine.root.join("sys/bus/pci/devices").join(pci.to_string());
    let driver = fs::read_link(device.join("driver")).ok();
    let driver = driver.and_then(|link| Some(link.file_name()?.to_string_lossy().into_owned()));
    match driver {
        Some(driver) => NetworkFault::NicNoInterface { pci, driver },
        None => NetworkFault::NicNoDriver { pci, generator: machine.generator },
    }
}

/// Whether the NIC is up and has a carrier.
pub(super) fn carrier(link: &Link) -> Result<(), NetworkFault> {
    let name = || link.name.clone();
    match (link.up, link.carrier) {
        (false, _) => Err(NetworkFault::LinkDown { name: name() }),
        (true, false) => Err(NetworkFault::NoCarrier { name: name() }),
        (true, true) => Ok(()),
    }
}

/// The link that carries the addresses: the NIC itself or a VLAN on it.
pub(super) fn vlan(machine: &Machine, nic: Link, planned: &PlanLink) -> Result<Link, NetworkFault> {
    let Some(id) = planned.vlan else { return Ok(nic) };
    let vlan = machine.view.links().find(|link| link.vlan == Some((nic.index, id)));
    match vlan {
        Some(vlan) if vlan.up && vlan.carrier => Ok(vlan.clone()),
        Some(vlan) => Err(NetworkFault::VlanDown { name: vlan.name.clone() }),
        None => Err(NetworkFault::VlanMissing { nic: nic.name, id }),
    }
}
