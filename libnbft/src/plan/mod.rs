//! Plans a boot from tables: interfaces to set up, controllers to connect, namespaces to expect, and what is left out and why.
//!
//! A plan is a pure function of the tables and a few [`Options`]. Nothing here talks to the kernel.

mod bond;
mod bounds;
mod dhcp_identity;
mod discovery;
mod entry;
mod host;
mod interfaces;
mod left_out;
mod limits;
#[cfg(feature = "std")]
mod load;
mod names;
mod namespaces;
#[cfg(feature = "serde")]
mod nid_text;
mod paths;
mod reach;
mod reason;
mod security;
mod target;
#[cfg(test)]
mod tests;
mod text;

pub use bond::{
    Bond, BondError, BondMode, BondPort, BondRefusal, BondRequest, BondSettings, LacpRate, RefusedBond, XmitHashPolicy,
};
pub use discovery::{Additions, Discovered, DiscoveryController, DiscoveryMode, DiscoverySource, EntryLeftOut};
pub use left_out::{DescriptorKind, Item, LeftOut};
pub use limits::{MAX_DISCOVERY, MAX_LEFT_OUT, MAX_PATHS};
#[cfg(feature = "std")]
pub use load::{LoadError, Loaded};
pub use names::Names;
pub use reason::{EntryReason, Reason};
pub use security::{
    Algorithms, Authentication, CipherSuite, Feature, HashFunction, KxGroup, Need, Policy, PolicyError, SecureChannel,
    Secured,
};
pub use target::{NqnFault, check_nqn};

use crate::model::{Mac, Nid, PciAddress, Table, Uuid};
use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;

/// A table and the name of the file that it came from.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// Name of the file (`NBFT`, `NBFT1`, …).
    pub name: &'a str,
    /// Its content.
    pub table: &'a Table,
}

/// Settings of the user that replace the tables' values.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Options {
    /// Host NQN that replaces the tables'.
    pub hostnqn: Option<String>,
    /// Host ID that replaces the tables'.
    pub hostid: Option<Uuid>,
    /// How interfaces are named.
    pub names: Names,
    /// Bonds to make of the tables' NICs.
    pub bonds: Vec<BondRequest>,
}

impl Options {
    /// Sets a host NQN that replaces the tables'.
    #[must_use]
    pub fn with_hostnqn(mut self, hostnqn: impl Into<String>) -> Self {
        self.hostnqn = Some(hostnqn.into());
        self
    }

    /// Sets a host ID that replaces the tables'.
    #[must_use]
    pub const fn with_hostid(mut self, hostid: Uuid) -> Self {
        self.hostid = Some(hostid);
        self
    }

    /// Sets how interfaces are named.
    #[must_use]
    pub const fn with_names(mut self, names: Names) -> Self {
        self.names = names;
        self
    }

    /// Sets the bonds to make.
    #[must_use]
    pub fn with_bonds(mut self, bonds: Vec<BondRequest>) -> Self {
        self.bonds = bonds;
        self
    }
}

/// The descriptor that an item of the plan comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Origin {
    /// Name of the table.
    pub table: String,
    /// Index of the descriptor in it.
    pub index: u16,
}

impl core::fmt::Display for Origin {
    /// `TABLE INDEX`.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} {}", self.table, self.index)
    }
}

/// A plan for the boot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Plan {
    /// Names of the tables that it was made from, in order.
    pub tables: Vec<String>,
    /// The identity by which this host connects.
    pub host: Option<HostIdentity>,
    /// How interfaces are named.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Names::is_default"))]
    pub names: Names,
    /// Interfaces to set up, one for each NIC.
    pub interfaces: Vec<Interface>,
    /// Controllers to connect, one for each way to reach a subsystem.
    pub paths: Vec<Path>,
    /// Namespaces to expect.
    pub namespaces: Vec<Namespace>,
    /// Discovery controllers, to ask immediately or as a fallback.
    #[cfg_attr(feature = "serde", serde(default))]
    pub discovery: Vec<DiscoveryController>,
    /// Subsystems for which an entry names a security profile. Its requirements hold for discovered paths too.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Vec::is_empty"))]
    pub secured: Vec<Secured>,
    /// Items of the tables that the plan does not use, with the reasons.
    pub left_out: Vec<LeftOut>,
    /// Bonds that the user requested and that cannot be made.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Vec::is_empty"))]
    pub refused_bonds: Vec<RefusedBond>,
    /// Decisions that the tables leave open, and values for which Linux has no option.
    pub notes: Vec<String>,
}

