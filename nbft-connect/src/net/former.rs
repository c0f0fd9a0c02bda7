//! Removes what a network no longer has: an address that was granted for a time, and rules, once nothing uses them.

use super::book::{Former, Placed};
use super::lease::seconds_since_start;
use super::lease_manager::lease_manager;
use super::requests;
use super::requests::words;
use super::rules::{Rule, Selector};
use super::state::{Address, State};
use super::worker::Worker;
use crate::nvme::sock_diag;
use crate::nvme::sysfs;
use libnbft::plan::{Network, NetworkRef};
use std::convert::Infallible;
use std::net::IpAddr;
use std::time::Duration;

/// How often it is looked whether a former address is still used: no event tells.
const LOOK: Duration = Duration::from_secs(2);

/// What the kernel has of a network: also what a service before this one made, which has left no other word of it. Its metric
/// tells whose an address is, from when it is there.
fn found(state: &State, placed: &Placed, own_metric: bool) -> Vec<Rule> {
    let (table, metric, ipv6) = (placed.network.route_table, placed.network.metric, placed.ip.is_ipv6());
    let rules = state.rules.iter().filter(|rule| rule.table == table && rule.ipv6 == ipv6).cloned();
    let ours = |address: &&Address| {
        let of_network = address.metric == metric && address.ip.is_ipv6() == ipv6;
        own_metric && placed.lease.is_some() && address.link == placed.index && address.permanent && of_network
    };
    let of_address = |address: &Address| Rule { ipv6, table, selector: Selector::From(address.ip) };
    rules.chain(state.addresses.iter().filter(ours).map(of_address)).collect()
}

impl Worker {
    /// Notes what a network has now; what it had before is removed later.
    pub(super) fn place(&self, at: NetworkRef, placed: Placed) {
        // A manager's rules are its own affair, also where they are like ours.
        let found = match lease_manager(&self.root, placed.index) {
            Some(_) => Vec::new(),
            None => self.watcher.look(|state| found(state, &placed, self.has_own_metric(at))),
        };
        self.book.open().enter(at, placed, found);
        self.book.turned.notify_one();
    }

    /// Whether no other network of its link has its metric, so that an address is known by it.
    fn has_own_metric(&self, at: NetworkRef) -> bool {
        let networks = self.interface.links.get(at.link).map(|link| link.networks.as_slice()).unwrap_or_default();
        let of = |network: &Network| network.metric;
        let own = networks.get(at.network).map(of);
        networks.iter().map(of).filter(|metric| Some(*metric) == own).count() == 1
    }

    /// Removes former addresses and rules as soon as they may go.
    pub(super) async fn remove_former(&self) -> Infallible {
        loop {
            let first = {
                let pages = self.book.open();
                pages.former.iter().map(|former| former.ends).min_by_key(|ends| ends.unwrap_or(u64::MAX))
            };
            let Some(ends) = first else {
                self.book.turned.notified().await;
                continue;
            };
            let left = ends.map_or(u64::MAX, |ends| ends.saturating_sub(seconds_since_start()));
            tokio::time::sleep(LOOK.min(Duration::from_secs(left.max(1)))).await;
            self.look_at_former().await;
        }
    }

    async fn look_at_former(&self) {
        let all = self.book.open().former.clone();
        let used = used(&self.root);
        for former in all {
            if lease_manager(&self.root, former.index).is_none() && !self.may_go(&former, used.as_deref()) {
                continue;
            }
            self.book.open().former.retain(|other| other.rule != former.rule);
            // Whoever manages the link removes what he does not want on it.
            if lease_manager(&self.root, former.index).is_none() {
                self.remove(&former).await;
            }
        }
    }

    fn may_go(&self, former: &Former, used: Option<&[IpAddr]>) -> bool {
        let Selector::From(ip) = former.rule.selector else { return true };
        let there = self.watcher.look(|state| state.address(former.index, ip).is_some());
        let ended = former.ends.is_some_and(|ends| ends <= seconds_since_start());
        !there || ended || used.is_some_and(|used| !used.contains(&ip))
    }

