//! Records what the networks of a NIC have set on their links, and what they had set before.

use super::lease::Lease;
use super::rules::{Rule, Selector};
use super::state::{Address, State};
use libnbft::plan::{Network, NetworkRef};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// What a network has set on its link.
#[derive(Debug, Clone)]
pub(super) struct AppliedNetwork {
    pub(super) index: u32,
    pub(super) name: String,
    pub(super) ip: IpAddr,
    /// With the routes that were set.
    pub(super) network: Network,
    pub(super) lease: Option<Lease>,
}

impl AppliedNetwork {
    /// The rules that choose this network's table.
    pub(super) fn rules(&self) -> [Rule; 2] {
        Rule::all(self.ip, &self.name, self.network.route_table)
    }
}

/// A rule, and with it an address, that a network no longer has.
#[derive(Debug, Clone)]
pub(super) struct FormerRule {
    pub(super) index: u32,
    pub(super) name: String,
    pub(super) rule: Rule,
    /// The latest time to remove it, in seconds from the machine's start: the end of its lease.
    pub(super) ends: Option<u64>,
}

/// What the networks of a NIC have set, and what they had set before.
#[derive(Debug, Default)]
pub(super) struct AppliedNetworks {
    records: Mutex<Records>,
    /// Wakes the task that removes former rules.
    pub(super) changed: Notify,
}

#[derive(Debug, Default)]
struct Records {
    applied: Vec<(NetworkRef, AppliedNetwork)>,
    former: Vec<FormerRule>,
    leases: Vec<(NetworkRef, Lease)>,
}

impl AppliedNetworks {
    /// Starts with the leases that are held already.
    pub(super) fn new(leases: Vec<(NetworkRef, Lease)>) -> Self {
        let records = Records { leases, ..Records::default() };
        Self { records: Mutex::new(records), changed: Notify::new() }
    }

    /// No task holds the lock across an await, and a panic leaves no change half done: a poisoned lock is safe.
    fn lock(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The lease that a network had last.
    pub(super) fn lease(&self, at: NetworkRef) -> Option<Lease> {
        self.lock().leases.iter().find(|(network, _)| *network == at).map(|(_, lease)| lease.clone())
    }

    /// What a network has set.
    pub(super) fn of(&self, at: NetworkRef) -> Option<AppliedNetwork> {
        self.lock().applied.iter().find(|(network, _)| *network == at).map(|(_, applied)| applied.clone())
    }

    /// Whether a network has this address on this link.
    pub(super) fn has(&self, index: u32, ip: IpAddr) -> bool {
        self.lock().applied.iter().any(|(_, applied)| applied.ip == ip && applied.index == index)
    }

    /// Whether an address on a link stays only until nothing uses it.
    pub(super) fn is_former(&self, index: u32, ip: IpAddr) -> bool {
        let is = |former: &FormerRule| former.index == index && former.rule.selector == Selector::From(ip);
        self.lock().former.iter().any(is)
    }

    /// All former rules.
    pub(super) fn former(&self) -> Vec<FormerRule> {
        self.lock().former.clone()
    }

    /// Forgets a former rule.
    pub(super) fn forget(&self, rule: &Rule) {
        self.lock().former.retain(|other| other.rule != *rule);
    }

    /// Forgets what was on links that are gone; returns their rules, which remain.
    pub(super) fn forget_links(&self, exists: impl Fn(u32) -> bool) -> Vec<Rule> {
        let mut records = self.lock();
        let gone = records.applied.iter().filter(|(_, applied)| !exists(applied.index));
        let mut rules: Vec<Rule> = gone.flat_map(|(_, applied)| applied.rules()).collect();
        rules.extend(records.former.iter().filter(|former| !exists(former.index)).map(|former| former.rule.clone()));
        records.applied.retain(|(_, applied)| exists(applied.index));
        records.former.retain(|former| exists(former.index));
        rules
    }

    /// Records what a network has now. `leftover` are the rules that an earlier run may have set for it.
    pub(super) fn record(&self, at: NetworkRef, applied: AppliedNetwork, leftover: Vec<Rule>) {
        self.lock().record(at, applied, leftover);
        self.changed.notify_one();
    }
}

impl Records {
    /// Everything else that the network had becomes former.
    fn record(&mut self, at: NetworkRef, applied: AppliedNetwork, leftover: Vec<Rule>) {
        let old = self.applied.iter().find(|(network, _)| *network == at).map(|(_, old)| old.clone());
        let old_lease = self.leases.iter().find(|(network, _)| *network == at).map(|(_, lease)| lease.clone());
        let present = applied.rules();
        let had = old.iter().flat_map(AppliedNetwork::rules);
        self.former.retain(|former| !present.contains(&former.rule));
        for rule in had.chain(leftover).filter(|rule| !present.contains(rule)) {
            if self.former.iter().any(|former| former.rule == rule) {
                continue;
            }
            // An address whose lease is unknown is older than the present lease.
            let lease = match rule.selector {
                Selector::From(ip) => old_lease.as_ref().filter(|lease| lease.address == ip).or(applied.lease.as_ref()),
                Selector::Out(_) => None,
            };
            let (index, name, ends) = (applied.index, applied.name.clone(), lease.map(end_of));
            self.former.push(FormerRule { index, name, rule, ends });
        }
        if let Some(lease) = &applied.lease {
            self.leases.retain(|(network, _)| *network != at);
            self.leases.push((at, lease.clone()));
        }
        self.applied.retain(|(network, _)| *network != at);
        self.applied.push((at, applied));
    }
}

/// When a lease ends, in seconds from the machine's start.
fn end_of(lease: &Lease) -> u64 {
    lease.granted_at.saturating_add(lease.seconds.into())
}

/// The kernel's rules for a network, also those of an earlier run. If no other network of the link has the same metric (`has_own_metric`),
/// the metric tells which addresses belong to the network.
pub(super) fn leftover_rules(state: &State, applied: &AppliedNetwork, has_own_metric: bool) -> Vec<Rule> {
    let (table, metric, ipv6) = (applied.network.route_table, applied.network.metric, applied.ip.is_ipv6());
    let rules = state.rules.iter().filter(|rule| rule.table == table && rule.ipv6 == ipv6).cloned();
    let ours = |address: &&Address| {
        let of_network = address.metric == metric && address.ip.is_ipv6() == ipv6;
        has_own_metric && applied.lease.is_some() && address.link == applied.index && address.permanent && of_network
    };
    let of_address = |address: &Address| Rule { ipv6, table, selector: Selector::From(address.ip) };
    rules.chain(state.addresses.iter().filter(ours).map(of_address)).collect()
}