impl Plan {
    /// Plans from these tables, given in their natural order. [`MAX_PATHS`], [`MAX_DISCOVERY`] and [`MAX_LEFT_OUT`] bound its size.
    #[must_use]
    pub fn new(sources: &[Source<'_>], options: &Options) -> Self {
        let tables = sources.iter().map(|source| source.name.into()).collect();
        let mut plan = Self { tables, names: options.names, ..Self::default() };
        host::plan(&mut plan, sources, options);
        let mut networks = interfaces::plan(&mut plan, sources);
        bond::plan(&mut plan, &mut networks, &options.bonds);
        paths::plan(&mut plan, sources, &networks);
        discovery::plan(&mut plan, sources, &networks);
        interfaces::add_routes(&mut plan);
        bounds::shorten(&mut plan);
        plan
    }

    /// Every network, in the plan's order.
    pub fn networks(&self) -> impl Iterator<Item = (NetworkRef, &Network)> {
        self.interfaces.iter().enumerate().flat_map(|(interface, of)| {
            of.links.iter().enumerate().flat_map(move |(link, of)| {
                let at = move |network| NetworkRef { interface, link, network };
                of.networks.iter().enumerate().map(move |(number, network)| (at(number), network))
            })
        })
    }

    /// The network that a path uses.
    #[must_use]
    pub fn network(&self, at: NetworkRef) -> Option<&Network> {
        self.interfaces.get(at.interface)?.links.get(at.link)?.networks.get(at.network)
    }

    /// The link (untagged interface or VLAN) that a path uses.
    #[must_use]
    pub fn link(&self, at: NetworkRef) -> Option<&Link> {
        self.interfaces.get(at.interface)?.links.get(at.link)
    }
}

/// The host NQN and host ID that targets see. The kernel refuses two host IDs for one NQN.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct HostIdentity {
    /// Host NQN.
    pub nqn: String,
    /// Host ID.
    pub id: Uuid,
    /// Where the pair comes from, in words.
    pub why: String,
}

/// A NIC, identified by its MAC address, or a bond of several.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Interface {
    /// The name. [`Names::Table`] gives `nbft0`, `nbft1`, …, counting distinct MACs over all tables and HFIs, usable or not.
    pub name: String,
    /// MAC address.
    pub mac: Mac,
    /// PCI address; `None` if the table holds 0000:00:00.0, the address of a host bridge.
    pub pci: Option<PciAddress>,
    /// The untagged link and the VLANs in use. Empty if no HFI of the NIC is usable.
    pub links: Vec<Link>,
    /// The NICs below it, if it is a bond. The bond has the MAC address of the first.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub bond: Option<Bond>,
}

/// A link that has addresses: the NIC itself or a VLAN on it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Link {
    /// `nbft0`, or `nbft0.100` for a VLAN.
    pub name: String,
    /// VLAN ID, 1-4094.
    pub vlan: Option<u16>,
    /// Its networks, one for each HFI.
    pub networks: Vec<Network>,
}

/// How an address is obtained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum Method {
    /// The table's address is set.
    Static,
    /// DHCPv4; the client requests the table's address first, if there is one.
    Dhcp4,
    /// DHCPv6; the client requests the table's address first, if there is one.
    Dhcp6,
    /// IPv6 router advertisements.
    Slaac,
}