    async fn remove(&self, former: &Former) {
        let handle = &self.watcher.handle;
        if let Err(error) = former.rule.remove(handle).await {
            log::debug!("{}: a rule for table {} stays: {}", former.name, former.rule.table, words(&error));
        }
        let Selector::From(ip) = former.rule.selector else { return };
        if self.book.open().placed.iter().any(|(_, placed)| placed.ip == ip && placed.index == former.index) {
            return;
        }
        // One that expires is the kernel's own.
        let there = self.watcher.look(|state| state.address(former.index, ip).filter(|there| there.permanent).cloned());
        let Some(there) = there else { return };
        if let Err(error) = requests::promote_secondaries(&self.root, &former.name) {
            if ip.is_ipv4() {
                log::warn!("{}: {ip} stays, for its subnet's other addresses would go with it: {error}", former.name);
                return;
            }
        }
        match requests::remove_address(handle, former.index, ip, there.prefix, former.rule.table).await {
            Ok(()) => log::info!("{}: {ip} is removed: the server has granted another address", former.name),
            Err(error) => log::warn!("{}: {error}", former.name),
        }
    }

    /// Removes the rules of links that are gone: their addresses and routes went with them.
    pub(super) async fn forget_gone(&self) {
        let rules = {
            let mut pages = self.book.open();
            let there = |index: u32| self.watcher.look(|state| state.links.contains_key(&index));
            let placed = pages.placed.iter().filter(|(_, placed)| !there(placed.index));
            let mut rules: Vec<Rule> =
                placed.flat_map(|(_, old)| Rule::all(old.ip, &old.name, old.network.route_table)).collect();
            rules.extend(pages.former.iter().filter(|former| !there(former.index)).map(|former| former.rule.clone()));
            pages.placed.retain(|(_, placed)| there(placed.index));
            pages.former.retain(|former| there(former.index));
            rules
        };
        for rule in rules {
            if let Err(error) = rule.remove(&self.watcher.handle).await {
                log::debug!("{}: a rule for table {} stays: {}", self.interface.name, rule.table, words(&error));
            }
        }
    }

    /// Sets rules again that somebody has removed. Those that the kernel never took are not waited for.
    pub(super) async fn keep_rules(&self, at: NetworkRef) -> Infallible {
        loop {
            let mut seen: Vec<Rule> = Vec::new();
            let lost = self.watcher.wait_for(|state| {
                let placed = self.book.placed(at)?;
                let wanted = Rule::all(placed.ip, &placed.name, placed.network.route_table);
                seen.retain(|rule| wanted.contains(rule));
                for rule in wanted {
                    match (state.rules.contains(&rule), seen.contains(&rule)) {
                        (true, false) => seen.push(rule),
                        (false, true) => return Some(placed),
                        _ => {}
                    }
                }
                None
            });
            if lost.await.is_none() {
                // Nobody listens any more.
                std::future::pending::<()>().await;
            }
            // Somebody who takes turns with us must not keep the machine busy.
            tokio::time::sleep(super::worker::RETRY).await;
            log::info!("{}: a rule was removed; it is set again", self.interface.name);
            self.set_routes_again(at).await;
        }
    }

    /// Sets what is missing of the routes and rules of a network.
    pub(super) async fn set_routes_again(&self, at: NetworkRef) {
        let Some(Placed { index, name, ip, network, .. }) = self.book.placed(at) else { return };
        if let Err(error) = requests::add_routes(&self.watcher.handle, (index, &name), ip, &network).await {
            log::debug!("{name}: {error}");
        }
    }
}

/// The addresses that connections come from, and those that NVMe controllers are bound to, which bind to them again when they
/// reconnect; `None` when the kernel does not say.
fn used(root: &std::path::Path) -> Option<Vec<IpAddr>> {
    let mut used = sock_diag::local_addresses().map_err(|error| log::debug!("sockets: {error}")).ok()?;
    used.extend(sysfs::sources(root));
    Some(used)
}
