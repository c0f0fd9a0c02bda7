//! Holds the kernel's links, addresses and rules, built from its messages. [`super::watcher`] keeps them up to date.

use super::rules::Rule;
use libnbft::model::Mac;
use rtnetlink::packet_core::Nla;
use rtnetlink::packet_route::address::{AddressAttribute, AddressFlags, AddressMessage};
use rtnetlink::packet_route::link::{
    AfSpecInet6, AfSpecUnspec, Inet6IfaceFlags, InfoBondPort, InfoData, InfoKind, InfoPortData, InfoVlan,
    LinkAttribute, LinkFlags, LinkInfo, LinkMessage, LinkProtoInfoInet6,
};
use rtnetlink::packet_route::{AddressFamily, RouteNetlinkMessage};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// A link.
#[derive(Debug, Clone, Default)]
pub struct Link {
    pub index: u32,
    /// Distinguishes it from an earlier link with the same index.
    pub(super) generation: u64,
    pub name: String,
    pub mac: Option<Mac>,
    pub(super) permanent_mac: Option<Mac>,
    pub up: bool,
    pub carrier: bool,
    /// How often the carrier has come up.
    pub(super) carrier_ups: u32,
    pub(super) kind: Option<InfoKind>,
    pub mtu: u32,
    /// The bond or bridge that it is a port of.
    pub master: Option<u32>,
    /// Of a VLAN: the link that it is on, and its ID.
    pub vlan: Option<(u32, u16)>,
    /// The flags of the last router advertisement.
    pub(super) router_flags: RouterFlags,
}

impl Link {
    /// Whether it is a VRF, whose ports keep their addresses.
    pub fn is_vrf(&self) -> bool {
        self.kind == Some(InfoKind::Vrf)
    }

    /// Whether the NIC's hardware has this MAC address, whatever address was set on it since.
    pub fn has_mac(&self, mac: Mac) -> bool {
        match self.permanent_mac.filter(|permanent| !permanent.is_zero()) {
            Some(permanent) => permanent == mac,
            None => self.mac == Some(mac),
        }
    }
}

/// Flags of a router advertisement (RFC 4861, section 4.2).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct RouterFlags {
    /// M: DHCPv6 grants addresses.
    pub(super) managed: bool,
    /// O: DHCPv6 has other information, such as DNS servers.
    pub(super) other: bool,
}

impl From<Inet6IfaceFlags> for RouterFlags {
    fn from(flags: Inet6IfaceFlags) -> Self {
        let has = |flag| flags.contains(flag);
        Self { managed: has(Inet6IfaceFlags::RaManaged), other: has(Inet6IfaceFlags::Otherconf) }
    }
}

/// An address.
#[derive(Debug, Clone)]
pub struct Address {
    pub link: u32,
    pub ip: IpAddr,
    pub prefix: u8,
    pub tentative: bool,
    pub duplicate: bool,
    /// Whether it never expires.
    pub(super) permanent: bool,
    /// Seconds for which new connections should use it; `u32::MAX` without end.
    pub(super) preferred: u32,
    /// Whether new connections should use another, as a router says of a prefix that it gives up.
    pub(super) deprecated: bool,
    /// Whether it is a random address for temporary use (RFC 8981).
    pub(super) temporary: bool,
    /// Metric of the route to its subnet; 0 where none was chosen.
    pub(super) metric: u32,
}

impl Address {
    /// Whether it is an IPv6 address of this link other than the link-local one.
    pub(super) fn is_global_ipv6_of(&self, link: u32) -> bool {
        self.link == link && matches!(self.ip, IpAddr::V6(ip) if !ip.is_unicast_link_local())
    }
}

/// Links, addresses and rules.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) links: BTreeMap<u32, Link>,
    pub(super) addresses: Vec<Address>,
    /// The rules that have nbft's priority.
    pub(super) rules: Vec<Rule>,
    /// How many links have appeared so far.
    generations: u64,
}

impl State {
    pub(super) fn address(&self, link: u32, ip: IpAddr) -> Option<&Address> {
        self.addresses.iter().find(|address| address.link == link && address.ip == ip)
    }

    /// Applies a message of the kernel.
    pub(super) fn apply(&mut self, message: RouteNetlinkMessage) {
        match message {
            RouteNetlinkMessage::NewLink(message) => match message.header.interface_family {
                AddressFamily::Unspec => {
                    if let Some(mut link) = link(&message) {
                        link.generation = match self.links.get(&link.index) {
                            Some(known) => known.generation,
                            None => {
                                self.generations += 1;
                                self.generations
                            }
                        };
                        self.links.insert(link.index, link);
                    }
                }
                // Events of IPv6 options are link messages of that family, with a few of the link's own attributes.
                AddressFamily::Inet6 => {
                    let link = self.links.get_mut(&message.header.index);
                    if let Some((link, flags)) = link.zip(router_flags(&message)) {
                        link.router_flags = flags;
                    }
                }
                // A bridge reports its port.
                _ => {}
            },
            // In that family, the message only says that a port has left a bridge.
            RouteNetlinkMessage::DelLink(message) if message.header.interface_family == AddressFamily::Unspec => {
                self.links.remove(&message.header.index);
            }
            RouteNetlinkMessage::NewAddress(message) => {
                if let Some(new) = address(&message) {
                    self.addresses.retain(|old| old.link != new.link || old.ip != new.ip);
                    self.addresses.push(new);
                }
            }
            RouteNetlinkMessage::DelAddress(message) => {
                if let Some(gone) = address(&message) {
                    self.addresses.retain(|old| old.link != gone.link || old.ip != gone.ip);
                }
            }
            RouteNetlinkMessage::NewRule(message) => {
                if let Some(new) = Rule::of(&message).filter(|new| !self.rules.contains(new)) {
                    self.rules.push(new);
                }
            }
            RouteNetlinkMessage::DelRule(message) => {
                if let Some(gone) = Rule::of(&message) {
                    self.rules.retain(|rule| *rule != gone);
                }
            }
            _ => {}
        }
    }

