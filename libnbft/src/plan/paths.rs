//! Which controllers the SSNS descriptors ask for, and over which HFIs.

use super::bounds::{self, MAX_PAIRS, MAX_PATHS};
use super::interfaces::Networks;
use super::secured::{Demands, in_the_clear};
use super::{DEFAULT_PORT, LeftOut, Method, NetworkRef, Origin, Path, Plan, Policy, Reach, Source, namespaces, reach};
use crate::address::check_target;
use crate::model::{Availability, Nqn, Ssns, TransportType};
use crate::text::parse_port;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::net::IpAddr;

pub(super) type Key = (String, NetworkRef, IpAddr, u16);

/// What has been planned already, found without walking all of it: a table can ask for 255 x 255 paths.
#[derive(Default)]
pub(super) struct Known {
    paths: BTreeMap<Key, usize>,
    /// Namespaces and the paths that they have.
    pub(super) members: BTreeSet<(usize, usize)>,
}

/// An SSNS, and what becomes of it.
pub(super) struct Entry<'a> {
    pub(super) ssns: &'a Ssns,
    pub(super) origin: Origin,
    /// What of it is left out.
    pub(super) left_out: Vec<LeftOut>,
    /// What of it is connected.
    pub(super) wish: Option<Wish<'a>>,
}

/// What an SSNS asks for.
pub(super) struct Wish<'a> {
    pub(super) target: Target,
    security: Option<&'a Policy>,
    /// The HFIs to connect over, the best one first.
    pub(super) candidates: Vec<Candidate>,
    /// How many HFIs there were before any was left out as too many.
    pub(super) asked: usize,
}

impl Entry<'_> {
    /// Whether booting waits for it.
    pub(super) fn is_boot(&self) -> bool {
        namespaces::is_waited_for(self.ssns)
    }
}

pub(super) fn plan(plan: &mut Plan, sources: &[Source<'_>], networks: &Networks) {
    let demands = Demands::of_tables(sources);
    let share = share(sources, networks);
    let mut entries = Vec::new();
    for (number, source) in sources.iter().enumerate() {
        for ssns in &source.table.ssns {
            let origin = Origin { table: source.name.into(), index: ssns.index };
            entries.push(entry(plan, networks, number, ssns, origin, &demands, share));
        }
    }
    if share.is_some() {
        bounds::admit(&mut entries);
    }
    let mut known = Known::default();
    for entry in entries {
        plan.left_out.extend(entry.left_out);
        if let Some(wish) = entry.wish {
            add_ssns(plan, &mut known, entry.ssns, &entry.origin, &wish);
        }
    }
    plan.notes.extend(demands.note());
    plan.secured = demands.subsystems().collect();
}

/// How many HFIs an SSNS may ask for where all ask for more than [`MAX_PATHS`]; `None` where they do not.
fn share(sources: &[Source<'_>], networks: &Networks) -> Option<usize> {
    let (mut entries, mut pairs) = (0_usize, 0_usize);
    for (table, source) in sources.iter().enumerate() {
        for ssns in &source.table.ssns {
            entries += 1;
            pairs += match ssns.hfi_indexes().len() {
                0 => networks.of_table(table).count(),
                named => named,
            };
        }
    }
    (pairs > MAX_PATHS).then(|| (MAX_PAIRS / entries).max(1))
}

fn entry<'a>(
    plan: &Plan,
    networks: &Networks,
    table: usize,
    ssns: &'a Ssns,
    origin: Origin,
    demands: &'a Demands,
    share: Option<usize>,
) -> Entry<'a> {
    // Fails closed: a connection in the clear is not what the table asks for.
    let secured = |target: Target| match demands.of_port(&target) {
        Ok(security) => Ok((target, security)),
        Err(reason) => Err(in_the_clear(reason, "connected")),
    };
    let mut entry = Entry { ssns, origin, left_out: Vec::new(), wish: None };
    match target(ssns).and_then(secured) {
        Ok((target, security)) => {
            let (mut candidates, unused) = choose(plan, networks, table, ssns, &target);
            entry.left_out = name_unused(&entry.origin, unused, share.is_some());
            let asked = candidates.len();
            candidates.truncate(share.unwrap_or(asked));
            candidates.shrink_to_fit();
            entry.wish = Some(Wish { target, security, candidates, asked });
        }
        Err(reason) => {
            let attempt = ssns.nqn.as_ref().is_some_and(Nqn::is_discovery);
            let boot = entry.is_boot() && !attempt;
            entry.left_out.push(LeftOut { what: "SSNS".into(), origin: entry.origin.clone(), reason, boot });
        }
    }
    entry
}

