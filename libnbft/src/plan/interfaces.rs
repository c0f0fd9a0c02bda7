//! Plans which interfaces, links, addresses and routes to set up for the HFIs.

use super::left_out::{Item, LeftOut};
use super::{Interface, Link, Method, Network, NetworkRef, Origin, Plan, Reach, Reason, Route, Source, names};
use crate::address::{Unusable, check_gateway, check_host, check_server};
use crate::model::{Hfi, HfiTcp, IpOrigin, Table, TransportType};
use crate::subnet::{is_link_local6, same_subnet};
use crate::text::{DiscoveryUri, HostAddress};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The first of the routing tables, each of which holds the routes of one HFI. It is above 255, since administrators number tables up to
/// there by hand.
const FIRST_ROUTE_TABLE: u32 = 20_000;

/// Metric when the table states none (0) or "routing supported, no metric configured" (500).
const DEFAULT_METRIC: u16 = 500;

/// The network of each HFI, or why an HFI has none.
pub(super) struct Networks {
    /// One list for each table: HFI index and its network.
    tables: Vec<Vec<(u8, Result<NetworkRef, Reason>)>>,
    /// One map for each table, from the HFI index to the position in the list. A search would be slow: each of 255 entries may name 255
    /// HFIs.
    positions: Vec<BTreeMap<u8, usize>>,
}

impl Networks {
    /// The network of HFI `index` in table number `table`.
    pub(super) fn get(&self, table: usize, index: u8) -> Result<NetworkRef, Reason> {
        let position = self.positions.get(table).and_then(|positions| positions.get(&index));
        self.tables
            .get(table)
            .and_then(|hfis| hfis.get(*position?))
            .map_or(Err(Reason::HfiMissing), |(_, network)| network.clone())
    }

    /// All usable networks of a table.
    pub(super) fn of_table(&self, table: usize) -> impl Iterator<Item = (u8, NetworkRef)> {
        let hfis = self.tables.get(table).map_or(&[][..], Vec::as_slice);
        hfis.iter().filter_map(|(index, network)| network.as_ref().ok().map(|network| (*index, *network)))
    }

    /// Moves the networks to other places in the plan.
    pub(super) fn move_to(&mut self, place: impl Fn(NetworkRef) -> NetworkRef) {
        for (_, network) in self.tables.iter_mut().flatten() {
            if let Ok(at) = network {
                *at = place(*at);
            }
        }
    }
}

