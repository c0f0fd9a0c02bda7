//! What is wrong with this machine's network, from the NIC to the route.

use super::step::Step;
use crate::commands::doctor::generator::Generator;
use crate::net::RouteFailure;
use libnbft::codes;
use libnbft::model::{Mac, PciAddress};
use libnbft::plan::Method;
use std::net::IpAddr;

/// What is wrong with this machine's network. Display is a sentence. `name` is the link's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NetworkFault {
    /// No NIC has the MAC address.
    #[error("No NIC has the MAC address {mac}, and the NBFT does not say where it sits.")]
    NicMissing { mac: Mac },
    /// There is no device at the PCI address.
    #[error("No NIC has the MAC address {mac}, and at the PCI address {pci} there is no device.")]
    NicNoDevice { mac: Mac, pci: PciAddress },
    /// The device at the PCI address is no NIC.
    #[error("No NIC has the MAC address {mac}, and the device at {pci} is not a network device.")]
    NicOtherDevice { mac: Mac, pci: PciAddress },
    /// The NIC at the PCI address has another MAC address.
    #[error(
        "The NIC at {pci}, {name}, has {}, not {mac}.",
        other.map_or_else(|| "no MAC address".to_owned(), |other| format!("the MAC address {other}"))
    )]
    NicOtherMac { mac: Mac, pci: PciAddress, name: String, other: Option<Mac> },
    /// The driver has made no interface.
    #[error("The driver {driver} of the NIC at {pci} has made no interface.")]
    NicNoInterface { pci: PciAddress, driver: String },
    /// The NIC has no driver.
    #[error("The NIC at {pci} has no driver.")]
    NicNoDriver { pci: PciAddress, generator: Generator },
    /// The interface is down.
    #[error("{name} is down: nothing has brought it up.")]
    LinkDown { name: String },
    /// The interface has no carrier.
    #[error("{name} has no carrier.")]
    NoCarrier { name: String },
    /// The VLAN is down.
    #[error("{name} is down.")]
    VlanDown { name: String },
    /// There is no such VLAN.
    #[error("There is no VLAN {id} on {nic}.")]
    VlanMissing { nic: String, id: u16 },
    /// Duplicate address detection has not ended.
    #[error("{ip} on {name} is still being checked for duplicates.")]
    AddressTentative { ip: IpAddr, name: String },
    /// Another host has the address.
    #[error("Another host uses {ip}: duplicate address detection failed on {name}.")]
    AddressDuplicate { ip: IpAddr, name: String },
    /// Another interface has the address.
    #[error("{ip} is on {other}, not on {name}.")]
    AddressElsewhere { ip: IpAddr, name: String, other: String },
    /// The interface does not have the address.
    #[error("{name} has no address {ip}{}.", said(reason.as_deref()))]
    AddressMissing { ip: IpAddr, name: String, reason: Option<String> },
    /// The interface has no address by DHCP or router advertisement.
    #[error("{name} has no address by {}{}.", words(*method), said(reason.as_deref()))]
    NoAddress { name: String, method: Method, reason: Option<String> },
    /// The target is in another subnet, and the table names no gateway.
    #[error("{target} is not in the subnet {ip}/{prefix} of {name}, and the NBFT names no gateway.")]
    NoGateway { target: IpAddr, ip: IpAddr, prefix: u8, name: String, hfi: String },
    /// There is no route to the target.
    #[error("There is no route from {ip} to {target} over {name} ({error}).")]
    NoRoute { target: IpAddr, ip: IpAddr, name: String, error: RouteFailure, gateway: Option<IpAddr> },
}

codes!(NetworkFault {
    NicMissing => "nic-missing",
    NicNoDevice => "nic-no-device",
    NicOtherDevice => "nic-other-device",
    NicOtherMac => "nic-other-mac",
    NicNoInterface => "nic-no-interface",
    NicNoDriver => "nic-no-driver",
    LinkDown => "link-down",
    NoCarrier => "no-carrier",
    VlanDown => "vlan-down",
    VlanMissing => "vlan-missing",
    AddressTentative => "address-tentative",
    AddressDuplicate => "address-duplicate",
    AddressElsewhere => "address-elsewhere",
    AddressMissing => "address-missing",
    NoAddress => "no-address",
    NoGateway => "no-gateway",
    NoRoute => "no-route",
});