/// The HFIs that are not used: one item each, or, where there are many, one for each reason.
fn name_unused(origin: &Origin, unused: Vec<Unused>, many: bool) -> Vec<LeftOut> {
    let mut groups: Vec<(Unused, usize)> = Vec::new();
    for one in unused {
        match groups.iter_mut().find(|(known, _)| many && known.why == one.why) {
            Some((_, others)) => *others += 1,
            None => groups.push((one, 0)),
        }
    }
    let item = |(Unused { hfi, reason, .. }, others): (Unused, usize)| {
        let others = if others > 0 { format!(" and {others} others") } else { String::new() };
        let (what, reason) = (format!("SSNS over HFI {hfi}{others}"), format!("HFI {hfi} {reason}"));
        LeftOut { what, origin: origin.clone(), reason, boot: false }
    };
    groups.into_iter().map(item).collect()
}

pub(super) fn key(target: &Target, candidate: &Candidate) -> Key {
    (target.nqn.clone(), candidate.at, target.traddr, target.trsvcid)
}

/// What of an SSNS a connection needs.
pub(super) struct Target {
    pub(super) nqn: String,
    pub(super) traddr: IpAddr,
    pub(super) trsvcid: u16,
}

/// The target of an SSNS, or why it cannot be connected.
pub(super) fn target(ssns: &Ssns) -> Result<Target, String> {
    if ssns.transport != TransportType::TCP {
        return Err(format!("its transport type is {:#x}, not NVMe/TCP", ssns.transport.0));
    }
    let nqn = ssns.nqn.as_ref().ok_or("it has no subsystem NQN that can be read")?;
    if nqn.is_discovery() {
        return Err("its NQN is the discovery NQN: an attempt of the firmware that failed before discovery".into());
    }
    check_nqn(nqn.as_str())?;
    let traddr = ssns.traddr.and_then(|traddr| traddr.get()).ok_or("it has no transport address that can be read")?;
    check_target(traddr).map_err(|why| format!("its transport address {traddr} cannot be used: {why}"))?;
    let trsvcid = match ssns.trsvcid.as_deref() {
        None | Some("") => DEFAULT_PORT,
        Some(text) => parse_port(text).map_err(|_| format!("its transport service ID {text:?} is not a TCP port"))?,
    };
    Ok(Target { nqn: nqn.0.clone(), traddr, trsvcid })
}

/// Checks an NQN that the kernel is to be given: 1 to [`Nqn::MAX_LEN`] bytes, no control character, no blank, no comma. The kernel
/// splits its options at commas, so an NQN with one could add an option.
///
/// # Errors
///
/// In words, why the kernel cannot be given it.
pub fn check_nqn(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("its NQN is empty".into());
    }
    if text.len() > Nqn::MAX_LEN {
        return Err(format!("its NQN is {} bytes long, above {}", text.len(), Nqn::MAX_LEN));
    }
    match text.chars().find(|c| c.is_control() || c.is_whitespace() || matches!(c, ',' | '\u{fffd}')) {
        Some(c) => Err(format!("its NQN holds {c:?}, which cannot be passed to the kernel")),
        None => Ok(()),
    }
}

/// An HFI by which a target may be reached.
pub(super) struct Candidate {
    hfi: u8,
    at: NetworkRef,
    reach: Reach,
    /// Whether there is room for it, once that is decided.
    pub(super) admitted: bool,
}

/// An HFI that an SSNS names and that is not used for it.
struct Unused {
    hfi: u8,
    why: Why,
    /// The sentence that follows `HFI N`.
    reason: String,
}

/// The kind of reason.
#[derive(PartialEq, Eq)]
enum Why {
    Unusable,
    OtherFamily,
    NoRoute,
}

/// The HFIs over which an SSNS is connected, the best one first, and those that are not used.
fn choose(
    plan: &Plan,
    networks: &Networks,
    table: usize,
    ssns: &Ssns,
    target: &Target,
) -> (Vec<Candidate>, Vec<Unused>) {
    let mut unused = Vec::new();
    let mut candidates = candidates(plan, networks, table, ssns, target, &mut unused);
    candidates.sort_by_key(|candidate| candidate.reach);
    let best = candidates.first().map(|candidate| candidate.reach);
    if best.is_some_and(|best| best < Reach::NoRoute) {
        candidates.retain(|candidate| {
            let keep = candidate.reach < Reach::NoRoute;
            if !keep {
                let reason = format!("has no route to {} and another HFI has", target.traddr);
                unused.push(Unused { hfi: candidate.hfi, why: Why::NoRoute, reason });
            }
            keep
        });
    }
    (candidates, unused)
}

fn add_ssns(plan: &mut Plan, known: &mut Known, ssns: &Ssns, origin: &Origin, wish: &Wish<'_>) {
    let candidates = wish.candidates.iter();
    let indexes: Vec<usize> =
        candidates.map(|candidate| add_path(plan, known, ssns, origin, wish, candidate)).collect();
    if indexes.is_empty() {
        let reason = "no HFI is left over which it can be reached".to_string();
        let boot = namespaces::is_waited_for(ssns);
        plan.left_out.push(LeftOut { what: "SSNS".into(), origin: origin.clone(), reason, boot });
        return;
    }
    note_untransferable(plan, ssns, origin);
    namespaces::add(plan, known, ssns, origin, &wish.target.nqn, &indexes);
}

