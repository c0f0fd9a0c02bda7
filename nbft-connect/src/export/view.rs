//! Gathers the plan and, if `connect` ran, its results, for all formats.

use crate::dhcp_options::ClientOptions;
use crate::kernel_command_line::KernelCommandLine;
use crate::net::{Advertised, Information, Lease, is_network_device, may_share, nic_name};
use crate::status::schema::{HfiStatus, State, Status};
use libnbft::model::{Mac, PciAddress};
use libnbft::plan::{Bond, BondPort, Interface, Method, Names, Network, Plan, Reach, Route};
use std::net::IpAddr;
use std::path::Path;

/// Linux makes addresses of advertised prefixes of this length only.
const ADVERTISED_PREFIX: u8 = 64;

/// A NIC, or a bond of several.
pub(crate) struct Nic {
    /// As the kernel has it, where that is known.
    pub(crate) name: String,
    pub(super) mac: Mac,
    /// Only where a network device sits there now.
    pub(super) pci: Option<PciAddress>,
    /// The NICs under it, each as it would stand alone; `None` also where one of them is used in the place of the bond.
    pub(crate) bond: Option<Bond>,
    pub(crate) links: Vec<Link>,
}

/// The NIC itself or a VLAN on it.
pub(crate) struct Link {
    /// As the kernel has it, where that is known.
    pub(crate) name: String,
    pub(crate) vlan: Option<u16>,
    /// MTU that the kernel's command line or a DHCP server named.
    pub(super) mtu: Option<u16>,
    pub(super) networks: Vec<Granted>,
    /// Whether one of its networks was up when `connect` ran.
    pub(crate) is_up: bool,
    /// Whether the system counts as online once its network manager has this link. One link that is up is chosen: other paths may be dead,
    /// and must not be waited for. Without a chosen link, a system with no other links would never count as online.
    pub(crate) is_online: bool,
}

/// A network with granted values in place of firmware's.
pub(crate) struct Granted {
    pub(super) network: Network,
    /// Which table it is from, counted from 1.
    pub(super) table: usize,
    pub(super) dns: Vec<IpAddr>,
    pub(super) domains: Vec<String>,
    pub(super) host_name: Option<String>,
    /// Whether a target is in another subnet, and the table names no gateway.
    pub(super) lacks_route: bool,
    /// What the DHCP client tells servers about itself.
    pub(super) client: ClientOptions,
    /// Whether the address is the one in use: the table's when it is static, else what was granted.
    pub(super) known: bool,
}

/// The NICs of a plan that have something to set up.
pub(crate) fn nics(plan: &Plan, status: Option<&Status>, root: &Path, client: &ClientOptions) -> Vec<Nic> {
    let mtu = KernelCommandLine::read(root).mtu().ok().flatten();
    let used = plan.interfaces.iter().filter(|interface| !interface.links.is_empty());
    let link = |link: &libnbft::plan::Link, kernel_name: Option<&str>| {
        let leases: Vec<_> = link.networks.iter().map(|network| lease(status, network)).collect();
        Link {
            name: match (link.networks.iter().find_map(|network| name(status, network)), kernel_name, link.vlan) {
                (Some(name), _, _) => name.to_owned(),
                (None, Some(nic), None) => nic.to_owned(),
                (None, Some(nic), Some(id)) => format!("{nic}.{id}"),
                (None, None, _) => link.name.clone(),
            },
            vlan: link.vlan,
            is_up: link
                .networks
                .iter()
                .any(|network| outcome(status, network).is_some_and(|now| now.state == State::Up)),
            is_online: false,
            mtu: mtu.or_else(|| leases.iter().flatten().find_map(|lease| lease.mtu)),
            networks: link
                .networks
                .iter()
                .zip(leases)
                .map(|(network, lease)| Granted {
                    lacks_route: lacks_route(plan, network),
                    table: plan.tables.iter().position(|table| *table == network.hfi.table).map_or(1, |at| at + 1),
                    client: client.with_table(network.host_name.as_deref()),
                    ..granted(network, lease, outcome(status, network))
                })
                .collect(),
        }
    };
    let nics = used.map(|interface| {
        let by_kernel = |mac: Mac| (plan.names == Names::Kernel).then(|| nic_name(root, mac)).flatten();
        let kernel_name = by_kernel(interface.mac).filter(|_| interface.bond.is_none());
        let links: Vec<Link> = interface.links.iter().map(|planned| link(planned, kernel_name.as_deref())).collect();
        let untagged = links.iter().find(|link| link.vlan.is_none()).map(|link| link.name.clone());
        let mut nic = Nic {
            name: untagged.or(kernel_name).unwrap_or_else(|| interface.name.clone()),
            mac: interface.mac,
            pci: interface.pci,
            bond: interface.bond.clone(),
            links,
        };
        nic.stand_alone(interface);
        nic.pci = nic.pci.filter(|pci| is_network_device(root, *pci));
        for port in nic.bond.iter_mut().flat_map(|bond| &mut bond.ports) {
            port.name = by_kernel(port.mac).unwrap_or_else(|| port.name.clone());
            port.pci = port.pci.filter(|pci| is_network_device(root, *pci));
        }
        nic
    });
    let mut nics: Vec<Nic> = nics.collect();
    choose_online(&mut nics);
    nics
}

