//! Sends idempotent netlink requests: what exists already is no error.

use super::error::{KernelError, NetFailure, Step};
use super::subnet;
use super::target::LinkId;
use libnbft::address::{check_host, check_server};
use libnbft::model::Mac;
use libnbft::plan::{BondSettings, Network, Route};
use rtnetlink::packet_route::address::{AddressAttribute, AddressFlags, CacheInfo};
use rtnetlink::packet_route::link::{BondLacpRate, BondMode, BondXmitHashPolicy, LinkMessage};
use rtnetlink::packet_route::route::{RouteMessage, RouteProtocol, RouteScope};
use rtnetlink::packet_route::rule::{RuleAction, RuleAttribute};
use rtnetlink::{Handle, LinkBond, LinkUnspec, LinkVlan, RouteMessageBuilder};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

/// Priority of nbft's rules: before the main table's (32766), after the rules that an administrator puts first.
pub(crate) const RULE_PRIORITY: u32 = 20_000;

fn refused(step: impl FnOnce() -> Step) -> impl FnOnce(rtnetlink::Error) -> NetFailure {
    move |error| NetFailure::Kernel { step: step(), error: kernel_error(&error) }
}

pub(super) fn kernel_error(error: &rtnetlink::Error) -> KernelError {
    match error {
        rtnetlink::Error::RequestFailed => KernelError::NoAnswer,
        other => errno(other).map_or_else(|| KernelError::Unreadable(other.to_string()), KernelError::Errno),
    }
}

pub(super) fn errno(error: &rtnetlink::Error) -> Option<i32> {
    match error {
        rtnetlink::Error::NetlinkError(message) => Some(message.raw_code().abs()),
        _ => None,
    }
}

fn unless_present(result: Result<(), rtnetlink::Error>) -> Result<(), rtnetlink::Error> {
    match result {
        Err(error) if errno(&error) == Some(libc::EEXIST) => Ok(()),
        other => other,
    }
}

/// Names a link.
pub(super) async fn rename(handle: &Handle, index: u32, name: &str) -> Result<(), NetFailure> {
    let message = LinkUnspec::new_with_index(index).name(name).build();
    handle.link().set(message).execute().await.map_err(refused(|| Step::Rename(name.to_owned())))
}

/// Brings a link up.
pub(super) async fn up(handle: &Handle, index: u32) -> Result<(), NetFailure> {
    let message = LinkUnspec::new_with_index(index).up().build();
    handle.link().set(message).execute().await.map_err(refused(|| Step::BringUp))
}

/// Sets the MTU.
pub(super) async fn mtu(handle: &Handle, index: u32, mtu: u16) -> Result<(), NetFailure> {
    let message = LinkUnspec::new_with_index(index).mtu(u32::from(mtu)).build();
    handle.link().set(message).execute().await.map_err(refused(|| Step::Mtu(mtu)))
}

/// Makes a VLAN.
pub(super) async fn add_vlan(handle: &Handle, name: &str, parent: u32, id: u16) -> Result<(), NetFailure> {
    let result = handle.link().add(LinkVlan::new(name, parent, id).build()).execute().await;
    unless_present(result).map_err(refused(|| Step::AddVlan(name.to_owned())))
}

/// Makes a bond with this MAC address; returns `false` if a link of this name existed before.
pub(super) async fn add_bond(
    handle: &Handle,
    name: &str,
    mac: Mac,
    settings: &BondSettings,
) -> Result<bool, KernelError> {
    match handle.link().add(bond(name, mac, settings)).execute().await {
        Ok(()) => Ok(true),
        Err(error) if errno(&error) == Some(libc::EEXIST) => Ok(false),
        Err(error) => Err(kernel_error(&error)),
    }
}

/// Gives a bond that has no port yet its MAC address and settings.
pub(super) async fn set_bond(
    handle: &Handle,
    name: &str,
    mac: Mac,
    settings: &BondSettings,
) -> Result<(), KernelError> {
    handle.link().set(bond(name, mac, settings)).execute().await.map_err(|error| kernel_error(&error))
}

fn bond(name: &str, mac: Mac, settings: &BondSettings) -> LinkMessage {
    let mut bond = LinkBond::new(name).address(mac.0.to_vec()).mode(BondMode::from(settings.mode.number()));
    bond = bond.miimon(settings.miimon);
    if let Some(delay) = settings.updelay {
        bond = bond.updelay(delay);
    }
    if let Some(delay) = settings.downdelay {
        bond = bond.downdelay(delay);
    }
    if let Some(rate) = settings.lacp_rate {
        bond = bond.ad_lacp_rate(BondLacpRate::from(rate.number()));
    }
    if let Some(policy) = settings.xmit_hash_policy {
        bond = bond.xmit_hash_policy(BondXmitHashPolicy::from(policy.number()));
    }
    bond.build()
}