fn candidates(
    plan: &Plan,
    networks: &Networks,
    table: usize,
    ssns: &Ssns,
    target: &Target,
    unused: &mut Vec<Unused>,
) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::new();
    let mut known = BTreeSet::new();
    let mut add = |found: &mut Vec<Candidate>, hfi: u8, at: NetworkRef, reach: Reach| {
        if known.insert(at) {
            found.push(Candidate { hfi, at, reach, admitted: false });
        }
    };
    for hfi in ssns.hfi_indexes() {
        let at = match networks.get(table, hfi) {
            Ok(at) => at,
            Err(reason) => {
                let reason = format!("cannot be used: {reason}");
                unused.push(Unused { hfi, why: Why::Unusable, reason });
                continue;
            }
        };
        match plan.network(at).and_then(|network| reach::reach(network, target.traddr)) {
            Some(reach) => add(&mut found, hfi, at, reach),
            None => match twin(plan, networks, table, at, target.traddr) {
                Some((other, at, reach)) => add(&mut found, other, at, reach),
                None => {
                    let reason = format!("has no address of {}'s family", target.traddr);
                    unused.push(Unused { hfi, why: Why::OtherFamily, reason });
                }
            },
        }
    }
    if found.is_empty() && ssns.hfi_indexes().is_empty() {
        // No HFI is named at all: whichever can reach the target serves.
        for (hfi, at) in networks.of_table(table) {
            if let Some(reach) = plan.network(at).and_then(|network| reach::reach(network, target.traddr)) {
                add(&mut found, hfi, at, reach);
            }
        }
    }
    found
}

/// Name of the link that a network is on.
pub(super) fn link_name(plan: &Plan, at: NetworkRef) -> String {
    plan.link(at).map(|link| link.name.clone()).unwrap_or_default()
}

/// The address that a network has, when the table fixes it.
pub(super) fn source_address(plan: &Plan, at: NetworkRef) -> Option<IpAddr> {
    plan.network(at).filter(|network| network.method == Method::Static).and_then(|network| network.address)
}

/// Another HFI of the same NIC that has the target's family: firmware is seen to name the IPv4 HFI for an IPv6 target.
pub(super) fn twin(
    plan: &Plan,
    networks: &Networks,
    table: usize,
    at: NetworkRef,
    target: IpAddr,
) -> Option<(u8, NetworkRef, Reach)> {
    networks
        .of_table(table)
        .filter(|(_, other)| other.interface == at.interface)
        .filter_map(|(hfi, other)| Some((hfi, other, reach::reach(plan.network(other)?, target)?)))
        .min_by_key(|(_, other, reach)| (*reach, other.link != at.link))
}

fn add_path(
    plan: &mut Plan,
    known: &mut Known,
    ssns: &Ssns,
    origin: &Origin,
    wish: &Wish<'_>,
    candidate: &Candidate,
) -> usize {
    let target = &wish.target;
    let flags = ssns.transport_flags;
    let (hdr_digest, data_digest) = (flags.header_digest(), flags.data_digest());
    let unavailable = ssns.flags.availability() == Availability::UNAVAILABLE;
    let timeout = ssns.ext.as_ref().and_then(|ext| ext.diagnostics).map(|d| d.connect_timeout);
    let timeout = timeout.filter(|seconds| !matches!(seconds, 0 | 0xffff));
    let key = key(target, candidate);
    let known = *known.paths.entry(key).or_insert(plan.paths.len());
    if let Some(path) = plan.paths.get_mut(known) {
        path.ssns.push(origin.clone());
        path.hdr_digest |= hdr_digest;
        path.data_digest |= data_digest;
        path.unavailable &= unavailable;
        path.timeout = path.timeout.max(timeout);
        return known;
    }
    plan.paths.push(Path {
        ssns: vec![origin.clone()],
        nqn: target.nqn.clone(),
        traddr: target.traddr,
        trsvcid: target.trsvcid,
        network: candidate.at,
        host_iface: link_name(plan, candidate.at),
        host_traddr: source_address(plan, candidate.at),
        hdr_digest,
        data_digest,
        reach: candidate.reach,
        unavailable,
        timeout,
        discovered: None,
        security: wish.security.cloned(),
    });
    known
}

/// Says what the table states and Linux has no option for.
fn note_untransferable(plan: &mut Plan, ssns: &Ssns, origin: &Origin) {
    let Some(ext) = &ssns.ext else { return };
    let at = format!("{}: SSNS {}", origin.table, origin.index);
    if ext.flags.admin_asqsz() && ext.asqsz != 0 {
        plan.notes.push(format!("{at}: ASQSZ {} is not passed on: Linux has no option for it", ext.asqsz));
    }
    if ext.controller_id != 0 {
        let id = ext.controller_id;
        plan.notes.push(format!("{at}: controller ID {id} is not passed on: Linux has no option for it"));
    }
}
