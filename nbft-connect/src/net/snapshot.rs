//! Reads the kernel's links, addresses, routes and neighbours without changing them.

use super::addresses::link_local_of;
use super::error::{NetFailure, RouteFailure};
use super::state::{Address, Link, State};
use super::watcher::dump;
use super::{bond, duplicate, nic, requests};
use futures_util::StreamExt;
use libnbft::model::{Mac, PciAddress};
use libnbft::plan::Interface;
use rtnetlink::packet_route::AddressFamily;
use rtnetlink::packet_route::neighbour::{NeighbourAddress, NeighbourAttribute, NeighbourState};
use rtnetlink::packet_route::route::{RouteAddress, RouteAttribute, RouteFlags, RouteMessage, RouteType};
use rtnetlink::{Handle, RouteMessageBuilder};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use tokio::task::JoinHandle;

/// The links and addresses of one moment. Routes and neighbours are read when asked for.
#[derive(Debug)]
pub struct NetSnapshot {
    state: State,
    handle: Handle,
    task: JoinHandle<()>,
}

/// The kernel's state of a host on a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Neighbour {
    /// Its hardware address is known.
    Known,
    /// The kernel asked for it, and no host has answered.
    Silent,
    /// The kernel has not asked for it.
    Unasked,
}

impl Drop for NetSnapshot {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl NetSnapshot {
    /// Reads links and addresses. Must be called on the runtime.
    ///
    /// # Errors
    ///
    /// When netlink cannot be used.
    pub async fn take() -> Result<Self, NetFailure> {
        let (asking, handle, _) = rtnetlink::new_connection().map_err(|error| NetFailure::Netlink(error.into()))?;
        let task = tokio::spawn(asking);
        let state = dump(&handle).await?;
        Ok(Self { state, handle, task })
    }

    /// The link of a planned interface's NIC, or its bond.
    pub fn nic(&self, root: &Path, interface: &Interface) -> Option<Link> {
        bond::find(&self.state, root, interface)
    }

    /// The link of the NIC at a PCI address.
    pub fn nic_at(&self, root: &Path, pci: PciAddress) -> Option<&Link> {
        self.links().find(|link| nic::is_nic(link, root) && nic::is_at(link, root, pci))
    }

    /// Whether a link is a NIC, and not a VLAN, bond or bridge on one.
    pub fn is_nic(&self, root: &Path, link: &Link) -> bool {
        nic::is_nic(link, root)
    }

    pub fn links(&self) -> impl Iterator<Item = &Link> {
        self.state.links.values()
    }

    pub fn link(&self, index: u32) -> Option<&Link> {
        self.state.links.get(&index)
    }

    pub fn addresses(&self) -> &[Address] {
        &self.state.addresses
    }

    /// Whether a link has this address for a limited time: a network manager that has a lease for it sets the lease's time.
    pub fn expires(&self, link: u32, ip: IpAddr) -> bool {
        self.state.address(link, ip).is_some_and(|address| !address.permanent)
    }

    /// The gateway by which `link` sends from one address to another; `None` when the target is on the link.
    ///
    /// # Errors
    ///
    /// When no configured route leads there. An IPv4 socket that is bound to an interface would then treat its target as on the link.
    pub async fn route(&self, link: u32, from: IpAddr, to: IpAddr) -> Result<Option<IpAddr>, RouteFailure> {
        let Some(mut request) = route_request(link, from, to) else {
            return Err(RouteFailure::Families);
        };
        request.header.flags |= RouteFlags::FibMatch;
        let mut answers = Box::pin(self.handle.route().get(request).execute());
        match answers.next().await {
            Some(Ok(route)) if is_usable(&route) => Ok(gateway(&route)),
            Some(Ok(route)) => Err(RouteFailure::Type(type_name(route.header.kind))),
            Some(Err(error)) => Err(RouteFailure::Kernel(requests::kernel_error(&error))),
            None => Err(RouteFailure::NoAnswer),
        }
    }

    /// The MAC address of the other host that has `ip`, an address that the kernel will not use on `link`, if the host answers.
    pub async fn owner(&self, link: &Link, ip: IpAddr) -> Option<Mac> {
        let own = link_local_of(&self.state.addresses, link.index)?;
        match ip {
            IpAddr::V6(ip) => duplicate::owner(link.index, link.mac?, own, ip).await,
            IpAddr::V4(_) => None,
        }
    }

    /// The kernel's state of a host on a link now. Call it after something was sent to the host.
    pub async fn neighbour(&self, link: u32, ip: IpAddr) -> Neighbour {
        let family = if ip.is_ipv6() { AddressFamily::Inet6 } else { AddressFamily::Inet };
        let mut all = Box::pin(self.handle.neighbours().get().set_address_family(family).execute());
        let wanted = NeighbourAttribute::Destination(NeighbourAddress::from(ip));
        while let Some(Ok(neighbour)) = all.next().await {
            if neighbour.header.ifindex == link && neighbour.attributes.contains(&wanted) {
                return match neighbour.header.state {
                    NeighbourState::Failed | NeighbourState::Incomplete => Neighbour::Silent,
                    NeighbourState::None => Neighbour::Unasked,
                    _ => Neighbour::Known,
                };
            }
        }
        Neighbour::Unasked
    }
}

fn route_request(link: u32, from: IpAddr, to: IpAddr) -> Option<RouteMessage> {
    Some(match (from, to) {
        (IpAddr::V4(from), IpAddr::V4(to)) => RouteMessageBuilder::<Ipv4Addr>::new()
            .destination_prefix(to, 32)
            .source_prefix(from, 32)
            .output_interface(link)
            .build(),
        (IpAddr::V6(from), IpAddr::V6(to)) => RouteMessageBuilder::<Ipv6Addr>::new()
            .destination_prefix(to, 128)
            .source_prefix(from, 128)
            .output_interface(link)
            .build(),
        _ => return None,
    })
}

/// A route's type, as `ip route` names it.
fn type_name(kind: RouteType) -> String {
    match kind {
        RouteType::Broadcast => "broadcast".into(),
        RouteType::Anycast => "anycast".into(),
        RouteType::Multicast => "multicast".into(),
        RouteType::BlackHole => "blackhole".into(),
        RouteType::Unreachable => "unreachable".into(),
        RouteType::Prohibit => "prohibit".into(),
        RouteType::Throw => "throw".into(),
        other => u8::from(other).to_string(),
    }
}

fn is_usable(route: &RouteMessage) -> bool {
    matches!(route.header.kind, RouteType::Unicast | RouteType::Local)
}

fn gateway(route: &RouteMessage) -> Option<IpAddr> {
    route.attributes.iter().find_map(|attribute| match attribute {
        RouteAttribute::Gateway(RouteAddress::Inet(ip)) => Some(IpAddr::V4(*ip)),
        RouteAttribute::Gateway(RouteAddress::Inet6(ip)) => Some(IpAddr::V6(*ip)),
        _ => None,
    })
}
