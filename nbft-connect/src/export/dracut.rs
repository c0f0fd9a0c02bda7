//! dracut's kernel parameters: what dracut.cmdline(7) says of `ifname=`, `vlan=`, `ip=`, `rd.route=`, `nameserver=`.

use super::File;
use super::view::{Granted, Link, Nic};
use libnbft::plan::{Method, Names};
use std::fmt::Write;
use std::net::IpAddr;

/// The file; with `names` of the kernel no parameter names a NIC.
pub(super) fn file(nics: &[Nic], names: Names) -> File {
    let mut text = String::new();
    for nic in nics {
        for named in nic.nics().iter().filter(|_| names != Names::Kernel) {
            line(&mut text, &format!("ifname={}:{}", named.name, named.mac));
        }
        if let Some(bond) = &nic.bond {
            let ports: Vec<&str> = nic.ports().collect();
            line(&mut text, &format!("bond={}:{}:{}", nic.name, ports.join(","), bond.settings));
        }
        for link in &nic.links {
            if link.vlan.is_some() {
                line(&mut text, &format!("vlan={}:{}", link.name, nic.name));
            }
            for granted in &link.networks {
                network(&mut text, link, granted);
            }
        }
    }
    File::new("nbft.conf".into(), text)
}

// Writing to a String cannot fail.
fn line(text: &mut String, line: &str) {
    let _ = writeln!(text, "{line}");
}

/// IPv6 addresses stand in brackets: the fields are parted by colons.
fn bracketed(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

fn network(text: &mut String, link: &Link, granted: &Granted) {
    let network = &granted.network;
    let mtu = link.mtu.map(|mtu| format!(":{mtu}")).unwrap_or_default();
    match (network.method, network.address) {
        (Method::Dhcp4, _) => line(text, &format!("ip={}:dhcp{mtu}", link.name)),
        (Method::Dhcp6, _) => line(text, &format!("ip={}:dhcp6{mtu}", link.name)),
        (Method::Slaac, _) => line(text, &format!("ip={}:auto6{mtu}", link.name)),
        (_, Some(address)) => {
            let gateway = network.gateway.filter(|_| network.default_route).map(bracketed).unwrap_or_default();
            let host_name = granted.host_name.clone().unwrap_or_default();
            let (address, prefix) = (bracketed(address), network.prefix);
            line(text, &format!("ip={address}::{gateway}:{prefix}:{host_name}:{}:none{mtu}", link.name));
            for route in network.routes.iter().filter(|route| route.prefix != 0) {
                let gateway = route.gateway.map(bracketed).unwrap_or_default();
                let to = bracketed(route.destination);
                line(text, &format!("rd.route={to}/{}:{gateway}:{}", route.prefix, link.name));
            }
            for dns in &granted.dns {
                line(text, &format!("nameserver={}", bracketed(*dns)));
            }
        }
        (_, None) => {}
    }
}
