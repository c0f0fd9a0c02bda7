//! Plans which controllers to connect for the SSNS descriptors, and over which HFIs.

use super::entry::{Candidate, Entry, Planned, Request, is_waited_for, path_key};
use super::interfaces::Networks;
use super::left_out::{Item, LeftOut};
use super::limits::{MAX_PAIRS, MAX_PATHS};
use super::security::Requirements;
use super::target::{Target, target};
use super::{Method, NetworkRef, Origin, Path, Plan, Reach, Reason, Source, bounds, namespaces, reach};
use crate::model::{Availability, Nqn, Ssns};
use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::net::IpAddr;

pub(super) fn plan(plan: &mut Plan, sources: &[Source<'_>], networks: &Networks) {
    let requirements = Requirements::of_tables(sources);
    let share = share(sources, networks);
    let mut entries = Vec::new();
    for (number, source) in sources.iter().enumerate() {
        for ssns in &source.table.ssns {
            let origin = Origin { table: source.name.into(), index: ssns.index };
            entries.push(entry(plan, networks, number, ssns, origin, &requirements, share));
        }
    }
    if share.is_some() {
        bounds::admit(&mut entries);
    }
    let mut planned = Planned::default();
    for entry in entries {
        plan.left_out.extend(entry.left_out);
        if let Some(request) = entry.request {
            add_ssns(plan, &mut planned, entry.ssns, &entry.origin, &request);
        }
    }
    plan.notes.extend(requirements.note());
    plan.secured = requirements.subsystems().collect();
}

/// The most HFIs that each SSNS may use, if all together request more than [`MAX_PATHS`]; otherwise `None`.
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
    requirements: &'a Requirements,
    share: Option<usize>,
) -> Entry<'a> {
    // An unmet requirement is an error: a connection in plaintext never replaces a secured one.
    let secured = |target: Target| match requirements.of_port(&target) {
        Ok(security) => Ok((target, security)),
        Err(error) => Err(Reason::SecurityUnmet(error.clone())),
    };
    let mut entry = Entry { ssns, origin, left_out: Vec::new(), request: None };
    match target(ssns).and_then(secured) {
        Ok((target, security)) => {
            let (mut candidates, unused) = choose(plan, networks, table, ssns, &target);
            entry.left_out = name_unused(&entry.origin, unused, share.is_some());
            let requested = candidates.len();
            candidates.truncate(share.unwrap_or(requested));
            candidates.shrink_to_fit();
            entry.request = Some(Request { target, security, candidates, requested });
        }
        Err(reason) => {
            let attempt = ssns.nqn.as_ref().is_some_and(Nqn::is_discovery);
            let boot = entry.is_boot() && !attempt;
            entry.left_out.push(LeftOut::new(Item::Ssns, &entry.origin, reason, boot));
        }
    }
    entry
}

/// Names the unused HFIs: one item each, or one for each reason code if there are `many`.
fn name_unused(origin: &Origin, unused: Vec<Unused>, many: bool) -> Vec<LeftOut> {
    let mut groups: Vec<(Unused, usize)> = Vec::new();
    for one in unused {
        match groups.iter_mut().find(|(known, _)| many && known.why.code() == one.why.code()) {
            Some((_, others)) => *others += 1,
            None => groups.push((one, 0)),
        }
    }
    let item = |(Unused { hfi, why }, others)| LeftOut::new(Item::SsnsOver { hfi, others }, origin, why, false);
    groups.into_iter().map(item).collect()
}

/// An HFI that an SSNS names and the plan does not use for it.
struct Unused {
    hfi: u8,
    why: Reason,
}

/// The HFIs over which to connect an SSNS, the best one first, and those that are not used.
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
            // A router may announce the route to an IPv6 target.
            let keep = candidate.reach < Reach::NoRoute || target.traddr.is_ipv6();
            if !keep {
                let hfi = candidate.hfi;
                unused.push(Unused { hfi, why: Reason::HfiNoRoute { hfi, traddr: target.traddr } });
            }
            keep
        });
    }
    (candidates, unused)
}

fn add_ssns(plan: &mut Plan, planned: &mut Planned, ssns: &Ssns, origin: &Origin, request: &Request<'_>) {
    let candidates = request.candidates.iter();
    let indexes: Vec<usize> =
        candidates.map(|candidate| add_path(plan, planned, ssns, origin, request, candidate)).collect();
    if indexes.is_empty() {
        plan.left_out.push(LeftOut::new(Item::Ssns, origin, Reason::HfiNoneLeft, is_waited_for(ssns)));
        return;
    }
    note_untransferable(plan, ssns, origin);
    namespaces::add(plan, planned, ssns, origin, &request.target.nqn, &indexes);
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
            Err(why) => {
                unused.push(Unused { hfi, why: Reason::HfiUnusable { hfi, why: Box::new(why) } });
                continue;
            }
        };
        match plan.network(at).and_then(|network| reach::reach(network, target.traddr)) {
            Some(reach) => add(&mut found, hfi, at, reach),
            None => match same_nic_other_family(plan, networks, table, at, target.traddr) {
                Some((other, at, reach)) => add(&mut found, other, at, reach),
                None => {
                    unused.push(Unused { hfi, why: Reason::HfiOtherFamily { hfi, traddr: target.traddr } });
                }
            },
        }
    }
    if found.is_empty() && ssns.hfi_indexes().is_empty() {
        // The SSNS names no HFI, so every HFI that can reach the target is a candidate.
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

/// The address of a network, if the table fixes it.
pub(super) fn source_address(plan: &Plan, at: NetworkRef) -> Option<IpAddr> {
    plan.network(at).filter(|network| network.method == Method::Static).and_then(|network| network.address)
}

/// Another HFI of the same NIC with the target's family: some firmware names the IPv4 HFI for an IPv6 target.
pub(super) fn same_nic_other_family(
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
    planned: &mut Planned,
    ssns: &Ssns,
    origin: &Origin,
    request: &Request<'_>,
    candidate: &Candidate,
) -> usize {
    let target = &request.target;
    let flags = ssns.transport_flags;
    let (hdr_digest, data_digest) = (flags.header_digest(), flags.data_digest());
    let unavailable = ssns.flags.availability() == Availability::UNAVAILABLE;
    let best = request.candidates.first().map(|first| first.reach);
    let spare = candidate.reach == Reach::NoRoute && best.is_some_and(|best| best < Reach::NoRoute);
    let timeout = ssns.ext.as_ref().and_then(|ext| ext.diagnostics).map(|d| d.connect_timeout);
    let timeout = timeout.filter(|seconds| !matches!(seconds, 0 | 0xffff));
    let key = path_key(target, candidate);
    let known = *planned.paths.entry(key).or_insert(plan.paths.len());
    if let Some(path) = plan.paths.get_mut(known) {
        path.ssns.push(origin.clone());
        path.hdr_digest |= hdr_digest;
        path.data_digest |= data_digest;
        path.unavailable &= unavailable;
        path.spare &= spare;
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
        spare,
        timeout,
        discovered: None,
        security: request.security.cloned(),
    });
    known
}

/// Notes values of the table for which Linux has no option.
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
