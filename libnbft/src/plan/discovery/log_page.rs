//! Turns the log page of a discovery controller into paths of the plan.

use super::{DiscoveryController, DiscoveryMode};
use crate::discovery_log::{Entry, EntryKind, Log, Skipped};
use crate::plan::limits::MAX_PAIRS;
use crate::plan::paths::{link_name, source_address};
use crate::plan::{EntryReason, Namespace, NetworkRef, Origin, Path, Plan, Policy, Reach, interfaces, reach};
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use core::net::IpAddr;

/// The most discovered paths that a plan accepts from all log pages.
pub(super) const MAX_DISCOVERED: usize = 1024;

/// The additions that log pages make to a plan. The plan itself does not change; [`Plan::with`] combines both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Additions {
    /// Paths. Their indexes continue those of [`Plan::paths`].
    pub paths: Vec<Path>,
    /// Namespaces of subsystems that the plan does not have.
    pub namespaces: Vec<Namespace>,
    /// Discovery controllers to which others refer. Their indexes continue those of [`Plan::discovery`].
    pub discovery: Vec<DiscoveryController>,
}

impl Additions {
    /// Adds a controller to which another one refers, unless this value or the plan has it already; returns whether it is new.
    pub fn refer(&mut self, plan: &Plan, controller: DiscoveryController) -> bool {
        let mut known = plan.discovery.iter().chain(&self.discovery);
        let is_new = !known.any(|known| known.is_same(&controller));
        if is_new {
            self.discovery.push(controller);
        }
        is_new
    }
}

/// The consequences of a log page: the result of [`Plan::discover`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Discovered {
    /// Indexes of all paths that the page lists, new or not; the new ones come last in the [`Additions`].
    pub paths: Vec<usize>,
    /// Other discovery controllers to which the page refers, known or not. [`Additions::refer`] adds one.
    pub referrals: Vec<DiscoveryController>,
    /// Unused entries, with the reasons.
    pub left_out: Vec<EntryLeftOut>,
}

/// An entry of a discovery log page that the plan does not use.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EntryLeftOut {
    /// A readable entry that does not become a path.
    Port {
        /// NQN of the subsystem or discovery controller.
        nqn: String,
        /// Transport address.
        address: IpAddr,
        /// TCP port.
        port: u16,
        /// Why.
        reason: EntryReason,
    },
    /// An unreadable entry.
    Unreadable(Skipped),
}

impl EntryLeftOut {
    /// The stable code of its reason, in kebab-case.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Port { reason, .. } => reason.code(),
            Self::Unreadable(skipped) => skipped.reason.code(),
        }
    }
}

impl fmt::Display for EntryLeftOut {
    /// `NQN at ADDRESS port PORT: why`, or `entry N: why`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Port { nqn, address, port, reason } => write!(f, "{nqn} at {address} port {port}: {reason}"),
            Self::Unreadable(skipped) => skipped.fmt(f),
        }
    }
}

impl DiscoveryController {
    /// The address of an entry of this controller's log page: an unspecified address means the controller's own.
    #[must_use]
    pub fn address_of(&self, entry: &Entry) -> IpAddr {
        if entry.address.is_unspecified() { self.traddr } else { entry.address }
    }
}

impl Plan {
    /// Adds the subsystems in the log page of the discovery controller `from` as paths. If `from` is a fallback, only the
    /// subsystems in `wanted` count; otherwise each one does.
    pub fn discover(
        &self,
        additions: &mut Additions,
        from: &DiscoveryController,
        log: &Log,
        wanted: &[String],
    ) -> Discovered {
        let mut whole = self.joined(additions);
        let mut found = Discovered::default();
        for entry in &log.entries {
            if let Err(reason) = whole.take_entry(from, entry, wanted, &mut found) {
                let (nqn, address, port) = (entry.nqn.0.clone(), entry.address, entry.port);
                found.left_out.push(EntryLeftOut::Port { nqn, address, port, reason });
            }
        }
        found.left_out.extend(log.skipped.iter().cloned().map(EntryLeftOut::Unreadable));
        additions.paths = whole.paths.split_off(self.paths.len());
        additions.namespaces = whole.namespaces.split_off(self.namespaces.len());
        found
    }

    /// The plan together with the additions of log pages, and with the routes to the added targets.
    #[must_use]
    pub fn with(&self, additions: &Additions) -> Self {
        let mut whole = self.joined(additions);
        interfaces::add_routes(&mut whole);
        whole
    }

    fn joined(&self, additions: &Additions) -> Self {
        let mut whole = self.clone();
        for path in &additions.paths {
            whole.paths.push(path.clone());
            whole.join_namespaces();
        }
        whole.namespaces.extend(additions.namespaces.iter().cloned());
        whole.discovery.extend(additions.discovery.iter().cloned());
        whole
    }

