//! Reads the log pages of discovery controllers, and adds what they list to the attempts.

use super::attempt::{AttemptId, DiscoveryGoal, Goal, PathGoal, Phase};
use super::event::Effect;
use super::state::{Expected, StateMachine};
use crate::connect::failure::FatalError;
use crate::connect::target::LinkEndpoint;
use crate::nvme::discovery::DiscoveryResult;
use crate::status::schema::State;
use crate::status::{discovery_status, namespace_status, path_status};
use libnbft::discovery_log::Log;
use libnbft::plan::{DiscoveryController, DiscoveryMode, Network, NetworkRef, Path, Plan, Reach};
use std::collections::BTreeSet;
use std::io;

/// The longest chain of referrals that nbft follows.
const MAX_DEPTH: u8 = 4;

/// The most controllers that nbft asks: controllers may refer to new ones without end.
const MAX_CONTROLLERS: usize = 64;

impl StateMachine {
    /// Whether every discovery controller that is needed was tried.
    pub(super) fn is_discovery_settled(&self) -> bool {
        self.attempts.discovery().all(|(_, phase, _)| matches!(phase, Phase::Idle | Phase::Pause))
    }

    /// A path failed: asks the discovery controllers that may list its subsystem elsewhere.
    pub(super) fn fall_back(&mut self, id: AttemptId) {
        let Some(path) = self.attempts[id].path().map(|path| &path.planned) else { return };
        let knows = |controller: &DiscoveryController| match controller.mode {
            DiscoveryMode::Immediate => path.discovered.is_some(),
            _ => path.ssns.iter().any(|origin| controller.ssns.contains(origin)),
        };
        let idle = self.attempts.discovery().filter(|(_, phase, _)| *phase == Phase::Idle);
        let asked = idle.filter(|(id, _, discovery)| knows(&discovery.planned) && self.helps(*id));
        let asked: Vec<AttemptId> = asked.map(|(id, ..)| id).collect();
        for id in asked {
            log::info!("the {} is asked for other ways", self.attempts[id].name());
            self.start(id);
        }
    }

    /// Whether reading the log page (again) could help. Fallback: a path of its subsystems failed or lost its target. Otherwise: the page
    /// is unread, or no discovered path is up.
    pub(super) fn helps(&self, id: AttemptId) -> bool {
        let Some(discovery) = self.attempts[id].discovery() else { return false };
        match discovery.planned.mode {
            DiscoveryMode::Fallback => !self.failed_subsystems(&discovery.planned).is_empty(),
            _ => discovery.status.state != State::Up || !self.discovered_up().any(|_| true),
        }
    }

    /// The discovered paths that are up and have their target.
    fn discovered_up(&self) -> impl Iterator<Item = &Path> {
        let up = self.attempts.paths().filter(|(_, phase, path)| *phase == Phase::Up && !path.is_stalled);
        up.map(|(.., path)| &path.planned).filter(|path| path.discovered.is_some())
    }

    /// The controller's subsystems with a path that failed or lost its target, and that no discovered path over the same interface
    /// replaces.
    fn failed_subsystems(&self, controller: &DiscoveryController) -> Vec<String> {
        let mut failed: Vec<String> = Vec::new();
        for (_, phase, path) in self.attempts.paths() {
            let (planned, status) = (&path.planned, &path.status);
            let of_controller = planned.ssns.iter().any(|origin| controller.ssns.contains(origin));
            let is_down = path.is_stalled || phase != Phase::Up && status.state == State::Failed;
            if !of_controller || !is_down || failed.contains(&planned.nqn) {
                continue;
            }
            let mut replacing = self.discovered_up();
            if !replacing.any(|found| found.nqn == planned.nqn && found.network == planned.network) {
                failed.push(planned.nqn.clone());
            }
        }
        failed
    }

    pub(super) fn log_read(&mut self, id: AttemptId, result: io::Result<DiscoveryResult>) {
        self.is_device_free = true;
        match result {
            Ok(DiscoveryResult::LogPage(log, kept)) => {
                if let Some(name) = kept {
                    log::info!("{name}: the {} stays connected", self.attempts[id].name());
                    self.effects.push(Effect::Register { controller: name.clone() });
                    if let Some(discovery) = self.attempts[id].discovery_mut() {
                        discovery.status.controller = Some(name);
                    }
                }
                self.take_log(id, &log);
                let news = self.attempts[id].discovery_mut().map(|discovery| &mut discovery.has_news);
                if news.is_some_and(std::mem::take) {
                    self.start(id);
                }
            }
            Ok(DiscoveryResult::Refused(refusal)) => self.failed(id, self.refused(id, refusal)),
            Ok(DiscoveryResult::Unreadable(error)) => self.failed(id, error.into()),
            Err(error) => self.fatal(FatalError::Helper(error.into())),
        }
        self.save_now();
    }

