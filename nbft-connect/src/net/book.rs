//! The book of a NIC: what its networks have on their links, and what they had.

use super::lease::Lease;
use super::rules::{Rule, Selector};
use libnbft::plan::{Network, NetworkRef};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// What a network has on its link.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    pub(super) index: u32,
    pub(super) name: String,
    pub(super) ip: IpAddr,
    /// With the routes that were set.
    pub(super) network: Network,
    pub(super) lease: Option<Lease>,
}

/// What a network had.
#[derive(Debug, Clone)]
pub(super) struct Former {
    pub(super) index: u32,
    pub(super) name: String,
    pub(super) rule: Rule,
    /// When it goes at the latest, in seconds from the machine's start: its lease has ended.
    pub(super) ends: Option<u64>,
}

/// What the networks of a NIC have and had.
#[derive(Debug, Default)]
pub(super) struct Book {
    pages: Mutex<Pages>,
    pub(super) turned: Notify,
}

#[derive(Debug, Default)]
pub(super) struct Pages {
    pub(super) placed: Vec<(NetworkRef, Placed)>,
    pub(super) former: Vec<Former>,
    pub(super) leases: Vec<(NetworkRef, Lease)>,
}

impl Book {
    /// With the leases that are known to be held.
    pub(super) fn new(leases: Vec<(NetworkRef, Lease)>) -> Self {
        let pages = Pages { leases, ..Pages::default() };
        Self { pages: Mutex::new(pages), turned: Notify::new() }
    }

    /// Nobody holds it while waiting, and nothing that is done with it can leave it half done.
    pub(super) fn open(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The lease that a network had last.
    pub(super) fn lease(&self, at: NetworkRef) -> Option<Lease> {
        self.open().leases.iter().find(|(network, _)| *network == at).map(|(_, lease)| lease.clone())
    }

    /// What a network has.
    pub(super) fn placed(&self, at: NetworkRef) -> Option<Placed> {
        self.open().placed.iter().find(|(network, _)| *network == at).map(|(_, placed)| placed.clone())
    }

    /// Whether an address on a link is only there until nothing uses it.
    pub(super) fn is_former(&self, index: u32, ip: IpAddr) -> bool {
        let is = |former: &Former| former.index == index && former.rule.selector == Selector::From(ip);
        self.open().former.iter().any(is)
    }
}

impl Pages {
    /// Enters what a network has now; whatever else it had is former. `found` are the rules to its table
    /// that the kernel has, and those that its addresses on the link would have.
    pub(super) fn enter(&mut self, at: NetworkRef, placed: Placed, found: Vec<Rule>) {
        let table = placed.network.route_table;
        let old = self.placed.iter().find(|(network, _)| *network == at).map(|(_, old)| old.clone());
        let old_lease = self.leases.iter().find(|(network, _)| *network == at).map(|(_, lease)| lease.clone());
        let present = Rule::all(placed.ip, &placed.name, table);
        let had = old.iter().flat_map(|old| Rule::all(old.ip, &old.name, old.network.route_table));
        self.former.retain(|former| !present.contains(&former.rule));
        for rule in had.chain(found).filter(|rule| !present.contains(rule)) {
            if self.former.iter().any(|former| former.rule == rule) {
                continue;
            }
            // Where nothing is known of a lease, it began before the present one.
            let lease = match rule.selector {
                Selector::From(ip) => old_lease.as_ref().filter(|lease| lease.address == ip).or(placed.lease.as_ref()),
                Selector::Out(_) => None,
            };
            let (index, name, ends) = (placed.index, placed.name.clone(), lease.map(end));
            self.former.push(Former { index, name, rule, ends });
        }
        if let Some(lease) = &placed.lease {
            self.leases.retain(|(network, _)| *network != at);
            self.leases.push((at, lease.clone()));
        }
        self.placed.retain(|(network, _)| *network != at);
        self.placed.push((at, placed));
    }
}

fn end(lease: &Lease) -> u64 {
    lease.granted_at.saturating_add(lease.seconds.into())
}
