//! Writes files for systemd-networkd: with them it takes interfaces over as they are, and never drops what the root file system depends on.
//!
//! All names begin with `05-nbft`, so that they sort before an administrator's catch-all.

use super::File;
use super::view::{Granted, Link, Nic};
use crate::net::{Advertised, RULE_PRIORITY, dhcp_identity, dhcp6_identity};
use libnbft::model::Mac;
use libnbft::plan::{Bond, BondPort, Method, Names, Route};
use libnbft::text::Hex;
use std::fmt::Write;

/// The files. With the kernel's names, none of them names a NIC.
pub(crate) fn files(nics: &[Nic], names: Names) -> Vec<File> {
    let mut files = Vec::new();
    for nic in nics {
        for named in nic.nics().iter().filter(|_| names != Names::Kernel) {
            files.push(File::new(format!("05-{}.link", named.name), link_file(named)));
        }
        files.extend(nic.bond.iter().flat_map(|bond| bond_files(nic, bond)));
        files.extend(network_files(nic));
    }
    files
}

/// The bond, and its ports as such.
fn bond_files(nic: &Nic, bond: &Bond) -> Vec<File> {
    let mut text = format!("[NetDev]\nName={}\nKind=bond\nMACAddress={}\n\n[Bond]\n", nic.name, nic.mac);
    for (option, value) in bond.settings.options() {
        let (key, unit) = match option {
            "mode" => ("Mode", ""),
            "miimon" => ("MIIMonitorSec", "ms"),
            "updelay" => ("UpDelaySec", "ms"),
            "downdelay" => ("DownDelaySec", "ms"),
            "lacp_rate" => ("LACPTransmitRate", ""),
            "xmit_hash_policy" => ("TransmitHashPolicy", ""),
            _ => continue,
        };
        line(&mut text, &format!("{key}={value}{unit}"));
    }
    let mut files = vec![File::new(format!("05-{}.netdev", nic.name), text)];
    for port in &bond.ports {
        let mut text = start(&port.name, None);
        text.push_str("LinkLocalAddressing=no\nIPv6AcceptRA=no\n");
        line(&mut text, &format!("Bond={}", nic.name));
        files.push(File::new(format!("05-{}.network", port.name), text));
    }
    files
}

/// The addresses of one NIC or bond, and its VLANs.
pub(crate) fn network_files(nic: &Nic) -> Vec<File> {
    let mut files = Vec::new();
    let untagged = nic.links.iter().find(|link| link.vlan.is_none());
    let mut text = start(&nic.name, untagged);
    for vlan in nic.links.iter().filter(|link| link.vlan.is_some()) {
        line(&mut text, &format!("VLAN={}", vlan.name));
    }
    match untagged {
        Some(link) => networks(&mut text, link, nic.mac),
        // Only VLANs are used: the NIC is up and has no address.
        None => text.push_str("LinkLocalAddressing=no\nIPv6AcceptRA=no\n"),
    }
    files.push(File::new(format!("05-{}.network", nic.name), text));
    for link in &nic.links {
        let Some(id) = link.vlan else { continue };
        let netdev = format!("[NetDev]\nName={}\nKind=vlan\n\n[VLAN]\nId={id}\n", link.name);
        files.push(File::new(format!("05-{}.netdev", link.name), netdev));
        let mut text = start(&link.name, Some(link));
        networks(&mut text, link, nic.mac);
        files.push(File::new(format!("05-{}.network", link.name), text));
    }
    files
}

// Writing to a String cannot fail.
fn line(text: &mut String, line: &str) {
    let _ = writeln!(text, "{line}");
}

/// A key with its value, if it has one.
fn optional(text: &mut String, key: &str, value: Option<&String>) {
    if let Some(value) = value {
        line(text, &format!("{key}={value}"));
    }
}

/// The file that names the NIC. The type excludes VLANs, bonds and bridges, which share its address.
fn link_file(nic: &BondPort) -> String {
    let mut text = format!("[Match]\nPermanentMACAddress={}\nType=ether\n", nic.mac);
    if let Some(pci) = nic.pci {
        // A virtio NIC's path continues after its PCI address.
        line(&mut text, &format!("Path=pci-{pci}*"));
    }
    let names = "AlternativeNamesPolicy=database onboard slot path mac";
    text + &format!("\n[Link]\nName={}\n{names}\nMACAddressPolicy=none\n", nic.name)
}

/// Match, link and the beginning of the network section.
fn start(name: &str, link: Option<&Link>) -> String {
    let mut text = format!("[Match]\nName={name}\n\n[Link]\n");
    let required = if link.is_some_and(|link| link.is_online) { "yes" } else { "no" };
    line(&mut text, &format!("RequiredForOnline={required}"));
    if let Some(mtu) = link.and_then(|link| link.mtu) {
        line(&mut text, &format!("MTUBytes={mtu}"));
    }
    text.push_str("\n[Network]\nKeepConfiguration=yes\nConfigureWithoutCarrier=yes\nIgnoreCarrierLoss=yes\n");
    text
}

