//! NIC, carrier, VLAN.

use super::cause::Cause;
use super::machine::Machine;
use super::model::Broken;
use crate::net::{Link, is_network_device};
use libnbft::model::PciAddress;
use libnbft::plan::{Interface, Link as PlanLink};
use std::fs;

/// The link of the NIC that the table means.
pub(super) fn nic(machine: &Machine, interface: &Interface) -> Result<Link, Broken> {
    machine.view.nic(&machine.root, interface).ok_or_else(|| missing(machine, interface))
}

/// Why no link is the NIC.
fn missing(machine: &Machine, interface: &Interface) -> Broken {
    let mac = interface.mac;
    let made_anew = "If the card was moved or exchanged, boot through the firmware's setup once, so that it writes the table \
                     anew; otherwise check that the card is seated and switched on.";
    let Some(pci) = interface.pci else {
        let problem = format!("No NIC has the MAC address {mac}, and the NBFT does not say where it sits.");
        return Broken::new(Cause::NicMissing, problem, made_anew);
    };
    let device = machine.root.join("sys/bus/pci/devices").join(pci.to_string());
    if !device.exists() {
        let problem = format!("No NIC has the MAC address {mac}, and at the PCI address {pci} there is no device.");
        return Broken::new(Cause::NicNotPci, problem, made_anew);
    }
    if !is_network_device(&machine.root, pci) {
        let problem = format!("No NIC has the MAC address {mac}, and the device at {pci} is not a network device.");
        return Broken::new(Cause::NicOtherDevice, problem, made_anew);
    }
    if let Some(link) = machine.view.nic_at(&machine.root, pci) {
        let other = link.mac.map(|mac| mac.to_string()).unwrap_or_default();
        let problem = format!("The NIC at {pci}, {}, has the MAC address {other}, not {mac}.", link.name);
        return Broken::new(Cause::NicOtherMac, problem, made_anew);
    }
    without_link(machine, pci)
}

/// Why a NIC that is there has no link: its driver.
fn without_link(machine: &Machine, pci: PciAddress) -> Broken {
    let device = machine.root.join("sys/bus/pci/devices").join(pci.to_string());
    let driver = fs::read_link(device.join("driver")).ok();
    let driver = driver.and_then(|link| Some(link.file_name()?.to_string_lossy().into_owned()));
    match driver {
        Some(driver) => Broken::new(
            Cause::NicNoInterface,
            format!("The driver {driver} of the NIC at {pci} has made no interface."),
            format!(
                "Look in dmesg for what {driver} says: firmware files that are not in the image are the usual reason."
            ),
        ),
        None => Broken::new(
            Cause::NicNoDriver,
            format!("The NIC at {pci} has no driver."),
            format!(
                "Load the driver (modprobe $(cat /sys/bus/pci/devices/{pci}/modalias)), and have it in the initramfs: {}.",
                machine.generator.with_driver()
            ),
        ),
    }
}

/// Whether the NIC is up and has a carrier.
pub(super) fn carrier(link: &Link) -> Result<(), Broken> {
    if !link.up {
        return Err(Broken::new(
            Cause::LinkDown,
            format!("{} is down: nothing has brought it up.", link.name),
            "Run nbft connect, which does.",
        ));
    }
    if !link.carrier {
        return Err(Broken::new(
            Cause::NoCarrier,
            format!("{} has no carrier.", link.name),
            "Check cable, transceiver and switch port.",
        ));
    }
    Ok(())
}

/// The link that carries the addresses: the NIC itself or a VLAN on it.
pub(super) fn vlan(machine: &Machine, nic: Link, planned: &PlanLink) -> Result<Link, Broken> {
    let Some(id) = planned.vlan else { return Ok(nic) };
    let vlan = machine.view.links().find(|link| link.vlan == Some((nic.index, id)));
    match vlan {
        Some(vlan) if vlan.up && vlan.carrier => Ok(vlan.clone()),
        Some(vlan) => Err(Broken::new(
            Cause::VlanDown,
            format!("{} is down.", vlan.name),
            "Run nbft connect, which brings it up.",
        )),
        None => Err(Broken::new(
            Cause::VlanMissing,
            format!("There is no VLAN {id} on {}.", nic.name),
            "Run nbft connect, which makes it; it needs the kernel module 8021q.",
        )),
    }
}
