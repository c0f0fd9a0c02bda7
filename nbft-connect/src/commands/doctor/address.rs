//! The address.

use super::cause::Cause;
use super::machine::Machine;
use super::model::Broken;
use crate::net::{Address, Ipv6Off, Link, ipv6_off};
use libnbft::plan::{Method, Network, NetworkRef, Plan};
use std::net::IpAddr;

/// The code of `connect` for IPv6 that it may not switch on.
const REFUSED: &str = "ipv6-off";

/// The address from which the path's target is to be reached.
pub(super) async fn address(machine: &Machine, plan: &Plan, at: NetworkRef, link: &Link) -> Result<Address, Broken> {
    let network = plan.network(at).ok_or_else(|| {
        Broken::new(Cause::PlanFault, "The plan holds no network for this path.", "Report this as a fault of nbft.")
    })?;
    let on_link = || machine.view.addresses().iter().filter(|address| address.link == link.index);
    let wanted = match network.method {
        Method::Static => network.address,
        _ => granted(machine, plan, at),
    };
    let found = match wanted {
        Some(ip) => on_link().find(|address| address.ip == ip),
        None => None,
    };
    // A router may have brought another address in the place of a static one.
    let found = found.or_else(|| granted(machine, plan, at).and_then(|ip| on_link().find(|address| address.ip == ip)));
    // What a server grants now may be another than what it granted then.
    let any = || on_link().find(|address| serves(address, network));
    let found = found.or_else(|| if network.method == Method::Static { None } else { any() });
    match found {
        Some(address) if address.duplicate => Err(duplicate(machine, address.ip, link).await),
        Some(address) if address.tentative => Err(Broken::new(
            Cause::AddressTentative,
            format!("{} on {} is still being checked for duplicates.", address.ip, link.name),
            "Ask again in a second or two.",
        )),
        Some(address) => Ok(address.clone()),
        None => Err(missing(machine, plan, at, network, link)),
    }
}

/// What a server granted to `connect`.
fn granted(machine: &Machine, plan: &Plan, at: NetworkRef) -> Option<IpAddr> {
    machine.interface_status(plan, at)?.address.as_deref()?.parse().ok()
}

fn serves(address: &Address, network: &Network) -> bool {
    let link_local = match address.ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    };
    address.ip.is_ipv6() == network.is_ipv6() && !link_local
}

async fn duplicate(machine: &Machine, ip: IpAddr, link: &Link) -> Broken {
    let name = &link.name;
    match machine.view.owner(link, ip).await {
        Some(mac) => Broken::new(
            Cause::AddressDuplicate,
            format!("The host with the MAC address {mac} uses {ip}: duplicate address detection failed on {name}."),
            "Give one of the two another address; the kernel will not use this one.",
        ),
        None => Broken::new(
            Cause::AddressDuplicate,
            format!("Another host used {ip}: duplicate address detection failed on {name}, and no host answers now."),
            "Run nbft connect, which sets the address again; if that fails, give one of the two another address.",
        ),
    }
}

fn missing(machine: &Machine, plan: &Plan, at: NetworkRef, network: &Network, link: &Link) -> Broken {
    let name = &link.name;
    if let Some(off) = network.is_ipv6().then(|| ipv6_off(&machine.root, name)).flatten() {
        return without_ipv6(machine, plan, at, name, off);
    }
    if let (Method::Static, Some(ip)) = (network.method, network.address) {
        let elsewhere = machine.view.addresses().iter().find(|address| address.ip == ip);
        if let Some(other) = elsewhere.and_then(|address| machine.view.link(address.link)) {
            return Broken::new(
                Cause::AddressElsewhere,
                format!("{ip} is on {}, not on {name}.", other.name),
                format!(
                    "Keep whatever has set it there from doing so, then run nbft connect, which sets it on {name}."
                ),
            );
        }
        return Broken::new(
            Cause::AddressMissing,
            format!("{name} has no address {ip}{}.", said(machine, plan, at)),
            "Run nbft connect, which sets it.",
        );
    }
    let (what, remedy) = match network.method {
        Method::Dhcp4 => {
            ("DHCPv4", "Check the DHCP server, its relay and the VLAN; nbft connect asks for a lease again.")
        }
        Method::Dhcp6 => ("DHCPv6", "Check the DHCPv6 server and its relay; nbft connect asks for a lease again."),
        _ => (
            "router advertisements",
            "Check that the router advertises a prefix to this network, with its autonomous flag set.",
        ),
    };
    let problem = format!("{name} has no address by {what}{}.", said(machine, plan, at));
    Broken::new(Cause::NoAddress, problem, remedy)
}

/// Why the interface has no IPv6. If `connect` was refused to switch it on, running it again does not help.
fn without_ipv6(machine: &Machine, plan: &Plan, at: NetworkRef, name: &str, off: Ipv6Off) -> Broken {
    if off == Ipv6Off::Kernel {
        return Broken::new(
            Cause::NoIpv6,
            "The kernel has no IPv6.",
            "Take ipv6.disable=1 off the kernel's command line, or have the module ipv6 in the initramfs.",
        );
    }
    let sysctl = format!("net.ipv6.conf.{name}.disable_ipv6");
    let status = machine.interface_status(plan, at);
    let refused = status.and_then(|status| status.code.as_deref()) == Some(REFUSED);
    let remedy = match refused {
        true => format!(
            "Set {sysctl} to 0 from where /proc/sys can be written: outside the container, or as root without a policy \
             that forbids it."
        ),
        false => "Run nbft connect, which switches IPv6 on for this interface.".to_owned(),
    };
    let problem = format!("IPv6 is switched off on {name}: {sysctl} is 1{}.", said(machine, plan, at));
    Broken::new(Cause::Ipv6Off, problem, remedy)
}

/// What `connect` says of the interface, as the end of a sentence.
fn said(machine: &Machine, plan: &Plan, at: NetworkRef) -> String {
    match machine.interface_status(plan, at).and_then(|status| status.reason.as_deref()) {
        Some(reason) => format!(" (nbft connect: {reason})"),
        None => String::new(),
    }
}