pub(super) fn plan(plan: &mut Plan, sources: &[Source<'_>]) -> Networks {
    let mut tables = Vec::with_capacity(sources.len());
    for source in sources {
        let mut entries: Vec<(u8, Result<NetworkRef, Reason>)> = Vec::with_capacity(source.table.hfis.len());
        for hfi in &source.table.hfis {
            let known = entries.iter().any(|(index, _)| *index == hfi.index);
            let result = if known { Err(Reason::HfiRepeated(hfi.index)) } else { add_hfi(plan, source, hfi) };
            if let Err(reason) = &result {
                let origin = Origin { table: source.name.into(), index: hfi.index.into() };
                plan.left_out.push(LeftOut::new(Item::Hfi, &origin, reason.clone(), false));
            }
            if !known {
                entries.push((hfi.index, result));
            }
        }
        tables.push(entries);
    }
    let positions =
        |table: &Vec<(u8, _)>| table.iter().enumerate().map(|(position, (index, _))| (*index, position)).collect();
    let positions = tables.iter().map(positions).collect();
    Networks { tables, positions }
}

fn add_hfi(plan: &mut Plan, source: &Source<'_>, hfi: &Hfi) -> Result<NetworkRef, Reason> {
    let tcp = hfi.tcp.as_ref().ok_or(Reason::TransportInfoMissing)?;
    if tcp.mac.is_zero() {
        return Err(Reason::MacZero);
    }
    // The NIC gets its number before its HFI is checked, so a broken HFI changes no other name.
    let interface = interface_of(plan, tcp);
    if hfi.transport != TransportType::TCP {
        return Err(Reason::TransportOther(hfi.transport.0));
    }
    if tcp.mac.is_multicast() {
        return Err(Reason::MacMulticast(tcp.mac));
    }
    if tcp.vlan.is_invalid() {
        return Err(Reason::VlanOutside(tcp.vlan.0));
    }
    let mut network = network_of(source, hfi, tcp)?;
    drop_unusable(&mut network, &mut plan.notes)?;
    let link = link_of(&mut plan.interfaces[interface], interface, tcp.vlan.get());
    let ordinal = plan.interfaces.iter().flat_map(|i| &i.links).map(|l| l.networks.len() as u32).sum::<u32>();
    let networks = &mut plan.interfaces[interface].links[link].networks;
    let at = |network| NetworkRef { interface, link, network };
    if let Some(same) = networks.iter().position(|n| n.is_same(&network)) {
        return Ok(at(same));
    }
    network.metric += ordinal;
    network.route_table = FIRST_ROUTE_TABLE + ordinal;
    networks.push(network);
    Ok(at(networks.len() - 1))
}

/// Removes unusable addresses from a network, with a note for each.
///
/// # Errors
///
/// The network is static and its own address is unusable.
fn drop_unusable(network: &mut Network, notes: &mut Vec<String>) -> Result<(), Reason> {
    let at = format!("{}: HFI {}", network.hfi.table, network.hfi.index);
    let mut drop = |what: &str, ip: IpAddr, why: Unusable| notes.push(format!("{at}: {what} {ip} is not used: {why}"));
    let refused = |ip: Option<IpAddr>, check: &dyn Fn(IpAddr) -> Result<(), Unusable>| Some((ip?, check(ip?).err()?));
    if let Some((ip, why)) = refused(network.address, &|ip| check_host(ip, network.prefix)) {
        if network.method == Method::Static {
            return Err(Reason::AddressUnusable { ip, why });
        }
        // The server will grant another one.
        drop("IP address", ip, why);
        network.address = None;
    }
    let own = network.address.unwrap_or(network.family());
    if let Some((gateway, why)) = refused(network.gateway, &|ip| check_gateway(ip, own, network.prefix)) {
        drop("gateway", gateway, why);
        (network.gateway, network.default_route) = (None, false);
    }
    if let Some((server, why)) = refused(network.dhcp_server, &check_server) {
        drop("DHCP server", server, why);
        network.dhcp_server = None;
    }
    network.dns.retain(|dns| check_server(*dns).map_err(|why| drop("DNS server", *dns, why)).is_ok());
    Ok(())
}

fn interface_of(plan: &mut Plan, tcp: &HfiTcp) -> usize {
    if let Some(known) = plan.interfaces.iter().position(|interface| interface.mac == tcp.mac) {
        return known;
    }
    let pci = Some(tcp.pci()).filter(|pci| pci.segment != 0 || pci.routing_id != 0);
    let is_taken = |name: &str| plan.interfaces.iter().any(|interface| interface.name == name);
    let name = plan.names.interface(plan.interfaces.len(), pci, is_taken);
    plan.interfaces.push(Interface { name, mac: tcp.mac, pci, links: Vec::new(), bond: None });
    plan.interfaces.len() - 1
}

/// The index of the untagged link or a VLAN; adds it if it does not exist. `ordinal` is the NIC's number in the tables.
pub(super) fn link_of(interface: &mut Interface, ordinal: usize, vlan: Option<u16>) -> usize {
    if let Some(known) = interface.links.iter().position(|link| link.vlan == vlan) {
        return known;
    }
    let name = match vlan {
        Some(id) => names::vlan(&interface.name, ordinal, id),
        None => interface.name.clone(),
    };
    interface.links.push(Link { name, vlan, networks: Vec::new() });
    interface.links.len() - 1
}

fn network_of(source: &Source<'_>, hfi: &Hfi, tcp: &HfiTcp) -> Result<Network, Reason> {
    let address = tcp.ip.get();
    let ipv6 = is_ipv6(source.table, hfi, tcp);
    let (width, stand_in) = if ipv6 { (128, 64) } else { (32, 32) };
    if tcp.prefix > width {
        return Err(Reason::PrefixLong { prefix: tcp.prefix, width });
    }
    let ext = tcp.ext.as_ref();
    Ok(Network {
        hfi: Origin { table: source.name.into(), index: hfi.index.into() },
        method: method(tcp, ipv6),
        address,
        prefix: if tcp.prefix == 0 { stand_in } else { tcp.prefix },
        gateway: tcp.gateway.get(),
        default_route: tcp.flags.global_route() && tcp.gateway.is_set(),
        metric: u32::from(if tcp.route_metric == 0 { DEFAULT_METRIC } else { tcp.route_metric }),
        route_table: FIRST_ROUTE_TABLE,
        routes: Vec::new(),
        dns: [tcp.primary_dns, tcp.secondary_dns].into_iter().filter_map(|dns| dns.get()).collect(),
        dhcp_server: tcp.dhcp_server.get().filter(|_| tcp.flags.dhcp_override()),
        host_name: tcp.host_name.clone().filter(|name| !name.is_empty()),
        iaid: ext.and_then(|ext| ext.iaid),
        duid: ext.and_then(|ext| ext.duid.clone()),
    })
}

/// The flag or the origin may state DHCP: some firmware sets only one of them, and some writes garbage as origin.
fn method(tcp: &HfiTcp, ipv6: bool) -> Method {
    let dhcp = tcp.flags.dhcp_override() || tcp.ip_origin == IpOrigin::DHCP;
    let advertised = tcp.flags.autoconfigured() || tcp.ip_origin == IpOrigin::ROUTER_ADVERTISEMENT;
    match (ipv6, tcp.ip.is_set()) {
        (true, _) if advertised => Method::Slaac,
        (true, _) if dhcp => Method::Dhcp6,
        (false, _) if dhcp => Method::Dhcp4,
        (_, true) => Method::Static,
        // Firmware wrote neither a method nor an address: use the method that needs no configuration.
        (true, false) => Method::Slaac,
        (false, false) => Method::Dhcp4,
    }
}

/// The family of an HFI: that of its address, else of its DHCP server or gateway, else of its targets and discovery
/// controllers. The last resort is the form of the zero address (`::ffff:0.0.0.0` is IPv4).
fn is_ipv6(table: &Table, hfi: &Hfi, tcp: &HfiTcp) -> bool {
    let own = [tcp.ip, tcp.dhcp_server, tcp.gateway].into_iter().find_map(|address| address.get());
    let targets = || {
        let ssns = table.ssns.iter().filter(|ssns| ssns.hfi_indexes().contains(&hfi.index));
        ssns.filter_map(|ssns| ssns.traddr.and_then(|traddr| traddr.get())).next()
    };
    let discovery = || {
        let mine = table.discovery.iter().filter(|discovery| discovery.hfi == hfi.index);
        mine.filter_map(|discovery| discovery.uri.as_deref()?.parse::<DiscoveryUri>().ok()).find_map(|uri| {
            match uri.address {
                HostAddress::Ip(ip) => Some(ip),
                HostAddress::Name(_) => None,
            }
        })
    };
    own.or_else(targets).or_else(discovery).unwrap_or(tcp.ip.raw()).is_ipv6()
}

impl Network {
    /// Whether the address is IPv6, or will be.
    #[must_use]
    pub fn is_ipv6(&self) -> bool {
        match self.method {
            Method::Dhcp4 => false,
            Method::Dhcp6 | Method::Slaac => true,
            Method::Static => self.address.is_some_and(|ip| ip.is_ipv6()),
        }
    }

    fn family(&self) -> IpAddr {
        unspecified(self.is_ipv6())
    }

    /// Whether another HFI requests the same network.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let key = |n: &Self| (n.method, n.address, n.prefix, n.gateway);
        key(self) == key(other)
    }
}