/// A link with a lease comes first: a network manager takes it over anyway.
fn choose_online(nics: &mut [Nic]) {
    let mut up: Vec<&mut Link> = nics.iter_mut().flat_map(|nic| &mut nic.links).filter(|link| link.is_up).collect();
    up.sort_by_key(|link| !link.is_leased());
    if let Some(first) = up.first_mut() {
        first.is_online = true;
    }
}

fn lacks_route(plan: &Plan, network: &Network) -> bool {
    let paths = plan.paths.iter().map(|path| (path.network, path.reach));
    let mut all = paths.chain(plan.discovery.iter().map(|controller| (controller.network, controller.reach)));
    all.any(|(at, reach)| reach == Reach::NoRoute && plan.network(at) == Some(network))
}

/// The status of an HFI.
fn outcome<'s>(status: Option<&'s Status>, network: &Network) -> Option<&'s HfiStatus> {
    status?.interface(&network.hfi.table, network.hfi.index)
}

/// Its lease, if `connect` got one.
fn lease<'s>(status: Option<&'s Status>, network: &Network) -> Option<&'s Lease> {
    outcome(status, network)?.lease.as_ref()
}

/// The HFI's address from a router advertisement.
fn advertised(outcome: Option<&HfiStatus>, network: &Network) -> Option<IpAddr> {
    let up = outcome.filter(|known| network.method == Method::Slaac && known.state == State::Up)?;
    up.address.as_deref()?.parse().ok().filter(IpAddr::is_ipv6)
}

/// The name of the HFI's link, once that was up.
fn name<'s>(status: Option<&'s Status>, network: &Network) -> Option<&'s str> {
    let up = outcome(status, network).filter(|known| known.state == State::Up);
    up.map(|known| known.name.as_str()).filter(|name| is_plain_link(name))
}

/// Whether the name of a link is literal in every format: the kernel allows more characters, and some formats read these as a pattern, a
/// list, an escape or another line.
fn is_plain_link(name: &str) -> bool {
    !name.starts_with('-')
        && !matches!(name, "." | "..")
        && (1..16).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

fn granted(network: &Network, lease: Option<&Lease>, outcome: Option<&HfiStatus>) -> Granted {
    // What a DHCPv6 server told beside an address.
    let information: Option<&Information> = outcome.and_then(|known| known.information.as_ref());
    let advertised = advertised(outcome, network);
    let mut own = network.clone();
    match (lease, advertised) {
        (Some(lease), _) => own = lease.over(network),
        (None, Some(address)) => (own.address, own.prefix) = (Some(address), ADVERTISED_PREFIX),
        (None, None) => {}
    }
    let servers = lease.map(|lease| &lease.dns).or_else(|| Some(&information?.dns));
    let dns = servers.filter(|dns| !dns.is_empty()).unwrap_or(&network.dns).clone();
    let domains = lease.map(|lease| &lease.domains).or_else(|| Some(&information?.domains));
    let domains = domains.into_iter().flatten().filter(|name| is_name(name)).cloned().collect();
    let host_name = network.host_name.clone().or_else(|| lease?.host_name.clone()).filter(|name| is_name(name));
    let known = lease.is_some() || advertised.is_some() || own.method == Method::Static;
    Granted {
        network: own,
        table: 1,
        dns,
        domains,
        host_name,
        client: ClientOptions::default(),
        lacks_route: false,
        known,
    }
}

/// Whether a text can be used in any of the formats: names come from firmware and servers, and must end neither a line nor a word.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= 253 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-')
}