/// Makes a link a port of a bond, which brings it up. The kernel accepts only a link that is down.
pub(super) async fn add_port(handle: &Handle, bond: u32, port: u32) -> Result<(), KernelError> {
    let down = LinkUnspec::new_with_index(port).down().build();
    handle.link().set(down).execute().await.map_err(|error| kernel_error(&error))?;
    let enslave = LinkUnspec::new_with_index(port).controller(bond).build();
    handle.link().set(enslave).execute().await.map_err(|error| kernel_error(&error))
}

/// Removes a link that nbft has made.
pub(super) async fn remove_link(handle: &Handle, index: u32) {
    let _ = handle.link().del(index).execute().await;
}

/// Sets an address that never expires. The route to its subnet gets the HFI's metric.
pub(super) async fn add_address(handle: &Handle, index: u32, ip: IpAddr, network: &Network) -> Result<(), NetFailure> {
    check_host(ip, network.prefix).map_err(|why| NetFailure::Unusable { address: ip, why })?;
    let mut request = handle.address().add(index, ip, network.prefix).replace();
    request.message_mut().attributes.push(AddressAttribute::RoutePriority(network.metric));
    request.execute().await.map_err(refused(|| Step::AddAddress(ip, network.prefix)))
}

/// Makes an advertised address never expire. How long new connections should use it does not change, nor does the router's route to the
/// subnet.
pub(super) async fn keep_address(
    handle: &Handle,
    index: u32,
    (ip, prefix): (IpAddr, u8),
    preferred: u32,
) -> Result<(), NetFailure> {
    let mut request = handle.address().add(index, ip, prefix).replace();
    let mut times = CacheInfo::default();
    (times.ifa_valid, times.ifa_preferred) = (u32::MAX, preferred);
    let attributes = [AddressAttribute::CacheInfo(times), AddressAttribute::Flags(AddressFlags::Noprefixroute)];
    request.message_mut().attributes.extend(attributes);
    request.execute().await.map_err(refused(|| Step::AddAddress(ip, prefix)))
}

/// Removes an address, and the route to it in the HFI's own table. The kernel removes IPv4 routes with the address that they name
/// as their source.
pub(super) async fn remove_address(
    handle: &Handle,
    index: u32,
    ip: IpAddr,
    prefix: u8,
    table: u32,
) -> Result<(), NetFailure> {
    let message = handle.address().add(index, ip, prefix).message_mut().clone();
    match handle.address().del(message).execute().await {
        Err(error) if errno(&error) != Some(libc::EADDRNOTAVAIL) => {
            return Err(refused(|| Step::RemoveAddress(ip, prefix))(error));
        }
        _ => {}
    }
    // An advertised subnet stays on the link; the route to a single address has no other owner.
    if let (IpAddr::V6(ip), 128) = (ip, prefix) {
        let route = Route { destination: ip.into(), prefix, gateway: None };
        let _ = handle.route().del(route_v6(index, ip, &route, Table { id: table, metric: None })).execute().await;
    }
    Ok(())
}

/// Removes the routes of a network from a link that no longer has its address. A route that does not exist is no error.
pub(super) async fn remove_routes(handle: &Handle, link: u32, ip: IpAddr, network: &Network) {
    let connected = Route { destination: subnet(ip, network.prefix), prefix: network.prefix, gateway: None };
    let own = Table { id: network.route_table, metric: None };
    let main = Table { id: 254, metric: Some(network.metric) };
    let in_main = network.routes.iter().map(|route| (route, main));
    for (route, table) in in_main.chain(std::iter::once(&connected).chain(&network.routes).map(|route| (route, own))) {
        let message = match (route.destination, ip) {
            (IpAddr::V4(destination), IpAddr::V4(source)) => route_v4(link, destination, source, route, table),
            (IpAddr::V6(destination), IpAddr::V6(_)) => route_v6(link, destination, route, table),
            _ => continue,
        };
        // The kernel has removed those that name the address as their source.
        let _ = handle.route().del(message).execute().await;
    }
}

/// Keeps the other addresses of a subnet when its first is removed; by default Linux removes them too.
///
/// # Errors
///
/// When the sysctl cannot be written.
#[expect(clippy::disallowed_methods, reason = "a sysctl gets a constant")]
pub(super) fn promote_secondaries(root: &Path, name: &str) -> std::io::Result<()> {
    std::fs::write(root.join("proc/sys/net/ipv4/conf").join(name).join("promote_secondaries"), "1")
}