fn networks(text: &mut String, link: &Link, mac: Mac) {
    let dhcp = match (link.has(Method::Dhcp4), link.has(Method::Dhcp6)) {
        (true, true) => "yes",
        (true, false) => "ipv4",
        (false, true) => "ipv6",
        (false, false) => "no",
    };
    let advertised = link.advertised();
    let accept = if advertised == Advertised::Nothing { "no" } else { "yes" };
    line(text, &format!("DHCP={dhcp}\nIPv6AcceptRA={accept}"));
    for dns in link.networks.iter().flat_map(|granted| &granted.dns) {
        line(text, &format!("DNS={dns}"));
    }
    for domain in link.networks.iter().flat_map(|granted| &granted.domains) {
        line(text, &format!("Domains={domain}"));
    }
    if advertised == Advertised::Routes {
        // Each address is static: no advertisement limits its life.
        text.push_str("\n[IPv6AcceptRA]\nUseAutonomousPrefix=no\n");
    }
    for granted in &link.networks {
        network(text, &link.name, granted, mac);
    }
}

fn network(text: &mut String, name: &str, granted: &Granted, mac: Mac) {
    let network = &granted.network;
    let metric = network.metric;
    match (network.method, network.address) {
        (Method::Static, Some(address)) => {
            line(text, &format!("\n[Address]\nAddress={address}/{}\nRouteMetric={metric}", network.prefix));
            for to in &network.routes {
                route(text, granted, to, None);
            }
        }
        (Method::Slaac, Some(address)) if granted.known => {
            // The router says whether the subnet is on the link.
            line(text, &format!("\n[Address]\nAddress={address}/{}\nAddPrefixRoute=no", network.prefix));
        }
        (Method::Dhcp4, _) => {
            line(text, &format!("\n[DHCPv4]\nSendRelease=no\nRouteMetric={metric}"));
            match dhcp_identity(network) {
                Some((iaid, duid)) => line(text, &format!("ClientIdentifier=duid\nIAID={iaid}\n{}", duid_lines(&duid))),
                None => text.push_str("ClientIdentifier=mac\n"),
            }
            let client = &granted.client;
            optional(text, "VendorClassIdentifier", client.vendor_class.as_ref());
            optional(text, "UserClass", client.user_class.as_ref());
            optional(text, "Hostname", client.host_name.as_ref());
        }
        // A router may refer clients that ask it for an address to DHCPv6.
        (Method::Dhcp6 | Method::Slaac, _) => {
            text.push_str("\n[DHCPv6]\n");
            if network.method == Method::Dhcp6 {
                text.push_str("WithoutRA=solicit\n");
            }
            let (iaid, duid) = dhcp6_identity(network, mac);
            line(text, &format!("IAID={iaid}\n{}", duid_lines(&duid)));
            optional(text, "VendorClass", granted.client.vendor_class.as_ref());
            optional(text, "UserClass", granted.client.user_class.as_ref());
        }
        _ => {}
    }
    for to in granted.own_routes() {
        route(text, granted, &to, Some(network.route_table));
    }
    let family = if network.is_ipv6() { "ipv6" } else { "ipv4" };
    let rule = format!("Table={}\nPriority={RULE_PRIORITY}", network.route_table);
    if let Some(address) = network.address.filter(|_| granted.known) {
        line(text, &format!("\n[RoutingPolicyRule]\nFrom={address}\n{rule}"));
    }
    line(text, &format!("\n[RoutingPolicyRule]\nOutgoingInterface={name}\nFamily={family}\n{rule}"));
}

/// The type by its name, since systemd 252 takes no number, and the rest by its bytes.
fn duid_lines(duid: &[u8]) -> String {
    let Some((kind, rest)) = duid.split_first_chunk() else { return String::new() };
    let kind = match u16::from_be_bytes(*kind) {
        1 => "link-layer-time".to_owned(),
        2 => "vendor".to_owned(),
        3 => "link-layer".to_owned(),
        4 => "uuid".to_owned(),
        other => other.to_string(),
    };
    format!("DUIDType={kind}\nDUIDRawData={}", Hex::separated(rest, ":"))
}

fn route(text: &mut String, granted: &Granted, route: &Route, table: Option<u32>) {
    let network = &granted.network;
    line(text, &format!("\n[Route]\nDestination={}/{}", route.destination, route.prefix));
    match route.gateway {
        // The gateway follows the server, even if the server names another one later.
        Some(gateway) if network.method == Method::Dhcp4 && network.gateway == Some(gateway) => {
            text.push_str("Gateway=_dhcp4\n");
        }
        Some(gateway) if network.method == Method::Dhcp4 => {
            line(text, &format!("Gateway={gateway}\nGatewayOnLink=yes"))
        }
        Some(gateway) => line(text, &format!("Gateway={gateway}")),
        None if network.is_ipv6() => {}
        None => text.push_str("Scope=link\n"),
    }
    // nbft's IPv6 routes name no source: the rules take care of that.
    if let Some(address) = network.address.filter(|address| granted.known && address.is_ipv4()) {
        line(text, &format!("PreferredSource={address}"));
    }
    match table {
        Some(table) => line(text, &format!("Table={table}")),
        None => line(text, &format!("Metric={}", network.metric)),
    }
}