/// Whether another link may be in the IPv4 subnet of this one.
pub(crate) fn shares_subnet(nics: &[Nic], link: &Link) -> bool {
    let others = nics.iter().flat_map(|nic| &nic.links).filter(|other| other.name != link.name);
    let mut networks = others.flat_map(|other| &other.networks);
    networks.any(|other| link.networks.iter().any(|own| may_share(&own.network, &other.network)))
}

impl Granted {
    /// Routes of the HFI's own table: its subnet's, then all that the main table has.
    pub(super) fn own_routes(&self) -> Vec<Route> {
        let connected = self.network.address.filter(|_| self.known).map(|address| Route {
            destination: crate::net::subnet(address, self.network.prefix),
            prefix: self.network.prefix,
            gateway: None,
        });
        connected.into_iter().chain(self.network.routes.iter().cloned()).collect()
    }
}

impl Nic {
    /// If one port is used in place of the planned bond, keeps only this NIC.
    fn stand_alone(&mut self, planned: &Interface) {
        let alone = planned.bond.iter().flat_map(|bond| &bond.ports).find(|port| port.name == self.name);
        if let Some(port) = alone {
            (self.mac, self.pci, self.bond) = (port.mac, port.pci, None);
        }
    }

    /// The NICs under it: the ports of a bond, else itself.
    pub(super) fn nics(&self) -> Vec<BondPort> {
        match &self.bond {
            Some(bond) => bond.ports.clone(),
            None => vec![BondPort { name: self.name.clone(), mac: self.mac, pci: self.pci }],
        }
    }

    /// The names of the NICs under a bond.
    pub(crate) fn ports(&self) -> impl Iterator<Item = &str> {
        self.bond.iter().flat_map(|bond| &bond.ports).map(|port| port.name.as_str())
    }

    /// The network that the NIC itself represents: its own, or the first VLAN's if only VLANs are used.
    pub(super) fn first(&self) -> Option<&Granted> {
        let untagged = self.links.iter().find(|link| link.vlan.is_none());
        untagged.or(self.links.first())?.networks.first()
    }
}

impl Link {
    /// Whether one of its networks is IPv6.
    pub(crate) fn has_ipv6(&self) -> bool {
        self.networks.iter().any(|granted| granted.network.is_ipv6())
    }

    /// What router advertisements bring to it. An advertised address is kept from then on: later advertisements do not limit its life.
    pub(crate) fn advertised(&self) -> Advertised {
        let kept = self.networks.iter().all(|granted| match granted.network.method {
            Method::Dhcp6 => false,
            Method::Slaac => granted.known,
            _ => true,
        });
        let needed = Advertised::of(self.networks.iter().map(|granted| &granted.network));
        if kept { needed.min(Advertised::Routes) } else { needed }
    }

    pub(crate) fn has(&self, method: Method) -> bool {
        self.networks.iter().any(|granted| granted.network.method == method)
    }

    /// Whether a DHCP server has granted an address of it, or is to.
    pub(crate) fn is_leased(&self) -> bool {
        self.has(Method::Dhcp4) || self.has(Method::Dhcp6)
    }

    /// The networks of one address family.
    pub(super) fn family(&self, ipv6: bool) -> impl Iterator<Item = &Granted> {
        self.networks.iter().filter(move |granted| granted.network.is_ipv6() == ipv6)
    }
}