const fn unspecified(ipv6: bool) -> IpAddr {
    if ipv6 { IpAddr::V6(Ipv6Addr::UNSPECIFIED) } else { IpAddr::V4(Ipv4Addr::UNSPECIFIED) }
}

/// Gives each network the routes to its gateway and to the targets and discovery controllers that are reached
/// through it.
pub(super) fn add_routes(plan: &mut Plan) {
    let mut targets: BTreeMap<NetworkRef, Vec<(IpAddr, Reach)>> = BTreeMap::new();
    for path in &plan.paths {
        targets.entry(path.network).or_default().push((path.traddr, path.reach));
    }
    for controller in &plan.discovery {
        targets.entry(controller.network).or_default().push((controller.traddr, controller.reach));
    }
    for (i, interface) in plan.interfaces.iter_mut().enumerate() {
        for (l, link) in interface.links.iter_mut().enumerate() {
            for (n, network) in link.networks.iter_mut().enumerate() {
                let at = NetworkRef { interface: i, link: l, network: n };
                network.routes = routes(network, targets.remove(&at).unwrap_or_default());
            }
        }
    }
}

fn routes(network: &Network, targets: Vec<(IpAddr, Reach)>) -> Vec<Route> {
    let mut routes = Vec::new();
    let host = |destination: IpAddr, gateway| Route {
        destination,
        prefix: if destination.is_ipv6() { 128 } else { 32 },
        gateway,
    };
    let on_link = |ip| is_link_local6(ip) || network.address.is_some_and(|own| same_subnet(own, ip, network.prefix));
    if let Some(gateway) = network.gateway.filter(|gateway| !on_link(*gateway)) {
        routes.push(host(gateway, None));
    }
    for (target, reach) in targets {
        let route = match reach {
            Reach::OnLink if on_link(target) => continue,
            Reach::OnLink => host(target, None),
            Reach::Gateway => host(target, network.gateway),
            Reach::Unknown | Reach::NoRoute => continue,
        };
        if !routes.contains(&route) {
            routes.push(route);
        }
    }
    if network.default_route {
        routes.push(Route { destination: network.family(), prefix: 0, gateway: network.gateway });
    }
    routes
}
