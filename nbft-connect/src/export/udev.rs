//! Writes udev rules that name the NICs, so that udev and nbft agree on the names.
//!
//! A rule's `NAME=` takes precedence over .link files: udev's own rule that takes the name from them (80-net-setup-link) keeps a name that
//! is set.

use crate::net::is_network_device;
use libnbft::plan::{BondPort, Interface, Names, Plan};
use std::fmt::Write;
use std::path::Path;

/// The rules.
pub(super) fn rules(plan: &Plan, root: &Path) -> String {
    let mut text = String::from(
        "# Made by nbft: names of the NICs that the NVMe Boot Firmware Table names. The kernel keeps the interface of an\n\
         # NVMe/TCP connection by its name, so the name must stay.\n",
    );
    if plan.names == Names::Kernel {
        text += "# By rd.nvmf.names=kernel or --names=kernel they keep the names that they have.\n";
    }
    for nic in plan.interfaces.iter().flat_map(Interface::nics).filter(|_| plan.names != Names::Kernel) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}", rule(&nic, root));
    }
    for interface in &plan.interfaces {
        let bond = interface.bond.as_ref().map(|_| borrower("bond", &interface.name));
        let vlans = interface.links.iter().filter(|link| link.vlan.is_some() && plan.names != Names::Kernel);
        for rule in bond.into_iter().chain(vlans.map(|link| borrower("vlan", &link.name))) {
            let _ = writeln!(text, "{rule}");
        }
    }
    text
}

/// A link that has a NIC's address keeps its name, also where a rule or a .link file names by that address alone.
fn borrower(kind: &str, name: &str) -> String {
    format!(r#"SUBSYSTEM=="net", ACTION=="add", ENV{{DEVTYPE}}=="{kind}", KERNEL=="{name}", NAME="{name}""#)
}

fn rule(nic: &BondPort, root: &Path) -> String {
    // Only a NIC has a parent device on a bus: VLANs, bonds and bridges share its address without one.
    let mut rule = format!(r#"SUBSYSTEM=="net", ACTION=="add", ATTR{{address}}=="{}", "#, nic.mac);
    match nic.pci.filter(|pci| is_network_device(root, *pci)) {
        Some(pci) => rule.push_str(&format!(r#"KERNELS=="{pci}", "#)),
        None => rule.push_str(r#"SUBSYSTEMS=="?*", DRIVERS=="?*", ATTR{type}=="1", ENV{DEVTYPE}!="?*", "#),
    }
    rule.push_str(&format!(r#"NAME="{}""#, nic.name));
    rule
}
