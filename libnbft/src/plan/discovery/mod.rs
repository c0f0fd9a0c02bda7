//! Plans which discovery controllers to ask, over which HFI and when.

mod log_page;
#[cfg(test)]
mod tests;

pub use log_page::{Additions, Discovered, EntryLeftOut};

use super::interfaces::Networks;
use super::left_out::{Item, LeftOut};
use super::limits::{MAX_DISCOVERY, MAX_NAMED, MAX_SSNS};
use super::paths::{link_name, same_nic_other_family, source_address};
use super::target::check_nqn;
use super::{NetworkRef, Origin, Plan, Policy, Reach, Reason, Source, reach};
use crate::address::check_target;
use crate::model::{DISCOVERY_NQN, Discovery};
use crate::text::{DiscoveryUri, HostAddress};
use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use core::net::IpAddr;

/// A discovery controller, over one HFI.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct DiscoveryController {
    /// The discovery descriptors that name it, or whose controllers refer to it; 16 at most.
    pub descriptors: Vec<Origin>,
    /// Its NQN; the well-known discovery NQN if the table gives none.
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
    /// How the network reaches it, according to the table.
    pub reach: Reach,
    /// When to ask it.
    #[cfg_attr(feature = "serde", serde(rename = "ask"))]
    pub mode: DiscoveryMode,
    /// The SSNS descriptors that firmware found through it, 256 at most.
    pub ssns: Vec<Origin>,
    /// Its security requirements; `None` if no descriptor names a security profile.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub security: Option<Policy>,
}

/// When to ask a discovery controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum DiscoveryMode {
    /// As soon as its interface is ready. No path of the plan came from it, and nbft connects each subsystem of its log page.
    #[cfg_attr(feature = "serde", serde(rename = "at-once"))]
    Immediate,
    /// When a path that came from it fails, and then for other addresses of that path's subsystem.
    #[cfg_attr(feature = "serde", serde(rename = "fall-back"))]
    Fallback,
}

impl DiscoveryController {
    /// This controller as the source of a path.
    #[must_use]
    pub fn source(&self) -> DiscoverySource {
        let Self { nqn, traddr, trsvcid, descriptors, .. } = self.clone();
        DiscoverySource { nqn, traddr, trsvcid, descriptors }
    }

    /// Whether it is the source of a path, over any HFI.
    #[must_use]
    pub fn is(&self, source: &DiscoverySource) -> bool {
        (&self.nqn, self.traddr, self.trsvcid) == (&source.nqn, source.traddr, source.trsvcid)
    }
}

impl fmt::Display for DiscoveryController {
    /// Address, port and origin.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source().fmt(f)
    }
}

/// The discovery controller whose log page names a path.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct DiscoverySource {
    /// Its NQN.
    pub nqn: String,
    /// Transport address.
    pub traddr: IpAddr,
    /// TCP port.
    pub trsvcid: u16,
    /// The discovery descriptors that name it, or whose controllers refer to it; 16 at most.
    pub descriptors: Vec<Origin>,
}

impl fmt::Display for DiscoverySource {
    /// Address, port and origin.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} port {}", self.traddr, self.trsvcid)?;
        for (i, origin) in self.descriptors.iter().enumerate() {
            let before = if i == 0 { " (" } else { ", " };
            write!(f, "{before}{} discovery {}", origin.table, origin.index)?;
        }
        f.write_str(if self.descriptors.is_empty() { "" } else { ")" })
    }
}

