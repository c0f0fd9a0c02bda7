//! Removes addresses and rules that a network no longer has, once nothing uses them.

use super::applied::{AppliedNetwork, FormerRule, leftover_rules};
use super::lease::seconds_since_start;
use super::lease_manager::link_manager;
use super::requests;
use super::rules::{Rule, Selector};
use super::state::Address;
use super::target::LinkId;
use super::worker::{RETRY, Worker};
use crate::nvme::sock_diag;
use crate::nvme::sysfs;
use libnbft::plan::{Network, NetworkRef};
use std::convert::Infallible;
use std::net::IpAddr;
use std::time::Duration;

/// How often to check whether former addresses are in use: there is no event for this.
const CHECK_INTERVAL: Duration = Duration::from_secs(2);

impl Worker {
    /// Records what a network has now. What it had before is removed later.
    pub(super) fn record(&self, at: NetworkRef, applied: AppliedNetwork) {
        // A network manager maintains its own rules, even if they equal nbft's.
        let leftover = match link_manager(&self.root, applied.index) {
            Some(_) => Vec::new(),
            None => self.watcher.read(|state| leftover_rules(state, &applied, self.has_own_metric(at))),
        };
        self.applied.record(at, applied, leftover);
    }

    /// Whether no other network of its link has the same metric.
    fn has_own_metric(&self, at: NetworkRef) -> bool {
        let networks = self.interface.links.get(at.link).map(|link| link.networks.as_slice()).unwrap_or_default();
        let of = |network: &Network| network.metric;
        let own = networks.get(at.network).map(of);
        networks.iter().map(of).filter(|metric| Some(*metric) == own).count() == 1
    }

    /// Removes former addresses and rules as soon as they are unused.
    pub(super) async fn remove_former(&self) -> Infallible {
        loop {
            let former = self.applied.former();
            let Some(ends) = former.iter().map(|former| former.ends).min_by_key(|ends| ends.unwrap_or(u64::MAX)) else {
                self.applied.changed.notified().await;
                continue;
            };
            let left = ends.map_or(u64::MAX, |ends| ends.saturating_sub(seconds_since_start()));
            tokio::time::sleep(CHECK_INTERVAL.min(Duration::from_secs(left.max(1)))).await;
            self.remove_unused().await;
        }
    }

    async fn remove_unused(&self) {
        let all = self.applied.former();
        let used = used_addresses(&self.root);
        for former in all {
            if link_manager(&self.root, former.index).is_none() && !self.is_removable(&former, used.as_deref()) {
                continue;
            }
            self.applied.forget(&former.rule);
            // A network manager removes unwanted rules from its links itself.
            if link_manager(&self.root, former.index).is_none() {
                self.remove(&former).await;
            }
        }
    }

    fn is_removable(&self, former: &FormerRule, used: Option<&[IpAddr]>) -> bool {
        let Selector::From(ip) = former.rule.selector else { return true };
        let exists = self.watcher.read(|state| state.address(former.index, ip).is_some());
        let ended = former.ends.is_some_and(|ends| ends <= seconds_since_start());
        !exists || ended || used.is_some_and(|used| !used.contains(&ip))
    }

    async fn remove(&self, former: &FormerRule) {
        let handle = &self.watcher.handle;
        self.remove_rule(&former.name, &former.rule).await;
        let Selector::From(ip) = former.rule.selector else { return };
        if self.applied.has(former.index, ip) {
            return;
        }
        // The kernel removes an address that expires.
        let present = |address: &&Address| address.permanent;
        let present = self.watcher.read(|state| state.address(former.index, ip).filter(present).cloned());
        let Some(present) = present else { return };
        if let Err(error) = requests::promote_secondaries(&self.root, &former.name) {
            if ip.is_ipv4() {
                log::warn!("{}: {ip} stays, for its subnet's other addresses would go with it: {error}", former.name);
                return;
            }
        }
        match requests::remove_address(handle, former.index, ip, present.prefix, former.rule.table).await {
            Ok(()) => log::info!("{}: {ip} is removed: the server has granted another address", former.name),
            Err(error) => log::warn!("{}: {error}", former.name),
        }
    }

    async fn remove_rule(&self, link_name: &str, rule: &Rule) {
        if let Err(error) = rule.remove(&self.watcher.handle).await {
            log::debug!("{link_name}: a rule for table {} stays: {}", rule.table, requests::kernel_error(&error));
        }
    }

    /// Removes the rules of links that are gone; their addresses and routes went with the links.
    pub(super) async fn remove_rules_of_gone_links(&self) {
        let exists = |index: u32| self.watcher.read(|state| state.links.contains_key(&index));
        for rule in self.applied.forget_links(exists) {
            self.remove_rule(&self.interface.name, &rule).await;
        }
    }

    /// Sets rules again that another program has removed, but none that the kernel has never accepted.
    pub(super) async fn maintain_rules(&self, at: NetworkRef) -> Infallible {
        loop {
            let mut seen: Vec<Rule> = Vec::new();
            let removed = self.watcher.wait_for(|state| {
                let wanted = self.applied.of(at)?.rules();
                seen.retain(|rule| wanted.contains(rule));
                for rule in wanted {
                    match (state.rules.contains(&rule), seen.contains(&rule)) {
                        (true, false) => seen.push(rule),
                        (false, true) => return Some(()),
                        _ => {}
                    }
                }
                None
            });
            if removed.await.is_none() {
                // The watcher has ended.
                std::future::pending::<()>().await;
            }
            // A program that removes them each time must not keep the machine busy.
            tokio::time::sleep(RETRY).await;
            log::info!("{}: a rule was removed; it is set again", self.interface.name);
            self.set_routes_again(at).await;
        }
    }

    /// Sets the missing routes and rules of a network.
    pub(super) async fn set_routes_again(&self, at: NetworkRef) {
        let Some(AppliedNetwork { index, name, ip, network, .. }) = self.applied.of(at) else { return };
        let link = LinkId { index, name: &name };
        if let Err(error) = requests::add_routes(&self.watcher.handle, link, ip, &network).await {
            log::debug!("{name}: {error}");
        }
    }
}

/// The addresses that connections use, and those that NVMe controllers bind to again when they reconnect; `None` when the kernel
/// does not list them.
fn used_addresses(root: &std::path::Path) -> Option<Vec<IpAddr>> {
    let mut used = sock_diag::local_addresses().map_err(|error| log::debug!("sockets: {error}")).ok()?;
    used.extend(sysfs::sources(root));
    Some(used)
}
