//! Lists what an initramfs needs for the tables, a `key value` a line: for generators and hooks, which read it with
//! `while read -r key value`. The form is described in nbft-export(1) and only grows.

use super::File;
use crate::input::plan::Tables;
use crate::net::is_network_device;
use libnbft::model::{Address, HfiTcp, Mac, Requirement};
use libnbft::plan::{Plan, Policy};
use libnbft::text::{DiscoveryUri, HostAddress};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::net::IpAddr;
use std::path::Path;

/// The file. It names those addresses in `compare` that are a target's, spelled as given.
pub(crate) fn file(tables: &Tables, plan: &Plan, root: &Path, compare: &[String]) -> File {
    let mut text = String::new();
    let mut line = |key: &str, value: &str| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{key} {}", word(value));
    };
    line("tls", tls(tables));
    line("redfish", if fetches_by_redfish(plan) { "yes" } else { "no" });
    let nics: Vec<&HfiTcp> = hfis(tables).collect();
    for mac in nics.iter().map(|tcp| tcp.mac).filter(|mac| !mac.is_zero()).collect::<BTreeSet<_>>() {
        line("nic-mac", &mac.to_string());
    }
    for pci in nics.iter().map(|tcp| tcp.pci().to_string()).collect::<BTreeSet<_>>() {
        line("nic-pci", &pci);
    }
    for device in devices(&nics, root) {
        line("nic-device", &device.path);
        if let Some(name) = &device.name {
            line("nic-name", name);
        }
        if let Some(driver) = &device.driver {
            line("nic-driver", driver);
        }
    }
    for interface in plan.interfaces.iter().flat_map(|interface| &interface.links) {
        line("interface", &interface.name);
    }
    let targets = targets(tables, plan);
    for target in &targets {
        line("target", &target.to_string());
    }
    for spelled in compare.iter().filter(|spelled| address(spelled).is_some_and(|address| targets.contains(&address))) {
        line("same-target", spelled);
    }
    File::new("initrd-needs".into(), text)
}

/// Encodes a value as one word for a shell's `read -r`, without special characters: these become `\xNN`.
fn word(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._:/@+-,=%[]".contains(&byte);
    let each = value.bytes().map(|byte| match plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("\\x{byte:02x}"),
    });
    each.collect()
}

fn hfis(tables: &Tables) -> impl Iterator<Item = &HfiTcp> {
    tables.tables.iter().flat_map(|(_, table)| &table.hfis).filter_map(|hfi| hfi.tcp.as_ref())
}

/// Whether a profile of the tables asks for a secure channel, even for an entry that cannot be connected now.
fn tls(tables: &Tables) -> &'static str {
    let profiles = tables.tables.iter().flat_map(|(_, table)| &table.security);
    let asked: Vec<_> = profiles.map(|profile| profile.flags.secure_channel()).collect();
    if asked.contains(&Requirement::REQUIRED) {
        "yes"
    } else if asked.contains(&Requirement::SUPPORTED) {
        "optional"
    } else {
        "no"
    }
}

fn fetches_by_redfish(plan: &Plan) -> bool {
    let paths = plan.paths.iter().filter_map(|path| path.security.as_ref());
    let discovery = plan.discovery.iter().filter_map(|controller| controller.security.as_ref());
    let secured = plan.secured.iter().filter_map(|secured| secured.policy.as_ref().ok());
    let mut all: Box<dyn Iterator<Item = &Policy>> = Box::new(paths.chain(discovery).chain(secured));
    all.any(|policy| !policy.redfish.is_empty())
}

/// A NIC of this machine that a table names.
struct Device {
    /// Its directory in sysfs, as the machine has it, without `--root`.
    path: String,
    /// The name of its interface, if it has one now.
    name: Option<String>,
    /// The driver that has it now.
    driver: Option<String>,
}

