//! Finds the NIC of the host interface, and gives it the host's address temporarily.

use crate::error::{FetchFault, InterfaceFault};
use crate::smbios::{Assignment, Device, HostInterface};
use nbft_connect::net::{Link, NetSnapshot, TemporaryNic, subnet};
use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;
use tokio::time::Instant;

/// How long to wait for the NIC: USB devices may appear late.
const APPEARS_LIMIT: Duration = Duration::from_secs(10);

/// Pause between two checks for the NIC.
const POLL: Duration = Duration::from_millis(100);

/// Waits for the NIC.
pub(crate) async fn find(root: &Path, device: &Device) -> Result<TemporaryNic, FetchFault> {
    let end = Instant::now() + APPEARS_LIMIT;
    loop {
        let snapshot = NetSnapshot::take().await.map_err(FetchFault::Network)?;
        let link = snapshot.links().find(|link| snapshot.is_nic(root, link) && is(root, link, device)).cloned();
        match link {
            Some(link) => return TemporaryNic::new(link).map_err(FetchFault::Network),
            None if Instant::now() > end => {
                return Err(FetchFault::NicMissing { device: device.clone(), seconds: APPEARS_LIMIT.as_secs() });
            }
            None => tokio::time::sleep(POLL).await,
        }
    }
}

/// Sets up the NIC for packets to a service, unless this is done already.
pub(crate) async fn prepare(
    nic: &mut TemporaryNic,
    interface: &HostInterface,
    service: IpAddr,
) -> Result<(), FetchFault> {
    let failed = |fault| FetchFault::HostInterface { device: interface.device.clone(), fault };
    let snapshot = NetSnapshot::take().await.map_err(|error| failed(InterfaceFault::Network(error)))?;
    if is_in_subnet(nic.link(), &snapshot, service) {
        return Ok(());
    }
    if interface.vlan != 0 {
        return Err(failed(InterfaceFault::Vlan(interface.vlan)));
    }
    let Some((address, prefix)) = interface.host.filter(|_| interface.assignment != Assignment::Dhcp) else {
        let (name, assignment) = (nic.link().name.clone(), interface.assignment);
        return Err(failed(InterfaceFault::NoAddress { name, service, assignment }));
    };
    nic.set_up(address, prefix).await.map_err(|error| failed(InterfaceFault::Network(error)))
}

/// Whether a link is up, with an address in the service's subnet.
fn is_in_subnet(link: &Link, snapshot: &NetSnapshot, service: IpAddr) -> bool {
    let is_near =
        |ip: IpAddr, prefix| ip.is_ipv4() == service.is_ipv4() && subnet(ip, prefix) == subnet(service, prefix);
    link.up && snapshot.addresses().iter().any(|at| at.link == link.index && is_near(at.ip, at.prefix))
}

/// Whether a link is the device: compares the MAC if it is known, otherwise vendor and product.
fn is(root: &Path, link: &Link, device: &Device) -> bool {
    let (mac, vendor, product, files) = match device {
        Device::Usb(vendor, product, mac) => (mac, vendor, product, ["../idVendor", "../idProduct"]),
        Device::Pci(vendor, product, mac) => (mac, vendor, product, ["vendor", "device"]),
        Device::Other(_) => return false,
    };
    if let Some(mac) = mac {
        return link.has_mac(*mac);
    }
    let Ok(directory) = fs::canonicalize(root.join("sys/class/net").join(&link.name).join("device")) else {
        return false;
    };
    let number = |file: &str| {
        let text = fs::read_to_string(directory.join(file)).ok()?;
        u16::from_str_radix(text.trim().trim_start_matches("0x"), 16).ok()
    };
    files.map(number) == [Some(*vendor), Some(*product)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use libnbft::model::Mac;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_nic_without_a_known_mac_is_found_by_vendor_and_product() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap();
        let (usb, pci) = (root.join("devices/1-1"), root.join("devices/0000:00:03.0"));
        for (device, link, at) in [(&usb, "usb0", "1-1/1-1:1.0"), (&pci, "eth0", "0000:00:03.0")] {
            fs::create_dir_all(root.join("devices").join(at)).unwrap();
            fs::create_dir_all(root.join("sys/class/net").join(link)).unwrap();
            symlink(root.join("devices").join(at), root.join("sys/class/net").join(link).join("device")).unwrap();
            let [vendor, product] = if link == "usb0" { ["idVendor", "idProduct"] } else { ["vendor", "device"] };
            let prefix = if link == "usb0" { "" } else { "0x" };
            fs::write(device.join(vendor), format!("{prefix}0d28\n")).unwrap();
            fs::write(device.join(product), format!("{prefix}0204\n")).unwrap();
        }
        let link = |name: &str| {
            let mut link = Link::default();
            (link.name, link.mac) = (name.into(), Some(Mac([2, 0, 0, 0, 0, 1])));
            link
        };
        let (usb, pci) = (Device::Usb(0x0d28, 0x0204, None), Device::Pci(0x0d28, 0x0204, None));
        assert!(is(&root, &link("usb0"), &usb) && is(&root, &link("eth0"), &pci));
        assert!(!is(&root, &link("usb0"), &pci) && !is(&root, &link("eth0"), &usb) && !is(&root, &link("lo"), &usb));
        assert!(!is(&root, &link("usb0"), &Device::Usb(0x0d28, 0x0205, None)));
        assert!(is(&root, &link("lo"), &Device::Usb(0, 0, Some(Mac([2, 0, 0, 0, 0, 1])))));
        assert!(!is(&root, &link("usb0"), &Device::Usb(0x0d28, 0x0204, Some(Mac([2, 0, 0, 0, 0, 2])))));
        assert!(!is(&root, &link("usb0"), &Device::Other(9)));
    }
}
