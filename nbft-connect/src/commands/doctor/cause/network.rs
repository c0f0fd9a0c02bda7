//! Describes the failures of this machine's network, from the NIC to the route.

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
    #[error("{}", duplicate(*ip, name, *owner))]
    AddressDuplicate {
        ip: IpAddr,
        name: String,
        /// The MAC address of the host that has it now, if one answers.
        owner: Option<Mac>,
    },
    /// Another interface has the address.
    #[error("{ip} is on {other}, not on {name}.")]
    AddressElsewhere { ip: IpAddr, name: String, other: String },
    /// The interface does not have the address.
    #[error("{}{}.", missing(*ip, name, master.as_deref()), said(reason.as_deref()))]
    AddressMissing {
        ip: Option<IpAddr>,
        name: String,
        /// The link that it is a port of.
        master: Option<String>,
        reason: Option<String>,
    },
    /// A sysctl has switched IPv6 off on the interface.
    #[error("IPv6 is switched off on {name}: {} is 1{}.", sysctl(name), said(reason.as_deref()))]
    Ipv6Off {
        name: String,
        reason: Option<String>,
        /// Whether `nbft connect` may not switch it on.
        is_refused: bool,
    },
    /// The kernel has no IPv6.
    #[error("The kernel has no IPv6.")]
    NoIpv6,
    /// The interface has no address by DHCP or router advertisement.
    #[error("{name} has no address by {}{}.", words(*method), said(reason.as_deref()))]
    NoAddress { name: String, method: Method, reason: Option<String> },
    /// The target is in another subnet, and the table names no gateway.
    #[error(
        "{target} is not in the subnet {ip}/{prefix} of {name}{}",
        match target {
            IpAddr::V4(_) => ", and the NBFT names no gateway.",
            IpAddr::V6(_) => ", the NBFT names no gateway, and no router advertises a route.",
        }
    )]
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
    Ipv6Off => "ipv6-off",
    NoIpv6 => "ipv6-missing",
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
            | Self::Ipv6Off { .. }
            | Self::NoIpv6
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
            Self::AddressDuplicate { owner: None, .. } => {
                "Run nbft connect, which sets the address again; if that fails, give one of the two another address.".into()
            }
            Self::AddressDuplicate { owner: Some(_), .. } => {
                "Give one of the two another address; the kernel will not use this one.".into()
            }
            Self::AddressElsewhere { name, other, .. } => {
                format!("Remove it from the configuration of {other}, then run nbft connect, which sets it on {name}.")
            }
            Self::AddressMissing { name, master: Some(master), .. } => {
                format!("Give {master} the address, or remove {name} from it; nbft sets none on a port.")
            }
            Self::AddressMissing { master: None, .. } => "Run nbft connect, which sets it.".into(),
            Self::Ipv6Off { name, is_refused: true, .. } => format!(
                "Set {} to 0 from where /proc/sys can be written: outside the container, or as root without a policy that \
                 forbids it.",
                sysctl(name)
            ),
            Self::Ipv6Off { is_refused: false, .. } => {
                "Run nbft connect, which switches IPv6 on for this interface.".into()
            }
            Self::NoIpv6 => {
                "Take ipv6.disable=1 off the kernel's command line, or have the module ipv6 in the initramfs.".into()
            }
            Self::NoAddress { method, .. } => match method {
                Method::Dhcp4 => "Check the DHCP server, its relay and the VLAN; nbft connect asks for a lease again.",
                Method::Dhcp6 => "Check the DHCPv6 server and its relay; nbft connect asks for a lease again.",
                _ => "Check that the router advertises a prefix to this network, with its autonomous flag set.",
            }
            .into(),
            Self::NoGateway { target: IpAddr::V6(_), hfi, .. } => format!(
                "Let the router send advertisements with a lifetime, or name the gateway of {hfi} in the firmware's setup."
            ),
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

fn duplicate(ip: IpAddr, name: &str, owner: Option<Mac>) -> String {
    match owner {
        Some(mac) => {
            format!("The host with the MAC address {mac} uses {ip}: duplicate address detection failed on {name}.")
        }
        None => {
            format!("Another host used {ip}: duplicate address detection failed on {name}, and no host answers now.")
        }
    }
}

fn missing(ip: Option<IpAddr>, name: &str, master: Option<&str>) -> String {
    let address = ip.map_or_else(|| "no address for it".to_owned(), |ip| format!("no address {ip}"));
    match master {
        Some(master) => format!("{name} is a port of {master}, which has {address}"),
        None => format!("{name} has {address}"),
    }
}

/// The sysctl that switches IPv6 off on a link.
fn sysctl(name: &str) -> String {
    format!("net.ipv6.conf.{name}.disable_ipv6")
}

const fn words(method: Method) -> &'static str {
    match method {
        Method::Dhcp4 => "DHCPv4",
        Method::Dhcp6 => "DHCPv6",
        _ => "router advertisements",
    }
}
