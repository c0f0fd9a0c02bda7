//! Chooses the host NQN and host ID that targets see.

use super::target::check_nqn;
use super::{HostIdentity, Options, Plan, Source};
use crate::model::{Host, Nqn, PrimaryAdminHost, Uuid};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Chooses the pair: that of the selected table's host, otherwise of the first host with an NQN; options override it.
pub(super) fn plan(plan: &mut Plan, sources: &[Source<'_>], options: &Options) {
    let chosen = choose(plan, sources);
    let (mut nqn, mut id, mut why) = match &chosen {
        Some((name, host)) => (host_nqn(host), host_id(plan, host), format!("{name}'s host descriptor")),
        None => (None, None, String::from("no table names a host")),
    };
    if let Some(other) = &options.hostnqn {
        // The kernel pairs them 1:1: it refuses a new NQN with the old ID while the old pair is in use.
        if options.hostid.is_none() {
            id = Nqn(other.clone()).uuid().or(id);
        }
        nqn = Some(other.clone());
        why = String::from("the command line");
    }
    if let Some(other) = options.hostid {
        id = Some(other);
        if options.hostnqn.is_none() {
            why = format!("{why}, host ID by the command line");
        }
    }
    let id = id.or_else(|| nqn.as_ref().and_then(|nqn| Nqn(nqn.clone()).uuid()));
    let nqn = nqn.filter(|nqn| match check_nqn(nqn) {
        Ok(()) => true,
        Err(reason) => {
            plan.notes.push(format!("the host NQN is not used: {reason}"));
            false
        }
    });
    let nqn = nqn.or_else(|| id.map(|id| format!("nqn.2014-08.org.nvmexpress:uuid:{id}")));
    plan.host = match (nqn, id) {
        (Some(nqn), Some(id)) => Some(HostIdentity { nqn, id, why }),
        (Some(nqn), None) => {
            plan.notes.push(format!("no host ID goes with host NQN {nqn}: the kernel would make one up"));
            None
        }
        _ => None,
    };
}

fn choose<'a>(plan: &mut Plan, sources: &[Source<'a>]) -> Option<(&'a str, &'a Host)> {
    let hosts: Vec<_> = sources.iter().filter_map(|s| s.table.host.as_ref().map(|host| (s.name, host))).collect();
    let selected: Vec<_> =
        hosts.iter().filter(|(_, host)| host.flags.primary_admin() == PrimaryAdminHost::SELECTED).collect();
    let chosen = match selected.as_slice() {
        [] => hosts.iter().find(|(_, host)| host_nqn(host).is_some()).or(hosts.first()),
        [first, ..] => Some(*first),
    };
    if let [first, _, ..] = selected.as_slice() {
        plan.notes.push(format!("several tables claim the primary administrative host: {}'s is taken", first.0));
    }
    if let Some((name, host)) = chosen {
        for (other, differing) in hosts.iter().filter(|(_, h)| h.nqn != host.nqn || h.id != host.id) {
            let nqn = differing.nqn.as_ref().map_or("(none)", Nqn::as_str);
            plan.notes.push(format!("{other}'s host {nqn} is not used: {name}'s is, for the host has one identity"));
        }
    }
    chosen.copied()
}

fn host_nqn(host: &Host) -> Option<String> {
    host.nqn.as_ref().map(|nqn| nqn.0.clone()).filter(|nqn| !nqn.is_empty())
}

/// The table's host ID. An ID of all zeros or all ones is a placeholder, so the NQN's UUID replaces it.
fn host_id(plan: &mut Plan, host: &Host) -> Option<Uuid> {
    if !host.id.is_placeholder() {
        return Some(host.id);
    }
    let instead = host.nqn.as_ref().and_then(Nqn::uuid);
    let with = instead.map_or_else(|| "nothing can take its place".into(), |id| id.to_string() + " of the NQN is used");
    plan.notes.push(format!("the host ID {} is a placeholder: {with}", host.id));
    instead
}
