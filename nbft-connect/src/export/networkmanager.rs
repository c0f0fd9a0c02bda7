//! Writes NetworkManager's keyfiles.
//!
//! They have the form that NetworkManager itself writes, so that its reading of them can be compared line by line. Each profile has a fixed
//! UUID and the highest priority, so that it precedes a profile for any Ethernet.

use super::File;
use super::view::{Granted, Link, Nic};
use crate::net::{RULE_PRIORITY, dhcp_identity, dhcp6_identity};
use libnbft::model::Mac;
use libnbft::plan::{BondPort, Method, Route};
use libnbft::text::Hex;
use std::fmt::Write;
use std::net::IpAddr;

/// The keyfile plugin refuses profiles that others may read.
const MODE: u32 = 0o600;

/// NetworkManager's "for ever".
const NEVER: u32 = i32::MAX as u32;

/// How a profile knows its interface.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    /// By the name that nbft gives it.
    Ours,
    /// By the MAC address alone: the kernel's names stay.
    Kernel,
}

pub(super) fn files(nics: &[Nic], names: Names) -> Vec<File> {
    let mut files = Vec::new();
    for nic in nics {
        let untagged = nic.links.iter().find(|link| link.vlan.is_none());
        files.push(profile(&nic.name, nic, untagged, None, names));
        for port in nic.bond.iter().flat_map(|bond| &bond.ports) {
            files.push(port_profile(nic, port, names));
        }
        for link in &nic.links {
            if let Some(id) = link.vlan {
                files.push(profile(&link.name, nic, Some(link), Some(id), names));
            }
        }
    }
    files
}

/// The profile's name, in the form of NetworkManager's own reader of the tables: scripts recognize an NBFT connection by its beginning.
fn id(nic: &Nic, link: Option<&Link>, vlan: Option<u16>) -> String {
    let networks: Vec<&Granted> = match link {
        Some(link) => link.networks.iter().collect(),
        None => nic.first().into_iter().collect(),
    };
    let hfis: Vec<_> = networks.iter().map(|granted| granted.network.hfi.index.to_string()).collect();
    let table = networks.first().map(|granted| granted.table).filter(|table| *table > 1);
    let table = table.map(|table| format!(" of table {table}")).unwrap_or_default();
    let vlan = vlan.map(|vlan| format!(" VLAN {vlan}")).unwrap_or_default();
    format!("NBFT connection HFI {}{table}{vlan}", hfis.join("+"))
}

/// The same for the same NIC and VLAN at each boot. Version 8: made of our own numbers ("nbft", VLAN, MAC).
fn uuid(mac: Mac, vlan: Option<u16>) -> String {
    format!("6e626674-{:04x}-8000-8000-{}", vlan.unwrap_or(0), Hex::new(&mac.0))
}

/// The UUID of the profile of a NIC or bond, or of a VLAN on it. A bond has the MAC address of one of its ports.
fn uuid_of(nic: &Nic, vlan: Option<u16>) -> String {
    match &nic.bond {
        Some(_) => format!("6e626674-{:04x}-8001-8000-{}", vlan.unwrap_or(0), Hex::new(&nic.mac.0)),
        None => uuid(nic.mac, vlan),
    }
}

/// The profile of a NIC under a bond.
fn port_profile(nic: &Nic, port: &BondPort, names: Names) -> File {
    let mut text = format!(
        "[connection]\nid=NBFT port {} of {}\nuuid={}\ntype=ethernet\n",
        port.name,
        nic.name,
        uuid(port.mac, None)
    );
    if names == Names::Ours {
        line(&mut text, &format!("interface-name={}", port.name));
    }
    text.push_str("autoconnect-priority=999\nautoconnect-retries=0\n");
    line(&mut text, &format!("master={}\nslave-type=bond", uuid_of(nic, None)));
    line(&mut text, &format!("\n[ethernet]\nmac-address={}", port.mac));
    File { mode: MODE, ..File::new(format!("{}.nmconnection", port.name), text) }
}

// Writing to a String cannot fail.
fn line(text: &mut String, line: &str) {
    let _ = writeln!(text, "{line}");
}