    /// Adopts the links' generations from the state before events were lost.
    pub(super) fn adopt_generations(&mut self, before: &Self) {
        for link in self.links.values_mut() {
            link.generation = match before.links.get(&link.index) {
                Some(known) if known.mac == link.mac && known.kind == link.kind => known.generation,
                _ => before.generations + link.generation,
            };
        }
        self.generations += before.generations;
    }
}

fn link(message: &LinkMessage) -> Option<Link> {
    let mut link = Link { index: message.header.index, ..Link::default() };
    let flags = message.header.flags;
    link.up = flags.contains(LinkFlags::Up);
    link.carrier = flags.contains(LinkFlags::LowerUp);
    let mac = |bytes: &[u8]| bytes.try_into().ok().map(Mac);
    let (mut parent, mut vlan, mut lent) = (None, None, None);
    for attribute in &message.attributes {
        match attribute {
            LinkAttribute::IfName(name) => link.name.clone_from(name),
            LinkAttribute::Address(bytes) => link.mac = mac(bytes),
            LinkAttribute::PermAddress(bytes) => link.permanent_mac = mac(bytes),
            LinkAttribute::CarrierUpCount(count) => link.carrier_ups = *count,
            LinkAttribute::Mtu(mtu) => link.mtu = *mtu,
            LinkAttribute::Controller(master) => link.master = (*master != 0).then_some(*master),
            LinkAttribute::Link(index) => parent = Some(*index),
            LinkAttribute::AfSpecUnspec(families) => {
                let inet6 = families.iter().find_map(|family| match family {
                    AfSpecUnspec::Inet6(options) => options.iter().find_map(|setting| match setting {
                        AfSpecInet6::Flags(flags) => Some(*flags),
                        _ => None,
                    }),
                    _ => None,
                });
                link.router_flags = inet6.map(RouterFlags::from).unwrap_or_default();
            }
            LinkAttribute::LinkInfo(infos) => {
                for info in infos {
                    match info {
                        LinkInfo::Kind(kind) => link.kind = Some(kind.clone()),
                        LinkInfo::Data(InfoData::Vlan(data)) => vlan = vlan_id(data),
                        LinkInfo::PortData(InfoPortData::BondPort(data)) => lent = own_mac(data),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    link.vlan = parent.zip(vlan);
    // A bond gives its ports another address, and not every driver reports the permanent one.
    link.permanent_mac = link.permanent_mac.filter(|mac| !mac.is_zero()).or(lent);
    (!link.name.is_empty()).then_some(link)
}

/// The flags of a router advertisement in an event of IPv6 options. The crate gives the event's attributes as bytes.
fn router_flags(message: &LinkMessage) -> Option<RouterFlags> {
    /// IFLA_INET6_FLAGS.
    const FLAGS: u16 = 1;
    let options = message.attributes.iter().find_map(|attribute| match attribute {
        LinkAttribute::ProtoInfoInet6(options) => Some(options),
        _ => None,
    })?;
    options.iter().find_map(|setting| match setting {
        LinkProtoInfoInet6::Other(setting) if setting.kind() == FLAGS => {
            let mut bytes = [0; 4];
            (setting.value_len() == bytes.len()).then(|| setting.emit_value(&mut bytes))?;
            Some(Inet6IfaceFlags::from_bits_retain(u32::from_ne_bytes(bytes)).into())
        }
        _ => None,
    })
}

/// The address that a port had before the bond.
fn own_mac(data: &[InfoBondPort]) -> Option<Mac> {
    data.iter().find_map(|item| match item {
        InfoBondPort::PermHwaddr(bytes) => bytes.as_slice().try_into().ok().map(Mac),
        _ => None,
    })
}

fn vlan_id(data: &[InfoVlan]) -> Option<u16> {
    data.iter().find_map(|item| match item {
        InfoVlan::Id(id) => Some(*id),
        _ => None,
    })
}

fn address(message: &AddressMessage) -> Option<Address> {
    let (mut ip, mut metric, mut valid, mut preferred) = (None, 0, u32::MAX, u32::MAX);
    let mut flags = AddressFlags::from_bits_truncate(u32::from(message.header.flags.bits()));
    for attribute in &message.attributes {
        match attribute {
            // On point-to-point links `Address` is the peer's address and `Local` our own.
            AddressAttribute::Local(local) => ip = Some(*local),
            AddressAttribute::Address(address) => ip = ip.or(Some(*address)),
            AddressAttribute::Flags(all) => flags = *all,
            AddressAttribute::RoutePriority(priority) => metric = *priority,
            AddressAttribute::CacheInfo(times) => (valid, preferred) = (times.ifa_valid, times.ifa_preferred),
            _ => {}
        }
    }
    Some(Address {
        link: message.header.index,
        ip: ip?,
        prefix: message.header.prefix_len,
        tentative: flags.contains(AddressFlags::Tentative),
        duplicate: flags.contains(AddressFlags::Dadfailed),
        // An advertisement limits the life of an address that is flagged as permanent, too.
        permanent: flags.contains(AddressFlags::Permanent) && valid == u32::MAX,
        preferred,
        deprecated: flags.contains(AddressFlags::Deprecated),
        // For IPv4 the same bit marks another address of the same subnet.
        temporary: ip?.is_ipv6() && flags.contains(AddressFlags::Secondary),
        metric,
    })
}