    fn take_log(&mut self, id: AttemptId, log: &Log) {
        let elapsed = self.elapsed_ms();
        let Some(discovery) = self.attempts[id].discovery() else { return };
        let (controller, depth) = (discovery.planned.clone(), discovery.depth + 1);
        let wanted = self.failed_subsystems(&controller);
        let (paths, namespaces) = (self.additions.paths.len(), self.additions.namespaces.len());
        let found = self.plan.discover(&mut self.additions, &controller, log, &wanted);
        let new_paths = self.additions.paths[paths..].to_vec();
        let ways = log.subsystem_count();
        log::info!(
            "discovery controller at {controller}: {ways} way(s) to subsystems, {} of use and new, after {elapsed} ms",
            new_paths.len()
        );
        for reason in &found.left_out {
            log::debug!("discovery controller at {controller}: {reason}");
        }
        if let Some(discovery) = self.attempts[id].discovery_mut() {
            let status = &mut discovery.status;
            status.attempts += 1;
            status.state = State::Up;
            status.set_reason(None);
            status.ways = Some(ways as u64);
            status.left_out = found.left_out.iter().map(ToString::to_string).collect();
            status.answered_ms = Some(elapsed);
        }
        // When the pause ends, `helps` decides whether to read the log page again.
        self.pause(id, self.longest_pause());
        let new_namespaces = self.additions.namespaces[namespaces..].iter().cloned();
        self.namespaces.extend(new_namespaces.map(|planned| {
            let status = namespace_status(&planned);
            Expected { planned, paths: Vec::new(), status }
        }));
        let mut new: Vec<AttemptId> = new_paths.into_iter().map(|path| self.add_path(path)).collect();
        // Adopts controllers that are connected already instead of connecting them twice.
        self.scan_sysfs();
        self.drop_unlisted(&controller, log);
        new.extend(found.referrals.into_iter().filter_map(|referral| self.refer(referral, depth)));
        self.start_discovered(new);
    }

    /// Adds a discovered path, also to the namespaces of its subsystem.
    fn add_path(&mut self, planned: Path) -> AttemptId {
        let status = path_status(&planned);
        let id = AttemptId(self.attempts.len());
        for namespace in self.namespaces.iter_mut().filter(|namespace| namespace.planned.nqn == planned.nqn) {
            namespace.paths.push(id);
        }
        self.attempts.push(Goal::Path(Box::new(PathGoal::new(planned, status))), Phase::WaitNetwork, self.clock.now())
    }

    /// Sets the routes to targets behind a gateway, then starts the new attempts.
    fn start_discovered(&mut self, attempts: Vec<AttemptId>) {
        let targets = attempts.iter().map(|id| self.attempts[*id].target());
        let behind = targets.filter(|target| target.reach == Reach::Gateway).map(|target| target.network);
        let behind: BTreeSet<NetworkRef> = behind.collect();
        let links = match behind.is_empty() {
            true => Vec::new(),
            false => {
                let plan = self.plan.with(&self.additions);
                behind.into_iter().filter_map(|at| self.with_routes(&plan, at)).collect()
            }
        };
        self.effects.push(Effect::Route { links, attempts });
    }

    /// A network with its current routes, and its link; `None` until the interface is ready.
    fn with_routes(&self, plan: &Plan, at: NetworkRef) -> Option<(LinkEndpoint, Network)> {
        let network = plan.network(at)?;
        let lease = self.network_state(at)?.status.lease.as_ref();
        Some((self.endpoint(at)?.clone(), lease.map_or_else(|| network.clone(), |lease| lease.over(network))))
    }

    /// Adds a controller that another one refers to, unless it is known.
    fn refer(&mut self, controller: DiscoveryController, depth: u8) -> Option<AttemptId> {
        if self.attempts.discovery().any(|(.., known)| known.planned.is_same(&controller)) {
            return None;
        }
        if depth > MAX_DEPTH || self.attempts.discovery().count() >= MAX_CONTROLLERS {
            log::warn!("the discovery controller at {controller} is not asked: too many refer to each other");
            return None;
        }
        self.additions.refer(&self.plan, controller.clone());
        let status = discovery_status(&controller);
        let goal = Goal::Discovery(Box::new(DiscoveryGoal::new(controller, status, depth)));
        Some(self.attempts.push(goal, Phase::WaitNetwork, self.clock.now()))
    }
}