/// The network of one HFI.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Network {
    /// The HFI.
    pub hfi: Origin,
    /// How the address is obtained.
    pub method: Method,
    /// The table's address.
    pub address: Option<IpAddr>,
    /// Prefix length in bits. A 0 in the table is already replaced: by 32 for IPv4, by 64 for IPv6.
    pub prefix: u8,
    /// Gateway.
    pub gateway: Option<IpAddr>,
    /// Whether the default route goes through the gateway.
    pub default_route: bool,
    /// Metric of the routes in the main table; rises in HFI order.
    pub metric: u32,
    /// Number of the routing table that holds this HFI's routes alone.
    pub route_table: u32,
    /// Routes beyond the connected one: to gateway and targets, default route last.
    pub routes: Vec<Route>,
    /// DNS servers.
    pub dns: Vec<IpAddr>,
    /// DHCP server that firmware used.
    pub dhcp_server: Option<IpAddr>,
    /// Host name.
    pub host_name: Option<String>,
    /// DHCP IAID of firmware's client.
    pub iaid: Option<u32>,
    /// DHCP DUID of firmware's client, with the bytes of the table.
    pub duid: Option<Vec<u8>>,
}

/// A route.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Route {
    /// Destination; unspecified with prefix 0 for the default route.
    pub destination: IpAddr,
    /// Prefix length in bits.
    pub prefix: u8,
    /// Gateway; `None` = on the link.
    pub gateway: Option<IpAddr>,
}

/// Points at a [`Network`] of the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct NetworkRef {
    /// Index in [`Plan::interfaces`].
    pub interface: usize,
    /// Index in [`Interface::links`].
    pub link: usize,
    /// Index in [`Link::networks`].
    pub network: usize,
}

/// A controller to connect: one subsystem port over one HFI.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Path {
    /// The SSNS descriptors that name it; none if only a discovery log page does.
    pub ssns: Vec<Origin>,
    /// Subsystem NQN.
    pub nqn: String,
    /// Transport address.
    pub traddr: IpAddr,
    /// TCP port.
    pub trsvcid: u16,
    /// The network that it uses.
    pub network: NetworkRef,
    /// Name of the link, for the option `host_iface`.
    pub host_iface: String,
    /// Source address if the table fixes it; otherwise the interface's address.
    pub host_traddr: Option<IpAddr>,
    /// PDU header digest required.
    pub hdr_digest: bool,
    /// Data digest required.
    pub data_digest: bool,
    /// How the network reaches the target, according to the table.
    pub reach: Reach,
    /// Whether firmware marked each of its entries unavailable. nbft tries such a path, but booting never waits for it.
    pub unavailable: bool,
    /// Whether this HFI needs a route from a router to the target, and another HFI needs none. nbft tries such a path, but booting never
    /// waits for it.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "core::ops::Not::not"))]
    pub spare: bool,
    /// Firmware's connect timeout in seconds; a hint.
    pub timeout: Option<u16>,
    /// The discovery controller whose log page names it, if the tables do not.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub discovered: Option<DiscoverySource>,
    /// Its security requirements; `None` if the tables name no security profile.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub security: Option<Policy>,
}

/// How a target is reached from an HFI. Better ones sort first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Reach {
    /// The target is in the HFI's subnet.
    OnLink,
    /// Through the HFI's gateway.
    Gateway,
    /// The HFI's address comes from DHCP or a router advertisement and is not known yet.
    Unknown,
    /// Another subnet and no gateway.
    NoRoute,
}

/// A namespace to expect.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Namespace {
    /// The SSNS descriptors that name it; none if only a discovery log page names its subsystem.
    pub ssns: Vec<Origin>,
    /// Subsystem NQN.
    pub nqn: String,
    /// Namespace ID; 0 if only the NID identifies it.
    pub nsid: u32,
    /// Namespace identifier.
    #[cfg_attr(feature = "serde", serde(with = "nid_text"))]
    pub nid: Option<Nid>,
    /// Whether booting waits for it.
    pub boot: bool,
    /// Indexes in [`Plan::paths`].
    pub paths: Vec<usize>,
}