/// Sets the routes of a network in the main table and in the HFI's own, which rules choose. A route that the kernel refuses is
/// logged and left out.
pub(super) async fn add_routes(
    handle: &Handle,
    link: LinkId<'_>,
    ip: IpAddr,
    network: &Network,
) -> Result<(), NetFailure> {
    // A rule from 0.0.0.0 would send all packets that are not bound to an address to this HFI's table.
    check_server(ip).map_err(|why| NetFailure::Unusable { address: ip, why })?;
    let connected = Route { destination: subnet(ip, network.prefix), prefix: network.prefix, gateway: None };
    let own = Table { id: network.route_table, metric: None };
    let main = Table { id: 254, metric: Some(network.metric) };
    let in_main = network.routes.iter().map(|route| (route, main));
    let in_own = std::iter::once(&connected).chain(&network.routes).map(|route| (route, own));
    let mut refused: Vec<&Route> = Vec::new();
    for (route, table) in in_main.chain(in_own) {
        // It was refused for the main table already.
        if refused.contains(&route) {
            continue;
        }
        let Err(error) = add_route(handle, link.index, ip, route, table).await else { continue };
        if is_of_link(&error) {
            return Err(route_refused(route)(error));
        }
        log::warn!("{}: {}", link.name, route_refused(route)(error));
        refused.push(route);
    }
    for rule in [Rule::From(ip), Rule::Out(link.name)] {
        if let Err(error) = add_rule(handle, ip.is_ipv6(), &rule, network.route_table).await {
            // A kernel without policy routing still serves one path.
            log::warn!("{}: no rule for table {}: {}", link.name, network.route_table, kernel_error(&error));
        }
    }
    Ok(())
}

fn route_refused(route: &Route) -> impl FnOnce(rtnetlink::Error) -> NetFailure + use<> {
    let step = Step::AddRoute(route.destination, route.prefix);
    refused(move || step)
}

/// Whether the link is down or gone, or the kernel does not answer: then the route is not at fault.
fn is_of_link(error: &rtnetlink::Error) -> bool {
    matches!(errno(error), None | Some(libc::ENODEV | libc::ENETDOWN))
}

#[derive(Clone, Copy)]
struct Table {
    id: u32,
    metric: Option<u32>,
}

async fn add_route(
    handle: &Handle,
    index: u32,
    source: IpAddr,
    route: &Route,
    table: Table,
) -> Result<(), rtnetlink::Error> {
    let message = match (route.destination, source) {
        (IpAddr::V4(destination), IpAddr::V4(source)) => route_v4(index, destination, source, route, table),
        (IpAddr::V6(destination), IpAddr::V6(_)) => route_v6(index, destination, route, table),
        _ => return Ok(()),
    };
    handle.route().add(message).replace().execute().await
}

fn route_v4(index: u32, destination: Ipv4Addr, source: Ipv4Addr, route: &Route, table: Table) -> RouteMessage {
    let mut builder = RouteMessageBuilder::<Ipv4Addr>::new()
        .destination_prefix(destination, route.prefix)
        .output_interface(index)
        .pref_source(source)
        .protocol(RouteProtocol::Static)
        .table_id(table.id);
    if let Some(metric) = table.metric {
        builder = builder.priority(metric);
    }
    match route.gateway {
        Some(IpAddr::V4(gateway)) => builder.gateway(gateway).build(),
        _ => builder.scope(RouteScope::Link).build(),
    }
}

fn route_v6(index: u32, destination: Ipv6Addr, route: &Route, table: Table) -> RouteMessage {
    let mut builder = RouteMessageBuilder::<Ipv6Addr>::new()
        .destination_prefix(destination, route.prefix)
        .output_interface(index)
        .protocol(RouteProtocol::Static)
        .table_id(table.id);
    if let Some(metric) = table.metric {
        builder = builder.priority(metric);
    }
    match route.gateway {
        Some(IpAddr::V6(gateway)) => builder.gateway(gateway).build(),
        _ => builder.build(),
    }
}

enum Rule<'a> {
    From(IpAddr),
    Out(&'a str),
}

async fn add_rule(handle: &Handle, ipv6: bool, rule: &Rule<'_>, table: u32) -> Result<(), rtnetlink::Error> {
    let mut request = handle.rule().add().table_id(table).priority(RULE_PRIORITY).action(RuleAction::ToTable);
    // With the protocol that a network manager gives the same rule, the kernel sees one rule.
    request.message_mut().attributes.push(RuleAttribute::Protocol(RouteProtocol::Static));
    let result = match (rule, ipv6) {
        (Rule::From(IpAddr::V4(ip)), _) => request.v4().source_prefix(*ip, 32).execute().await,
        (Rule::From(IpAddr::V6(ip)), _) => request.v6().source_prefix(*ip, 128).execute().await,
        (Rule::Out(name), false) => {
            let mut request = request.v4();
            request.message_mut().attributes.push(RuleAttribute::Oifname((*name).to_owned()));
            request.execute().await
        }
        (Rule::Out(name), true) => {
            let mut request = request.v6();
            request.message_mut().attributes.push(RuleAttribute::Oifname((*name).to_owned()));
            request.execute().await
        }
    };
    unless_present(result)
}
