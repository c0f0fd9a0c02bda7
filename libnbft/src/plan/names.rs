//! Names the interfaces of a plan and the VLANs on them.

use crate::model::PciAddress;
use alloc::format;
use alloc::string::String;

/// The longest name of a Linux interface, in bytes (IFNAMSIZ without its NUL).
const LONGEST: usize = 15;

/// How interfaces are named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Names {
    /// By the order of the tables: `nbft0`, `nbft1`, …. A name changes if firmware leaves out an earlier NIC.
    #[default]
    Table,
    /// By the PCI address: `nbftp03001` at 03:00.1, `nbft1p03001` at 0001:03:00.1. A NIC without a PCI address, or at the address of an
    /// earlier one, is named by the order of the tables. So is a VLAN whose name would be longer than 15 bytes.
    Pci,
    /// The kernel and udev name the NICs, and nbft does not rename them. In the plan they have the names of [`Self::Table`].
    Kernel,
}

impl Names {
    #[cfg(feature = "serde")]
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The name of a NIC, the `ordinal`th in the order of the tables; `is_taken` says whether another interface has a name.
    pub(super) fn interface(self, ordinal: usize, pci: Option<PciAddress>, is_taken: impl Fn(&str) -> bool) -> String {
        let by_pci = pci.filter(|_| self == Self::Pci).map(pci_name).filter(|name| !is_taken(name));
        by_pci.unwrap_or_else(|| table_name(ordinal))
    }
}

/// The name of the VLAN `vlan` on the NIC `interface`, the `ordinal`th in the order of the tables.
pub(super) fn vlan(interface: &str, ordinal: usize, vlan: u16) -> String {
    let name = format!("{interface}.{vlan}");
    if name.len() <= LONGEST { name } else { format!("{}.{vlan}", table_name(ordinal)) }
}

fn table_name(ordinal: usize) -> String {
    format!("nbft{ordinal}")
}

/// Uses the digits of `lspci`, so that the name leaves room for a VLAN's ID.
fn pci_name(pci: PciAddress) -> String {
    let (bus, device, function) = (pci.bus(), pci.device(), pci.function());
    match pci.segment {
        0 => format!("nbftp{bus:02x}{device:02x}{function}"),
        segment => format!("nbft{segment:x}p{bus:02x}{device:02x}{function}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_by_pci_fit_with_every_vlan_in_the_first_domain() {
        for (pci, name, on_vlan) in [
            ("03:00.1", "nbftp03001", "nbftp03001.4094"),
            ("ff:1f.7", "nbftpff1f7", "nbftpff1f7.4094"),
            ("0001:03:00.1", "nbft1p03001", "nbft7.4094"),
            ("ffff:ff:1f.7", "nbftffffpff1f7", "nbft7.4094"),
        ] {
            let named = Names::Pci.interface(7, Some(pci.parse().unwrap()), |_| false);
            assert_eq!((named.as_str(), vlan(&named, 7, 4094).as_str()), (name, on_vlan));
            assert!(named.len() <= LONGEST);
        }
        assert_eq!(vlan("nbft1p03001", 7, 100), "nbft1p03001.100");
    }

    #[test]
    fn a_nic_without_an_address_of_its_own_is_named_by_the_tables() {
        let pci = Some(PciAddress::new(0, 3, 0, 1));
        assert_eq!(Names::Pci.interface(2, None, |_| false), "nbft2");
        assert_eq!(Names::Pci.interface(2, pci, |name| name == "nbftp03001"), "nbft2");
        assert_eq!(Names::Table.interface(2, pci, |_| false), "nbft2");
        assert_eq!(Names::Kernel.interface(2, pci, |_| false), "nbft2");
    }
}