/// Adds the discovery controllers. The plan must have the paths already.
pub(super) fn plan(plan: &mut Plan, sources: &[Source<'_>], networks: &Networks) {
    let mut all: Vec<DiscoveryController> = Vec::new();
    let mut left_out = Vec::new();
    let mut shortened = BTreeSet::new();
    let any = sources.iter().any(|source| !source.table.discovery.is_empty());
    let covered: BTreeSet<&Origin> = plan.paths.iter().filter(|_| any).flat_map(|path| &path.ssns).collect();
    for (number, source) in sources.iter().enumerate() {
        for discovery in &source.table.discovery {
            let origin = Origin { table: source.name.into(), index: discovery.index.into() };
            let controller = controller(plan, source, networks, number, discovery, &origin, &covered);
            match controller.and_then(|controller| add(&mut all, controller, &mut shortened)) {
                Ok(()) => {}
                Err(reason) => left_out.push(LeftOut::new(Item::Discovery, &origin, reason, false)),
            }
        }
    }
    for controller in shortened.into_iter().filter_map(|index| all.get(index)) {
        let (traddr, port) = (controller.traddr, controller.trsvcid);
        plan.notes.push(format!(
            "not all descriptors that name the discovery controller at {traddr} port {port}, or came from it, are listed: there \
             are more than {MAX_NAMED} or {MAX_SSNS}"
        ));
    }
    plan.discovery = all;
    plan.left_out.extend(left_out);
}

/// Adds a controller, or merges it into a known one: firmware writes one descriptor for each of its drivers.
///
/// # Errors
///
/// The security requirements of the two contradict each other, and the first one stays unchanged; or there are too many
/// controllers.
fn add(
    all: &mut Vec<DiscoveryController>,
    controller: DiscoveryController,
    shortened: &mut BTreeSet<usize>,
) -> Result<(), Reason> {
    let Some(index) = all.iter().position(|known| known.is_same(&controller)) else {
        if all.len() >= MAX_DISCOVERY {
            return Err(Reason::DiscoveryTooMany);
        }
        all.push(controller);
        return Ok(());
    };
    let known = &mut all[index];
    known.security = match (known.security.clone(), controller.security) {
        (Some(one), Some(other)) => Some(one.and(other).map_err(Reason::DiscoverySecurityUnmet)?),
        (one, other) => one.or(other),
    };
    if controller.mode == DiscoveryMode::Fallback {
        known.mode = DiscoveryMode::Fallback;
    }
    known.descriptors.extend(controller.descriptors);
    known.ssns.extend(controller.ssns);
    if known.descriptors.len() > MAX_NAMED || known.ssns.len() > MAX_SSNS {
        shortened.insert(index);
        known.descriptors.truncate(MAX_NAMED);
        known.ssns.truncate(MAX_SSNS);
    }
    Ok(())
}

fn controller(
    plan: &Plan,
    source: &Source<'_>,
    networks: &Networks,
    table: usize,
    discovery: &Discovery,
    origin: &Origin,
    covered: &BTreeSet<&Origin>,
) -> Result<DiscoveryController, Reason> {
    let security = match discovery.security {
        0 => None,
        // An error here prevents a connection in plaintext.
        index => Some(Policy::of_index(source.table, source.name, index).map_err(Reason::DiscoverySecurityUnmet)?),
    };
    let text = discovery.uri.as_deref().ok_or(Reason::UriMissing)?;
    let uri: DiscoveryUri = text.parse().map_err(|_| Reason::UriMalformed(text.into()))?;
    let traddr = match uri.address {
        HostAddress::Ip(ip) => {
            check_target(ip).map_err(|why| Reason::UriUnusable { ip, why })?;
            ip
        }
        HostAddress::Name(name) => return Err(Reason::UriName(name)),
    };
    let nqn = discovery.nqn.as_ref().map_or(DISCOVERY_NQN, |nqn| nqn.as_str());
    check_nqn(nqn).map_err(Reason::NqnUnusable)?;
    let (network, reach) = network(plan, networks, table, discovery.hfi, traddr)?;
    let mine = source.table.ssns.iter().filter(|ssns| ssns.primary_discovery == discovery.index);
    let ssns: Vec<_> = mine.map(|ssns| Origin { table: source.name.into(), index: ssns.index }).collect();
    Ok(DiscoveryController {
        descriptors: vec![origin.clone()],
        nqn: nqn.into(),
        traddr,
        trsvcid: uri.port,
        network,
        host_iface: link_name(plan, network),
        host_traddr: source_address(plan, network),
        reach,
        // As long as a planned path works, the log page is not needed.
        mode: if ssns.iter().any(|origin| covered.contains(origin)) {
            DiscoveryMode::Fallback
        } else {
            DiscoveryMode::Immediate
        },
        ssns,
        security,
    })
}

/// The network of the descriptor's HFI, or of an HFI of the same NIC with the address's family; if no HFI is named, the best network.
fn network(
    plan: &Plan,
    networks: &Networks,
    table: usize,
    hfi: u8,
    traddr: IpAddr,
) -> Result<(NetworkRef, Reach), Reason> {
    let reach_from = |at: NetworkRef| Some((at, reach::reach(plan.network(at)?, traddr)?));
    if hfi == 0 {
        let all = networks.of_table(table).filter_map(|(_, at)| reach_from(at));
        let best = all.min_by_key(|(_, reach)| *reach);
        return best.ok_or(Reason::HfiNoneOfFamily(traddr));
    }
    let at = networks.get(table, hfi).map_err(|why| Reason::HfiUnusable { hfi, why: Box::new(why) })?;
    reach_from(at)
        .or_else(|| same_nic_other_family(plan, networks, table, at, traddr).map(|(_, at, reach)| (at, reach)))
        .ok_or(Reason::HfiOtherFamily { hfi, traddr })
}

impl DiscoveryController {
    /// Whether both are the same controller over the same network.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        (self.traddr, self.trsvcid, self.network, &self.nqn) == (other.traddr, other.trsvcid, other.network, &other.nqn)
    }
}

impl Plan {
    /// Whether the boot namespace comes from a discovery log page: the tables name no boot namespace, and one controller is in mode
    /// [`DiscoveryMode::Immediate`].
    #[must_use]
    pub fn boots_by_discovery(&self) -> bool {
        !self.namespaces.iter().any(|namespace| namespace.boot)
            && self.discovery.iter().any(|controller| controller.mode == DiscoveryMode::Immediate)
    }
}
