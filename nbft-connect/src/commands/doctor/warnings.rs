//! Warns of what is wrong with the machine as a whole, or with an interface.

use super::machine::Machine;
use super::model::Warning;
use crate::input::read_regular;
use crate::net::{Address, Link};
use crate::nvme::discoverd;
use libnbft::plan::{Interface, Method, Plan};
use std::fs;
use std::net::IpAddr;

/// All warnings, those on the whole machine first.
pub(super) fn all(machine: &Machine, plan: &Plan) -> Vec<Warning> {
    let mut warnings = Vec::new();
    warnings.extend(switched_off(machine));
    warnings.extend(driver(machine));
    warnings.extend(identity(machine, plan));
    warnings.extend(multipath(machine, plan));
    warnings.extend(other_connector(machine));
    for interface in plan.interfaces.iter().filter(|interface| !interface.links.is_empty()) {
        let nic = machine.view.nic(&machine.root, interface);
        warnings.extend(borrowed(machine, interface, nic.as_ref()));
        if let Some(nic) = nic {
            warnings.extend(taken(machine, &nic));
            warnings.extend(subnets(machine, interface, &nic));
        }
    }
    warnings
}

fn switched_off(machine: &Machine) -> Option<Warning> {
    let parameter = machine.kernel.nbft_off()?;
    let problem = format!("{parameter} is on the kernel's command line: nbft connects nothing.");
    Some(Warning::new("switched-off", problem, "Take it off the command line to boot by the NBFT."))
}

fn driver(machine: &Machine) -> Option<Warning> {
    if !machine.has_driver() {
        return Some(match machine.has_module_file("nvme-tcp") {
            Some(false) => Warning::new(
                "no-module",
                "The kernel module nvme-tcp is not loaded, and there is none under /lib/modules for this kernel.",
                format!(
                    "Make the initramfs anew for this kernel ({}), or install the package that has the module.",
                    machine.generator.with_nbft()
                ),
            ),
            _ => Warning::new(
                "no-module",
                "The kernel module nvme-tcp is not loaded.",
                "Load it (modprobe nvme-tcp), as nbft connect does; if that fails, dmesg says why.",
            ),
        });
    }
    (!machine.has_device()).then(|| {
        Warning::new(
            "no-device",
            "The NVMe/TCP driver is loaded, but there is no /dev/nvme-fabrics.",
            "Load nvme-fabrics (modprobe nvme-fabrics) and check that /dev is a devtmpfs.",
        )
    })
}

/// nvme-discoverd, which connects the same paths.
fn other_connector(machine: &Machine) -> Option<Warning> {
    discoverd::takes_nbft(&machine.root).then(|| {
        Warning::new(
            "nvme-discoverd",
            "nvme-discoverd connects the NBFT's paths too, and may connect one twice.",
            format!("Set nbft=false in the section [Global] of {}.", discoverd::SETTINGS),
        )
    })
}

/// Native multipath is off: each path becomes a disk of its own.
fn multipath(machine: &Machine, plan: &Plan) -> Option<Warning> {
    let parameter = fs::read_to_string(machine.root.join("sys/module/nvme_core/parameters/multipath"));
    let off = parameter.map_or_else(|_| machine.kernel.multipath_off(), |text| text.trim() == "N");
    let notes = if off { crate::input::plan::without_multipath(plan) } else { Vec::new() };
    (!notes.is_empty()).then(|| {
        Warning::new(
            "no-multipath",
            notes.join("; ") + ".",
            "Leave out nvme_core.multipath=N, unless dm-multipath is meant.",
        )
    })
}

/// Largest file with one NQN or ID that is read, in bytes; an NQN has at most 223.
const MAX_IDENTITY: u64 = 4096;

/// nvme-cli and other programs use the pair in /etc/nvme, and the kernel refuses one host ID with two NQNs.
fn identity(machine: &Machine, plan: &Plan) -> Option<Warning> {
    let host = plan.host.as_ref()?;
    let read = |name: &str| {
        let text = read_regular(&machine.root.join("etc/nvme").join(name), MAX_IDENTITY).ok()?;
        let text = String::from_utf8(text).ok()?;
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    };
    let mut differing = Vec::new();
    if let Some(nqn) = read("hostnqn").filter(|nqn| *nqn != host.nqn) {
        differing.push(format!("/etc/nvme/hostnqn holds {nqn}, the NBFT {}", host.nqn));
    }
    if let Some(id) = read("hostid").filter(|id| !id.eq_ignore_ascii_case(&host.id.to_string())) {
        differing.push(format!("/etc/nvme/hostid holds {id}, the NBFT {}", host.id));
    }
    (!differing.is_empty()).then(|| {
        Warning::new(
            "host-identity",
            format!(
                "{}: connections made by the one pair may be refused beside those made by the other.",
                differing.join("; ")
            ),
            "Give /etc/nvme the NBFT's pair, or none: nbft leaves it in /run/nbft/hostnqn and /run/nbft/hostid.",
        )
    })
}

/// Another link that has the NIC's MAC address while the NIC itself is missing.
fn borrowed(machine: &Machine, interface: &Interface, nic: Option<&Link>) -> Option<Warning> {
    if nic.is_some() {
        return None;
    }
    let borrower = machine.view.links().find(|link| {
        link.mac == Some(interface.mac) && link.vlan.is_none() && !machine.view.is_nic(&machine.root, link)
    })?;
    Some(Warning::new(
        "borrowed-mac",
        format!("{} has the MAC address {} and is no NIC, but a link on top of others.", borrower.name, interface.mac),
        "It is not used: nbft sets up NICs only.",
    ))
}

/// A NIC that is a port of another program's bond or bridge and has addresses of its own, which take no part in the traffic.
fn taken(machine: &Machine, nic: &Link) -> Option<Warning> {
    let master = machine.view.link(nic.master?)?;
    let is_own = |address: &Address| {
        let link_local = matches!(address.ip, IpAddr::V6(ip) if ip.is_unicast_link_local());
        address.link == nic.index && !link_local
    };
    if !machine.view.addresses().iter().any(is_own) {
        return None;
    }
    Some(Warning::new(
        "taken",
        format!(
            "{} is a port of {}: what comes in goes there, and not to the NIC's own address.",
            nic.name, master.name
        ),
        format!("Take {} out of the configuration of {}.", nic.name, master.name),
    ))
}

/// Addresses of the table that are set with another prefix length than the table's.
fn subnets(machine: &Machine, interface: &Interface, nic: &Link) -> Vec<Warning> {
    let mut warnings = Vec::new();
    for link in &interface.links {
        let index = match link.vlan {
            None => Some(nic.index),
            Some(id) => machine.view.links().find(|l| l.vlan == Some((nic.index, id))).map(|l| l.index),
        };
        for network in link.networks.iter().filter(|network| network.method == Method::Static) {
            let set = machine
                .view
                .addresses()
                .iter()
                .find(|address| Some(address.link) == index && Some(address.ip) == network.address);
            if let Some(set) = set.filter(|set| set.prefix != network.prefix) {
                let (name, ip, planned) = (&link.name, set.ip, network.prefix);
                warnings.push(Warning::new(
                    "subnet",
                    format!("{name} has {ip}/{}, and the NBFT says {ip}/{planned}.", set.prefix),
                    "Find what has set it; nbft connect sets it as the NBFT says.",
                ));
            }
        }
    }
    warnings
}