fn profile(name: &str, nic: &Nic, link: Option<&Link>, vlan: Option<u16>, names: Names) -> File {
    let bond = nic.bond.as_ref().filter(|_| vlan.is_none());
    let kind = match (vlan, bond) {
        (Some(_), _) => "vlan",
        (None, Some(_)) => "bond",
        (None, None) => "ethernet",
    };
    let id = id(nic, link, vlan);
    let mut text = format!("[connection]\nid={id}\nuuid={}\ntype={kind}\n", uuid_of(nic, vlan));
    // A bond has no other name than this.
    let interface = Some(name).filter(|_| names == Names::Ours || nic.bond.is_some());
    if let Some(name) = interface {
        line(&mut text, &format!("interface-name={}", name));
    }
    text.push_str("autoconnect-priority=999\nautoconnect-retries=0\n\n[ethernet]\n");
    if vlan.is_none() {
        let key = if bond.is_some() { "cloned-mac-address" } else { "mac-address" };
        line(&mut text, &format!("{key}={}", nic.mac));
    }
    if let Some(mtu) = link.and_then(|link| link.mtu) {
        line(&mut text, &format!("mtu={mtu}"));
    }
    if let Some(bond) = bond {
        text.push_str("\n[bond]\n");
        bond.settings.options().iter().for_each(|(option, value)| line(&mut text, &format!("{option}={value}")));
    }
    if let Some(id) = vlan {
        line(&mut text, &format!("\n[vlan]\nid={id}\nparent={}\nflags=1", uuid_of(nic, None)));
    }
    family(&mut text, interface, link, nic.mac, false);
    family(&mut text, interface, link, nic.mac, true);
    File { mode: MODE, ..File::new(format!("{name}.nmconnection"), text) }
}

/// `interface` is the interface's name, if the profile identifies it by name.
fn family(text: &mut String, interface: Option<&str>, link: Option<&Link>, mac: Mac, ipv6: bool) {
    let networks: Vec<&Granted> = link.into_iter().flat_map(|link| link.family(ipv6)).collect();
    let section = if ipv6 { "ipv6" } else { "ipv4" };
    let dynamic = networks.iter().find(|granted| granted.network.method != Method::Static);
    // A router must name the route to the target: "manual" would ignore its advertisements.
    let advertised = ipv6 && dynamic.is_none() && networks.iter().any(|granted| granted.lacks_route);
    let method = match (networks.is_empty(), dynamic) {
        (false, None) if advertised => "auto",
        // Not "ignore" for IPv6, which would leave the kernel to configure itself by advertisements.
        (true, _) => "disabled",
        (false, Some(_)) => "auto",
        (false, None) => "manual",
    };
    line(text, &format!("\n[{section}]\nmethod={method}"));
    let Some(first) = networks.first() else { return };
    line(text, &format!("route-metric={}", first.network.metric));
    if let Some(granted) = dynamic {
        client(text, granted, mac, ipv6);
    }
    if advertised {
        // The address holds without a router.
        line(text, &format!("ra-timeout={NEVER}"));
    }
    if ipv6 {
        // The kernel's default.
        text.push_str("addr-gen-mode=eui64\n");
    }
    let gateway = networks.iter().find(|granted| granted.network.default_route);
    if dynamic.is_none() && gateway.is_none() && !advertised {
        text.push_str("never-default=true\n");
    }
    // A router's address, too, does not expire while the root file system depends on it.
    let fixed = |granted: &&&Granted| match granted.network.method {
        Method::Static => true,
        Method::Slaac => granted.known,
        _ => false,
    };
    let statics = networks.iter().filter(fixed);
    for (number, granted) in statics.enumerate() {
        let network = &granted.network;
        if let Some(address) = network.address {
            line(text, &format!("address{}={address}/{}", number + 1, network.prefix));
        }
    }
    if let Some(gateway) = gateway.filter(|granted| granted.network.method == Method::Static) {
        let gateway = gateway.network.gateway.map(|gateway| gateway.to_string());
        line(text, &format!("gateway={}", gateway.unwrap_or_default()));
    }
    list(text, "dns", networks.iter().flat_map(|granted| granted.dns.iter().map(IpAddr::to_string)));
    list(text, "dns-search", networks.iter().flat_map(|granted| granted.domains.iter().cloned()));
    routes(text, &networks);
    rules(text, interface, &networks);
}

