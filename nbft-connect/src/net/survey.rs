//! Finds the NICs of a machine without a table, and the leases that DHCP servers offer them. It sets no address.

use super::lease::Lease;
use super::state::{Link, State};
use super::watcher::Watcher;
use super::{NetFailure, NetOptions, dhcp, dhcp4, nic, requests};
use crate::dhcp_options::ClientOptions;
use crate::input::request::NicName;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use libnbft::model::Mac;
use libnbft::plan::Network;
use rtnetlink::LinkUnspec;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

/// How long to wait for further NICs after the first usable one.
const SETTLE: Duration = Duration::from_secs(2);

/// How many NICs are used at most.
const MOST_NICS: usize = 16;

/// A NIC, and the lease that a server offers it if one was asked for.
#[derive(Debug, Clone)]
pub(crate) struct SurveyedNic {
    pub(crate) mac: Mac,
    pub(crate) name: String,
    pub(crate) lease: Option<Lease>,
}

/// Which NICs to look for.
pub(crate) struct Survey<'a> {
    /// The wanted NICs; all if none is named.
    pub(crate) wanted: Vec<&'a NicName>,
    /// How each NIC asks a DHCP server, and which lease it accepts; `None` if no server is asked.
    pub(crate) dhcp: Option<Dhcp<'a>>,
    /// What the DHCP client tells servers about itself.
    pub(crate) client: &'a ClientOptions,
    /// When the search ends.
    pub(crate) deadline: std::time::Instant,
}

/// How a DHCP server is asked.
#[derive(Clone, Copy)]
pub(crate) struct Dhcp<'a> {
    /// The network with which the NIC with this MAC address asks.
    pub(crate) network: &'a dyn Fn(Mac) -> Option<Network>,
    /// Whether a lease is of use.
    pub(crate) accepts: &'a dyn Fn(Mac, &str, &Lease) -> bool,
}

impl Survey<'_> {
    /// Finds the NICs: all that are named, else those that have a carrier. With DHCP only those whose lease is of use.
    ///
    /// # Errors
    ///
    /// When netlink cannot be used.
    pub(crate) async fn run(&self, root: &Path) -> Result<Vec<SurveyedNic>, NetFailure> {
        let (watcher, tasks) = Watcher::start(&NetOptions::new(root.to_owned())).await?;
        let found = self.find(&watcher, root).await;
        tasks.iter().for_each(tokio::task::JoinHandle::abort);
        Ok(found)
    }

    async fn find(&self, watcher: &Watcher, root: &Path) -> Vec<SurveyedNic> {
        let deadline = Instant::from_std(self.deadline);
        if self.dhcp.is_none() && !self.wanted.is_empty() {
            return self.wait_for_all(watcher, root, deadline).await;
        }
        let mut brought_up: BTreeMap<u32, String> = BTreeMap::new();
        let mut seen: Vec<u32> = Vec::new();
        let mut asked = FuturesUnordered::new();
        let mut found: Vec<SurveyedNic> = Vec::new();
        let mut end = deadline;
        while found.len() < MOST_NICS {
            let next = |state: &State| self.candidates(state, root).find(|link| !seen.contains(&link.index)).cloned();
            tokio::select! {
                () = sleep_until(end) => break,
                link = watcher.wait_for(next) => {
                    let Some(link) = link else { break };
                    seen.push(link.index);
                    if !link.up {
                        brought_up.insert(link.index, link.name.clone());
                    }
                    asked.push(self.ask(watcher, link));
                }
                Some(nic) = asked.next(), if !asked.is_empty() => {
                    found.extend(nic);
                    end = end.min(Instant::now() + SETTLE);
                    if !self.wanted.is_empty() && found.len() >= self.wanted.len() {
                        break;
                    }
                }
            }
        }
        drop(asked);
        found.sort_by(|a, b| a.name.cmp(&b.name));
        for (index, name) in brought_up {
            let is_used = watcher.read(|state| state.links.get(&index).is_some_and(|link| is_among(link, &found)));
            if !is_used {
                log::debug!("{name}: taken down again");
                let down = LinkUnspec::new_with_index(index).down().build();
                let _ = watcher.handle.link().set(down).execute().await;
            }
        }
        found
    }

    /// The NICs that may be wanted.
    fn candidates<'s>(&'s self, state: &'s State, root: &'s Path) -> impl Iterator<Item = &'s Link> {
        let is_named = |mac: Mac, name: &str| self.wanted.iter().any(|wanted| wanted.is(mac, Some(name)));
        let is_meant = move |link: &Link| match own_mac(link) {
            Some(mac) if self.wanted.is_empty() => !mac.is_zero(),
            Some(mac) => is_named(mac, &link.name),
            None => false,
        };
        state.links.values().filter(move |link| nic::is_nic(link, root) && is_meant(link) && is_settled(link, root))
    }

    /// Waits for the NIC's carrier, then for a lease that is of use.
    async fn ask(&self, watcher: &Watcher, link: Link) -> Option<SurveyedNic> {
        let mac = own_mac(&link)?;
        if !link.up {
            requests::up(&watcher.handle, link.index)
                .await
                .inspect_err(|error| log::warn!("{}: {error}", link.name))
                .ok()?;
        }
        let carrier = |state: &State| state.links.get(&link.index).is_none_or(|link| link.carrier).then_some(());
        watcher.wait_for(carrier).await?;
        log::debug!("{}: carrier", link.name);
        let Some(asks) = self.dhcp else { return Some(SurveyedNic { mac, name: link.name, lease: None }) };
        let network = (asks.network)(mac)?;
        let client = dhcp::Client { name: &link.name, index: link.index, mac, options: self.client };
        loop {
            match dhcp4::lease(&client, &network, None).await.and_then(|lease| lease.usable(&network)) {
                Ok((lease, _)) if (asks.accepts)(mac, &link.name, &lease) => {
                    return Some(SurveyedNic { mac, name: link.name.clone(), lease: Some(lease) });
                }
                Ok(_) => sleep(dhcp::ROUND).await,
                Err(error) => {
                    log::info!("{}: {error}", link.name);
                    sleep(super::worker::RETRY).await;
                }
            }
        }
    }

    /// The NICs that are named, once all are there or the time is over.
    async fn wait_for_all(&self, watcher: &Watcher, root: &Path, deadline: Instant) -> Vec<SurveyedNic> {
        let surveyed = |link: &Link| Some(SurveyedNic { mac: own_mac(link)?, name: link.name.clone(), lease: None });
        let now = |state: &State| self.candidates(state, root).filter_map(surveyed).collect::<Vec<_>>();
        let all = |state: &State| {
            let found = now(state);
            let is_there = |wanted: &&NicName| found.iter().any(|nic| wanted.is(nic.mac, Some(&nic.name)));
            self.wanted.iter().all(is_there).then_some(found)
        };
        tokio::select! {
            () = sleep_until(deadline) => watcher.read(now),
            found = watcher.wait_for(all) => found.unwrap_or_default(),
        }
    }
}

/// Whether udev has given the link its name.
fn is_settled(link: &Link, root: &Path) -> bool {
    !nic::udev_runs(root) || nic::udev_is_done(root, link.index)
}

fn is_among(link: &Link, found: &[SurveyedNic]) -> bool {
    found.iter().any(|nic| Some(nic.mac) == own_mac(link))
}

/// The MAC address of the hardware, whatever address was set since.
fn own_mac(link: &Link) -> Option<Mac> {
    link.permanent_mac.filter(|mac| !mac.is_zero()).or(link.mac)
}