impl NetworkFault {
    pub(super) const fn step(&self) -> Step {
        match self {
            Self::NicMissing { .. }
            | Self::NicNoDevice { .. }
            | Self::NicOtherDevice { .. }
            | Self::NicOtherMac { .. }
            | Self::NicNoInterface { .. }
            | Self::NicNoDriver { .. } => Step::Nic,
            Self::LinkDown { .. } | Self::NoCarrier { .. } => Step::Carrier,
            Self::VlanDown { .. } | Self::VlanMissing { .. } => Step::Vlan,
            Self::AddressTentative { .. }
            | Self::AddressDuplicate { .. }
            | Self::AddressElsewhere { .. }
            | Self::AddressMissing { .. }
            | Self::NoAddress { .. } => Step::Address,
            Self::NoGateway { .. } | Self::NoRoute { .. } => Step::Route,
        }
    }

    pub(super) fn remedy(&self) -> String {
        match self {
            Self::NicMissing { .. }
            | Self::NicNoDevice { .. }
            | Self::NicOtherDevice { .. }
            | Self::NicOtherMac { .. } => {
                "If the card was moved or exchanged, boot through the firmware's setup once, so that it writes the table \
                 anew; otherwise check that the card is seated and switched on."
                    .into()
            }
            Self::NicNoInterface { driver, .. } => {
                format!("Look in dmesg for {driver}: the usual reason is firmware files that the image lacks.")
            }
            Self::NicNoDriver { pci, generator } => format!(
                "Load the driver (modprobe $(cat /sys/bus/pci/devices/{pci}/modalias)), and have it in the initramfs: {}.",
                generator.with_driver()
            ),
            Self::LinkDown { .. } => "Run nbft connect, which brings it up.".into(),
            Self::NoCarrier { .. } => "Check cable, transceiver and switch port.".into(),
            Self::VlanDown { .. } => "Run nbft connect, which brings it up.".into(),
            Self::VlanMissing { .. } => "Run nbft connect, which makes it; it needs the kernel module 8021q.".into(),
            Self::AddressTentative { .. } => "Ask again in a second or two.".into(),
            Self::AddressDuplicate { .. } => {
                "Give one of the two another address; the kernel will not use this one.".into()
            }
            Self::AddressElsewhere { name, other, .. } => {
                format!("Remove it from the configuration of {other}, then run nbft connect, which sets it on {name}.")
            }
            Self::AddressMissing { .. } => "Run nbft connect, which sets it.".into(),
            Self::NoAddress { method, .. } => match method {
                Method::Dhcp4 => "Check the DHCP server, its relay and the VLAN; nbft connect asks for a lease again.",
                Method::Dhcp6 => "Check the DHCPv6 server and its relay; nbft connect asks for a lease again.",
                _ => "Check that the router advertises a prefix to this network, with its autonomous flag set.",
            }
            .into(),
            Self::NoGateway { hfi, .. } => {
                format!("Correct prefix length or gateway of {hfi} in the firmware's setup.")
            }
            Self::NoRoute { gateway: Some(gateway), .. } => {
                format!("Run nbft connect, which sets it through the gateway {gateway}.")
            }
            Self::NoRoute { gateway: None, .. } => {
                "Run nbft connect, which sets it; if the target is behind a router, the HFI needs a gateway.".into()
            }
        }
    }
}

/// What `connect` says of the interface, as the end of a sentence.
fn said(reason: Option<&str>) -> String {
    reason.map(|reason| format!(" (nbft connect: {reason})")).unwrap_or_default()
}

const fn words(method: Method) -> &'static str {
    match method {
        Method::Dhcp4 => "DHCPv4",
        Method::Dhcp6 => "DHCPv6",
        _ => "router advertisements",
    }
}