    /// Adds the last path to each namespace of its subsystem; returns whether there is one.
    fn join_namespaces(&mut self) -> bool {
        let Some((path, before)) = self.paths.split_last() else { return false };
        let mut of_subsystem = self.namespaces.iter_mut().filter(|namespace| namespace.nqn == path.nqn).peekable();
        let is_known = of_subsystem.peek().is_some();
        of_subsystem.for_each(|namespace| namespace.paths.push(before.len()));
        is_known
    }

    fn take_entry(
        &mut self,
        from: &DiscoveryController,
        entry: &Entry,
        wanted: &[String],
        found: &mut Discovered,
    ) -> Result<(), EntryReason> {
        let is_wanted = from.mode == DiscoveryMode::Immediate || wanted.contains(&entry.nqn.0);
        if entry.kind == EntryKind::Current || entry.kind == EntryKind::Subsystem && !is_wanted {
            return Ok(());
        }
        // The tables' requirements for the subsystem; without any, what the controller's own profile allows.
        let of_table =
            self.requirement(&entry.nqn.0).map_err(|error| EntryReason::SecurityUnmet(error.clone()))?.cloned();
        let mut security = of_table.or_else(|| from.security.clone().map(Policy::relax_to_allowed));
        if entry.secure_channel_required {
            security = Some(security.unwrap_or_default().require_tls());
        }
        let traddr = from.address_of(entry);
        let (network, reach) = self.best_network(from.network, traddr).ok_or(EntryReason::HfiNoneOfFamily(traddr))?;
        if entry.kind == EntryKind::Referral {
            let referral = DiscoveryController {
                nqn: entry.nqn.0.clone(),
                traddr,
                trsvcid: entry.port,
                network,
                host_iface: link_name(self, network),
                host_traddr: source_address(self, network),
                reach,
                ..from.clone()
            };
            if !found.referrals.iter().any(|known| known.is_same(&referral)) {
                found.referrals.push(referral);
            }
            return Ok(());
        }
        let path = self
            .discovered_path(from, entry, traddr, network, reach, security)
            .ok_or(EntryReason::PathsTooMany(MAX_DISCOVERED))?;
        if !found.paths.contains(&path) {
            found.paths.push(path);
        }
        Ok(())
    }

    /// The network that reaches an address best; `own` if no other is better.
    fn best_network(&self, own: NetworkRef, target: IpAddr) -> Option<(NetworkRef, Reach)> {
        let reached = self.networks().filter_map(|(at, network)| Some((at, reach::reach(network, target)?)));
        reached.min_by_key(|(at, reach)| (*reach, *at != own))
    }

    /// The index of the path to a discovered subsystem port. Adds a new path to the plan and to the subsystem's namespaces; `None` if
    /// there are too many.
    fn discovered_path(
        &mut self,
        from: &DiscoveryController,
        entry: &Entry,
        traddr: IpAddr,
        network: NetworkRef,
        reach: Reach,
        security: Option<Policy>,
    ) -> Option<usize> {
        let same = |path: &Path| {
            (path.network, path.traddr, path.trsvcid) == (network, traddr, entry.port) && path.nqn == entry.nqn.0
        };
        if let Some(known) = self.paths.iter().position(same) {
            return Some(known);
        }
        if self.paths.iter().filter(|path| path.discovered.is_some()).count() >= MAX_DISCOVERED {
            return None;
        }
        let siblings = || self.paths.iter().filter(|path| path.nqn == entry.nqn.0 && path.discovered.is_none());
        let of_controller = |path: &&Path| path.ssns.iter().any(|origin| from.ssns.contains(origin));
        // One limit holds for the tables and the log pages together.
        let taken: usize = self.paths.iter().map(|path| path.ssns.len()).sum();
        let room = (2 * MAX_PAIRS).saturating_sub(taken).max(1);
        let mut ssns: Vec<Origin> = Vec::new();
        for origin in siblings().filter(of_controller).flat_map(|path| &path.ssns) {
            if ssns.len() < room && from.ssns.contains(origin) && !ssns.contains(origin) {
                ssns.push(origin.clone());
            }
        }
        let path = Path {
            ssns,
            nqn: entry.nqn.0.clone(),
            traddr,
            trsvcid: entry.port,
            network,
            host_iface: link_name(self, network),
            host_traddr: source_address(self, network),
            // A digest that the tables require of one path holds for each path of the subsystem.
            hdr_digest: siblings().any(|path| path.hdr_digest),
            data_digest: siblings().any(|path| path.data_digest),
            reach,
            unavailable: siblings().next().is_some() && siblings().all(|path| path.unavailable),
            spare: false,
            timeout: None,
            discovered: Some(from.source()),
            security,
        };
        self.paths.push(path);
        let index = self.paths.len() - 1;
        if !self.join_namespaces() {
            let (nqn, paths) = (entry.nqn.0.clone(), vec![index]);
            self.namespaces.push(Namespace { ssns: Vec::new(), nqn, nsid: 0, nid: None, boot: false, paths });
        }
        Some(index)
    }
}
