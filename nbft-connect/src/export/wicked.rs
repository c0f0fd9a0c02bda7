//! Writes wicked's XML, without what wicked cannot express: it makes no rules for routing tables.

use super::File;
use super::view::{Granted, Link, Nic};
use crate::net::dhcp_identity;
use libnbft::plan::{Bond, Method};
use libnbft::text::Hex;
use std::fmt::Write;

pub(super) fn file(nics: &[Nic]) -> File {
    let mut text = String::new();
    for nic in nics {
        let untagged = nic.links.iter().find(|link| link.vlan.is_none());
        nic.ports().for_each(|port| interface(&mut text, port, nic.first(), None, Above::None));
        let bond = nic.bond.as_ref().map_or(Above::None, Above::Ports);
        interface(&mut text, &nic.name, nic.first(), untagged, bond);
        for link in &nic.links {
            if let Some(id) = link.vlan {
                interface(&mut text, &link.name, link.networks.first(), Some(link), Above::Vlan(&nic.name, id));
            }
        }
    }
    File::new("nbft.xml".into(), text)
}

/// What an interface is made of.
enum Above<'a> {
    /// A NIC.
    None,
    /// The ports of a bond.
    Ports(&'a Bond),
    /// A VLAN of an interface.
    Vlan(&'a str, u16),
}

// Writing to a String cannot fail.
fn line(text: &mut String, depth: usize, line: &str) {
    let _ = writeln!(text, "{:1$}{line}", "", depth * 2);
}

/// Every value is a number, an address, a name that is plain or one of our own words: nothing needs escaping. `first` is what
/// the interface comes from: wicked's own reader counts tables from 1 and names the HFI by its index.
fn interface(text: &mut String, name: &str, first: Option<&Granted>, link: Option<&Link>, above: Above<'_>) {
    let origin = first.map(|granted| format!(":{:02}-{:02}", granted.table, granted.network.hfi.index));
    line(text, 0, &format!("<interface origin=\"firmware:nbft{}\">", origin.unwrap_or_default()));
    line(text, 1, &format!("<name>{}</name>", name));
    // The root file system depends on it: no ifdown.
    line(text, 1, "<control><mode>boot</mode><persistent>true</persistent><usercontrol>false</usercontrol></control>");
    match link.and_then(|link| link.mtu) {
        Some(mtu) => line(text, 1, &format!("<link><mtu>{mtu}</mtu></link>")),
        None => line(text, 1, "<link/>"),
    }
    match above {
        Above::None => {}
        Above::Ports(bond) => ports(text, bond),
        Above::Vlan(device, id) => line(text, 1, &format!("<vlan><device>{device}</device><tag>{id}</tag></vlan>")),
    }
    for ipv6 in [false, true] {
        let networks: Vec<&Granted> = link.into_iter().flat_map(|link| link.family(ipv6)).collect();
        family(text, &networks, if ipv6 { "ipv6" } else { "ipv4" });
    }
    line(text, 0, "</interface>");
}

fn ports(text: &mut String, bond: &Bond) {
    let settings = &bond.settings;
    let delay =
        |name: &str, delay: Option<u32>| delay.map(|time| format!("<{name}>{time}</{name}>")).unwrap_or_default();
    let (up, down) = (delay("updelay", settings.updelay), delay("downdelay", settings.downdelay));
    let lacp = settings.lacp_rate.map(|rate| format!("<lacp-rate>{}</lacp-rate>", rate.name())).unwrap_or_default();
    let hash = settings.xmit_hash_policy.map(|policy| policy.name());
    let hash = hash.map(|name| format!("<xmit-hash-policy>{name}</xmit-hash-policy>")).unwrap_or_default();
    let slaves: String =
        bond.ports.iter().map(|port| format!("<slave><device>{}</device></slave>", port.name)).collect();
    let miimon = format!("<miimon><frequency>{}</frequency>{up}{down}</miimon>", settings.miimon);
    let mode = settings.mode.name();
    line(text, 1, &format!("<bond><mode>{mode}</mode>{miimon}{lacp}{hash}<slaves>{slaves}</slaves></bond>"));
}

fn family(text: &mut String, networks: &[&Granted], family: &str) {
    for granted in networks {
        let network = &granted.network;
        match network.method {
            Method::Dhcp4 => dhcp(text, granted, family, &[255]),
            Method::Dhcp6 => dhcp(text, granted, family, &[]),
            Method::Slaac => line(text, 1, &format!("<{family}:auto><enabled>true</enabled></{family}:auto>")),
            _ => {}
        }
    }
    let fixed: Vec<_> = networks.iter().filter(|granted| granted.network.method == Method::Static).collect();
    if fixed.is_empty() {
        return;
    }
    line(text, 1, &format!("<{family}:static>"));
    for granted in &fixed {
        if let Some(address) = granted.network.address {
            let prefix = granted.network.prefix;
            line(text, 2, &format!("<address><local>{address}/{prefix}</local></address>"));
        }
    }
    for network in fixed.iter().map(|granted| &granted.network) {
        for route in &network.routes {
            let mut inner = format!("<destination>{}/{}</destination>", route.destination, route.prefix);
            if let Some(gateway) = route.gateway {
                let _ = write!(inner, "<nexthop><gateway>{gateway}</gateway></nexthop>");
            }
            line(text, 2, &format!("<route>{inner}<priority>{}</priority></route>", network.metric));
        }
    }
    let servers: String =
        fixed.iter().flat_map(|granted| &granted.dns).map(|dns| format!("<server>{dns}</server>")).collect();
    if !servers.is_empty() {
        line(text, 2, &format!("<resolver><servers>{servers}</servers></resolver>"));
    }
    if let Some(name) = fixed.iter().find_map(|granted| granted.host_name.as_ref()) {
        line(text, 2, &host_name(name));
    }
    line(text, 1, &format!("</{family}:static>"));
}

fn host_name(name: &str) -> String {
    format!("<hostname>{}</hostname>", name)
}

/// `kind` precedes the identity in DHCPv4's client identifier.
fn dhcp(text: &mut String, granted: &Granted, family: &str, kind: &[u8]) {
    let mut inner = String::from("<enabled>true</enabled><release-lease>false</release-lease>");
    if let Some(name) = &granted.host_name {
        inner.push_str(&host_name(name));
    }
    if let Some((iaid, duid)) = dhcp_identity(&granted.network) {
        let iaid = if kind.is_empty() { Vec::new() } else { iaid.to_be_bytes().to_vec() };
        let _ = write!(inner, "<client-id>{}</client-id>", Hex::separated(&[kind, &iaid, &duid].concat(), ":"));
    }
    line(text, 1, &format!("<{family}:dhcp>{inner}</{family}:dhcp>"));
}
