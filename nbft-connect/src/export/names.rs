//! DNS servers, search domains and the host name of the networks that are up, and files that tell them to other programs.

use super::File;
use super::view::{Link, Nic};
use std::net::IpAddr;

/// Names and servers from the tables and from the servers of the networks, each once.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Names {
    /// Addresses as text: a link-local one needs its link.
    servers: Vec<String>,
    domains: Vec<String>,
    pub(crate) host_name: Option<String>,
}

impl Names {
    pub(crate) fn of(nics: &[Nic]) -> Self {
        let mut names = Self::default();
        for link in nics.iter().flat_map(|nic| &nic.links).filter(|link| link.is_up) {
            for granted in &link.networks {
                granted.dns.iter().for_each(|dns| add(&mut names.servers, server(*dns, link)));
                granted.domains.iter().for_each(|domain| add(&mut names.domains, domain.clone()));
                names.host_name = names.host_name.or_else(|| granted.host_name.clone());
            }
        }
        names
    }

    /// The text of a resolv.conf(5), if there is a server to ask.
    pub(crate) fn resolv_conf(&self) -> Option<String> {
        let servers: String = self.servers.iter().map(|server| format!("nameserver {server}\n")).collect();
        let search =
            if self.domains.is_empty() { String::new() } else { format!("search {}\n", self.domains.join(" ")) };
        (!servers.is_empty())
            .then(|| format!("# Made by nbft from the NVMe boot firmware table and DHCP.\n{search}{servers}"))
    }

    /// For systemd-resolved, whichever program manages the links.
    pub(crate) fn resolved(&self) -> Option<File> {
        let (servers, domains) = (self.servers.join(" "), self.domains.join(" "));
        let text = format!("[Resolve]\nDNS={servers}\nDomains={domains}\n");
        (!servers.is_empty()).then(|| File::new("50-nbft.conf".into(), text))
    }

    /// Sections of NetworkManager.conf(5). They replace the servers of all its connections: only for a system without other NICs.
    pub(crate) fn networkmanager(&self) -> Option<String> {
        let (servers, domains) = (self.servers.join(","), self.domains.join(","));
        let text = format!("\n[global-dns]\nsearches={domains}\n\n[global-dns-domain-*]\nservers={servers}\n");
        (!servers.is_empty()).then_some(text)
    }
}

fn add(list: &mut Vec<String>, item: String) {
    if !list.contains(&item) {
        list.push(item);
    }
}

fn server(ip: IpAddr, link: &Link) -> String {
    match ip {
        IpAddr::V6(own) if own.is_unicast_link_local() => format!("{own}%{}", link.name),
        _ => ip.to_string(),
    }
}