fn list(text: &mut String, key: &str, values: impl Iterator<Item = String>) {
    let values: String = values.map(|value| value + ";").collect();
    if !values.is_empty() {
        line(text, &format!("{key}={values}"));
    }
}

/// The identity that nbft sends to servers: firmware's, if the table has it.
fn client(text: &mut String, granted: &Granted, mac: Mac, ipv6: bool) {
    line(text, &format!("dhcp-timeout={NEVER}"));
    let name = granted.client.host_name.as_ref().or(granted.host_name.as_ref());
    if let Some(name) = name.filter(|_| granted.network.method != Method::Slaac) {
        line(text, &format!("dhcp-hostname={name}"));
    }
    if let Some(class) = granted.client.vendor_class.as_ref().filter(|_| !ipv6) {
        line(text, &format!("dhcp-vendor-class-identifier={class}"));
    }
    if ipv6 {
        let (iaid, duid) = dhcp6_identity(&granted.network, mac);
        line(text, &format!("dhcp-iaid={iaid}\ndhcp-duid={}", Hex::separated(&duid, ":")));
        return;
    }
    match dhcp_identity(&granted.network) {
        Some((iaid, duid)) => {
            let id = [&[255][..], &iaid.to_be_bytes(), &duid].concat();
            line(text, &format!("dhcp-client-id={}", Hex::separated(&id, ":")));
        }
        None => text.push_str("dhcp-client-id=mac\n"),
    }
}

fn routes(text: &mut String, networks: &[&Granted]) {
    let mut number = 0;
    let mut add = |route: &Route, metric: Option<u32>, options: &str| {
        number += 1;
        let unspecified = if route.destination.is_ipv6() { "::" } else { "0.0.0.0" };
        // An unspecified gateway keeps the metric in its place.
        let gateway = match (route.gateway, metric) {
            (Some(gateway), _) => format!(",{gateway}"),
            (None, Some(_)) => format!(",{unspecified}"),
            (None, None) => String::new(),
        };
        let metric = metric.map(|metric| format!(",{metric}")).unwrap_or_default();
        line(text, &format!("route{number}={}/{}{gateway}{metric}", route.destination, route.prefix));
        if !options.is_empty() {
            line(text, &format!("route{number}_options={options}"));
        }
    };
    for granted in networks {
        let network = &granted.network;
        let source = network.address.filter(|address| granted.known && address.is_ipv4());
        let source = source.map(|source| format!("src={source}"));
        // The default route is the profile's gateway, and a server provides its own routes.
        let main = network.routes.iter().filter(|route| network.method == Method::Static && route.prefix != 0);
        for route in main {
            add(route, Some(network.metric), source.as_deref().unwrap_or_default());
        }
        for route in granted.own_routes() {
            let table = format!("table={}", network.route_table);
            let options: Vec<&str> = [source.as_deref(), Some(table.as_str())].into_iter().flatten().collect();
            add(&route, None, &options.join(","));
        }
    }
}

fn rules(text: &mut String, interface: Option<&str>, networks: &[&Granted]) {
    let mut rules = Vec::new();
    for granted in networks {
        let network = &granted.network;
        let table = network.route_table;
        if let Some(address) = network.address.filter(|_| granted.known) {
            rules.push(format!("priority {RULE_PRIORITY} from {address} table {table}"));
        }
        let any = if network.is_ipv6() { "::/0" } else { "0.0.0.0/0" };
        if let Some(name) = interface {
            rules.push(format!("priority {RULE_PRIORITY} from {any} oif {} table {table}", name));
        }
    }
    for (number, rule) in rules.iter().enumerate() {
        line(text, &format!("routing-rule{}={rule}", number + 1));
    }
}
