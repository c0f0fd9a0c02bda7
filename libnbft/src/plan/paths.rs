//! Which controllers the SSNS descriptors ask for, and over which HFIs.

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

/// How many paths of the tables a plan takes in: those of boot entries first, of each entry its best ones first.
pub const MAX_PATHS: usize = 1024;

/// How many pairs of entry and HFI are looked at; each entry has its share, and at least one.
const MAX_PAIRS: usize = 1 << 14;

type Key = (String, NetworkRef, IpAddr, u16);

/// What has been planned already, found without walking all of it: a table can ask for 255 x 255 paths.
#[derive(Default)]
pub(super) struct Known {
    paths: BTreeMap<Key, usize>,
    /// Namespaces and the paths that they have.
    pub(super) members: BTreeSet<(usize, usize)>,
}

pub(super) fn plan(plan: &mut Plan, sources: &[Source<'_>], networks: &Networks) {
    let mut known = Known::default();
    let demands = Demands::of_tables(sources);
    let admitted = admitted(plan, sources, networks);
    for (number, source) in sources.iter().enumerate() {
        for ssns in &source.table.ssns {
            let origin = Origin { table: source.name.into(), index: ssns.index };
            match secured_target(ssns, &demands) {
                Ok(target) => {
                    let mut candidates = choose(plan, networks, number, ssns, &origin, &target);
                    if let Some(admitted) = &admitted {
                        admit(plan, ssns, &origin, &target, admitted, &mut candidates);
                        if candidates.is_empty() {
                            continue;
                        }
                    }
                    add_ssns(plan, &mut known, ssns, &origin, &target, &candidates);
                }
                Err(reason) => {
                    let attempt = ssns.nqn.as_ref().is_some_and(Nqn::is_discovery);
                    let boot = namespaces::is_waited_for(ssns) && !attempt;
                    plan.left_out.push(LeftOut { what: "SSNS".into(), origin, reason, boot });
                }
            }
        }
    }
    plan.secured = demands.subsystems().collect();
}

/// The paths that are planned where the tables ask for more than [`MAX_PATHS`]; `None` where they do not.
fn admitted(plan: &Plan, sources: &[Source<'_>], networks: &Networks) -> Option<BTreeSet<Key>> {
    let entries = || {
        sources.iter().enumerate().flat_map(|(table, source)| source.table.ssns.iter().map(move |ssns| (table, ssns)))
    };
    let most = |(table, ssns): (usize, &Ssns)| match ssns.hfi_indexes().len() {
        0 => networks.of_table(table).count(),
        named => named,
    };
    if entries().map(most).sum::<usize>() <= MAX_PATHS {
        return None;
    }
    let each = (MAX_PAIRS / entries().count().max(1)).max(1);
    let mut admitted = BTreeSet::new();
    for boot in [true, false] {
        let mut wanted: Vec<Vec<Key>> = Vec::new();
        for (table, ssns) in entries().filter(|(_, ssns)| namespaces::is_waited_for(ssns) == boot) {
            let Ok(target) = target(ssns) else { continue };
            let mut candidates = candidates(plan, networks, table, ssns, &target, &mut Vec::new());
            candidates.sort_by_key(|candidate| candidate.reach);
            candidates.truncate(each);
            wanted.push(candidates.iter().map(|candidate| key(&target, candidate)).collect());
        }
        // The best path of each entry, then the second one of each.
        for round in 0..each {
            for key in wanted.iter().filter_map(|keys| keys.get(round)) {
                if admitted.len() < MAX_PATHS {
                    admitted.insert(key.clone());
                }
            }
        }
    }
    Some(admitted)
}

/// Leaves out the candidates of an entry that are too many, as one item.
fn admit(
    plan: &mut Plan,
    ssns: &Ssns,
    origin: &Origin,
    target: &Target,
    admitted: &BTreeSet<Key>,
    candidates: &mut Vec<Candidate>,
) {
    let before = candidates.len();
    candidates.retain(|candidate| admitted.contains(&key(target, candidate)));
    let lost = before - candidates.len();
    if lost > 0 {
        let reason = format!("the tables ask for more than {MAX_PATHS} paths");
        let all = candidates.is_empty();
        let what = if all { "SSNS".into() } else { format!("SSNS over {lost} HFIs") };
        let boot = all && namespaces::is_waited_for(ssns);
        plan.left_out.push(LeftOut { what, origin: origin.clone(), reason, boot });
    }
}

fn key(target: &Target, candidate: &Candidate) -> Key {
    (target.nqn.clone(), candidate.at, target.traddr, target.trsvcid)
}

/// What of an SSNS a connection needs.
pub(super) struct Target {
    pub(super) nqn: String,
    pub(super) traddr: IpAddr,
    pub(super) trsvcid: u16,
    security: Option<Policy>,
}

/// The target of an SSNS with what is asked of its security, or why it cannot be connected.
fn secured_target(ssns: &Ssns, demands: &Demands) -> Result<Target, String> {
    let target = target(ssns)?;
    // Fails closed: a connection in the clear is not what the table asks for.
    let security = demands.of_port(&target).map_err(|reason| in_the_clear(&reason, "connected"))?;
    Ok(Target { security, ..target })
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
    Ok(Target { nqn: nqn.0.clone(), traddr, trsvcid, security: None })
}

/// The kernel splits its options at commas, so an NQN with one could add an option.
pub(super) fn check_nqn(text: &str) -> Result<(), String> {
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
struct Candidate {
    hfi: u8,
    at: NetworkRef,
    reach: Reach,
}

/// The HFIs over which an SSNS is connected, the best one first; notes those that are not used.
fn choose(
    plan: &mut Plan,
    networks: &Networks,
    table: usize,
    ssns: &Ssns,
    origin: &Origin,
    target: &Target,
) -> Vec<Candidate> {
    let mut leave_out = Vec::new();
    let mut candidates = candidates(plan, networks, table, ssns, target, &mut leave_out);
    candidates.sort_by_key(|candidate| candidate.reach);
    let best = candidates.first().map(|candidate| candidate.reach);
    if best.is_some_and(|best| best < Reach::NoRoute) {
        candidates.retain(|candidate| {
            let keep = candidate.reach < Reach::NoRoute;
            if !keep {
                let reason = format!("HFI {} has no route to {} and another HFI has", candidate.hfi, target.traddr);
                leave_out.push((candidate.hfi, reason));
            }
            keep
        });
    }
    for (hfi, reason) in leave_out {
        let what = format!("SSNS over HFI {hfi}");
        plan.left_out.push(LeftOut { what, origin: origin.clone(), reason, boot: false });
    }
    candidates
}

fn add_ssns(
    plan: &mut Plan,
    known: &mut Known,
    ssns: &Ssns,
    origin: &Origin,
    target: &Target,
    candidates: &[Candidate],
) {
    let indexes: Vec<usize> =
        candidates.iter().map(|candidate| add_path(plan, known, ssns, origin, target, candidate)).collect();
    if indexes.is_empty() {
        let reason = "no HFI is left over which it can be reached".to_string();
        let boot = namespaces::is_waited_for(ssns);
        plan.left_out.push(LeftOut { what: "SSNS".into(), origin: origin.clone(), reason, boot });
        return;
    }
    note_untransferable(plan, ssns, origin);
    namespaces::add(plan, known, ssns, origin, &target.nqn, &indexes);
}

fn candidates(
    plan: &Plan,
    networks: &Networks,
    table: usize,
    ssns: &Ssns,
    target: &Target,
    leave_out: &mut Vec<(u8, String)>,
) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::new();
    fn add(found: &mut Vec<Candidate>, hfi: u8, at: NetworkRef, reach: Reach) {
        if !found.iter().any(|candidate| candidate.at == at) {
            found.push(Candidate { hfi, at, reach });
        }
    }
    for hfi in ssns.hfi_indexes() {
        let at = match networks.get(table, hfi) {
            Ok(at) => at,
            Err(reason) => {
                leave_out.push((hfi, format!("HFI {hfi} cannot be used: {reason}")));
                continue;
            }
        };
        match plan.network(at).and_then(|network| reach::reach(network, target.traddr)) {
            Some(reach) => add(&mut found, hfi, at, reach),
            None => match twin(plan, networks, table, at, target.traddr) {
                Some((other, at, reach)) => add(&mut found, other, at, reach),
                None => leave_out.push((hfi, format!("HFI {hfi} has no address of {}'s family", target.traddr))),
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
    target: &Target,
    candidate: &Candidate,
) -> usize {
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
        security: target.security.clone(),
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