/// Finds the NICs by their own MAC (a bond gives its ports another), and by their PCI address, since no driver may have been loaded for
/// them yet.
fn devices(nics: &[&HfiTcp], root: &Path) -> Vec<Device> {
    let macs: BTreeSet<Mac> = nics.iter().map(|tcp| tcp.mac).filter(|mac| !mac.is_zero()).collect();
    let mut names: Vec<String> = fs::read_dir(root.join("sys/class/net"))
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    names.sort();
    let mut found = Vec::new();
    for name in names {
        let link = root.join("sys/class/net").join(&name);
        let has = |file: &str| {
            let text = fs::read_to_string(link.join(file)).unwrap_or_default();
            text.trim().parse::<Mac>().is_ok_and(|mac| macs.contains(&mac))
        };
        // Only a NIC has a device: VLANs, bonds and bridges share its address without one.
        if link.join("device").exists() && (has("address") || has("bonding_slave/perm_hwaddr")) {
            let driver = driver(&link.join("device"));
            found.push(Device { path: format!("/sys/class/net/{name}"), name: Some(name), driver });
        }
    }
    let addresses: BTreeSet<_> = nics.iter().map(|tcp| tcp.pci()).filter(|pci| is_network_device(root, *pci)).collect();
    for pci in addresses {
        let path = format!("/sys/bus/pci/devices/{pci}");
        let driver = driver(&root.join(path.trim_start_matches('/')));
        found.push(Device { path, name: None, driver });
    }
    found
}

fn driver(device: &Path) -> Option<String> {
    fs::read_link(device.join("driver")).ok()?.file_name()?.to_str().map(str::to_owned)
}

/// The addresses of every target in the tables, even of unusable ones: no other program may connect those either.
fn targets(tables: &Tables, plan: &Plan) -> BTreeSet<IpAddr> {
    let mut targets: BTreeSet<IpAddr> = plan.paths.iter().map(|path| path.traddr).collect();
    targets.extend(plan.discovery.iter().map(|controller| controller.traddr));
    for (_, table) in &tables.tables {
        targets.extend(table.ssns.iter().filter_map(|ssns| ssns.traddr.and_then(Address::get)));
        let uris = table.discovery.iter().filter_map(|discovery| discovery.uri.as_deref());
        targets.extend(uris.filter_map(|uri| match uri.parse::<DiscoveryUri>().ok()?.address {
            HostAddress::Ip(ip) => Some(ip),
            HostAddress::Name(_) => None,
        }));
    }
    targets
}

/// Parses an address in any spelling: in brackets, with a zone, IPv4 within IPv6.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let text = text.split_once('%').map_or(text, |(address, _)| address);
    Some(Address::from(text.parse::<IpAddr>().ok()?).raw())
}

#[cfg(test)]
mod tests {
    use super::{address, word};
    use std::net::IpAddr;

    #[test]
    fn a_value_is_one_word_that_means_nothing_to_a_shell() {
        assert_eq!(word("0000:00:03.0"), "0000:00:03.0");
        assert_eq!(word("[2001:db8::1%nbft0.10]"), "[2001:db8::1%nbft0.10]");
        assert_eq!(word("a b\n$(x)*;'\"\\\u{202e}"), r"a\x20b\x0a\x24\x28x\x29\x2a\x3b\x27\x22\x5c\xe2\x80\xae");
        assert_eq!(word(""), "");
    }

    #[test]
    fn an_address_is_the_same_however_it_is_spelled() {
        let ip = |text: &str| Some(text.parse::<IpAddr>().unwrap());
        for (spelled, expected) in [
            ("192.0.2.1", ip("192.0.2.1")),
            ("::ffff:192.0.2.1", ip("192.0.2.1")),
            ("::ffff:c000:201", ip("192.0.2.1")),
            ("2001:0DB8:0:0::1", ip("2001:db8::1")),
            ("[2001:db8::1]", ip("2001:db8::1")),
            ("fe80::1%eth0", ip("fe80::1")),
            ("2.0.2.1", ip("2.0.2.1")),
            ("192.0.2.01", None),
            ("192.0.2.1 ", None),
            ("target.example", None),
            ("none", None),
            ("", None),
        ] {
            assert_eq!(address(spelled), expected, "{spelled}");
        }
    }
}
