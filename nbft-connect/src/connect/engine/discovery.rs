//! Reads the log pages of discovery controllers, and adds what they list to the attempts.

use super::attempt::{Attempt, Phase, TargetId};
use super::event::Effect;
use super::state::StateMachine;
use crate::connect::failure::{ConnectFailure, FatalError};
use crate::connect::target::LinkEndpoint;
use crate::nvme::discovery::DiscoveryResult;
use crate::status::discovery_status;
use crate::status::schema::{State, Status};
use libnbft::discovery_log::Log;
use libnbft::plan::{DiscoveryController, DiscoveryMode, Network, NetworkRef, Reach};
use std::collections::BTreeSet;
use std::io;

/// How often a controller may refer to another before that one is no longer asked.
const MAX_DEPTH: u8 = 4;

/// How many controllers are asked at all; what refers to ever new ones has no end otherwise.
const MAX_CONTROLLERS: usize = 64;

impl StateMachine {
    /// Whether each discovery controller that is needed has had its try.
    pub(super) fn is_discovery_settled(&self) -> bool {
        let mut discovery = self.attempts.iter().filter(|attempt| matches!(attempt.target, TargetId::Discovery(_)));
        discovery.all(|attempt| matches!(attempt.phase, Phase::Idle | Phase::Pause))
    }

    /// A path failed: the discovery controller that listed it may know where its subsystem is now.
    pub(super) fn fall_back(&mut self, path: usize) {
        for index in 0..self.plan.discovery.len() {
            let controller = &self.plan.discovery[index];
            let knows = match controller.mode {
                DiscoveryMode::Immediate => self.plan.paths[path].discovered.is_some(),
                _ => self.plan.paths[path].ssns.iter().any(|origin| controller.ssns.contains(origin)),
            };
            let target = TargetId::Discovery(index);
            if knows && self.phase(target) == Some(Phase::Idle) && self.helps(index) {
                log::info!("the discovery controller at {controller} is asked for other ways");
                self.start(target);
            }
        }
    }

    /// Whether reading the log page (again) could help: of the paths that it lists none is up, or one has failed.
    pub(super) fn helps(&self, index: usize) -> bool {
        let controller = &self.plan.discovery[index];
        match controller.mode {
            DiscoveryMode::Fallback => !self.failed_subsystems(controller).is_empty(),
            _ if self.status.discovery[index].state != State::Up => true,
            _ => {
                let phases = self.path_phases();
                !self.discovered_paths().any(|path| phases[path] == Phase::Up)
            }
        }
    }

    fn discovered_paths(&self) -> impl Iterator<Item = usize> {
        self.plan.paths.iter().enumerate().filter(|(_, path)| path.discovered.is_some()).map(|(index, _)| index)
    }

    /// The subsystems that came from a controller and have a failed path without another one up in its place.
    fn failed_subsystems(&self, controller: &DiscoveryController) -> Vec<String> {
        let phases = self.path_phases();
        let mut failed = Vec::new();
        for (index, path) in self.plan.paths.iter().enumerate() {
            let of_controller = path.ssns.iter().any(|origin| controller.ssns.contains(origin));
            let is_down = phases[index] != Phase::Up && self.status.paths[index].state == State::Failed;
            if !of_controller || !is_down || failed.contains(&path.nqn) {
                continue;
            }
            let is_replaced = self.discovered_paths().any(|other| {
                let found = &self.plan.paths[other];
                phases[other] == Phase::Up && found.nqn == path.nqn && found.network == path.network
            });
            if !is_replaced {
                failed.push(path.nqn.clone());
            }
        }
        failed
    }

    pub(super) fn log_read(&mut self, index: usize, result: io::Result<DiscoveryResult>) {
        let target = TargetId::Discovery(index);
        self.is_device_free = true;
        match result {
            Ok(DiscoveryResult::LogPage(log, kept)) => {
                if let Some(name) = kept {
                    log::info!("{name}: the discovery controller at {} stays connected", self.plan.discovery[index]);
                    self.effects.push(Effect::Register { controller: name.clone() });
                    self.status.discovery[index].controller = Some(name);
                }
                self.take_log(index, &log);
                if self.attempt(target).is_some_and(|attempt| std::mem::take(&mut attempt.has_news)) {
                    self.start(target);
                }
            }
            Ok(DiscoveryResult::Refused(refusal)) => self.failed(target, ConnectFailure::Refused(refusal)),
            Ok(DiscoveryResult::Unreadable(error)) => self.failed(target, error.into()),
            Err(error) => self.fatal(FatalError::Helper(error.to_string())),
        }
        self.save_now();
    }

    fn take_log(&mut self, index: usize, log: &Log) {
        let controller = self.plan.discovery[index].clone();
        let wanted = self.failed_subsystems(&controller);
        let known = self.plan.paths.len();
        let found = self.plan.discover(&controller, log, &wanted);
        let elapsed = self.elapsed_ms();
        let (ways, new) = (log.subsystem_count(), self.plan.paths.len() - known);
        log::info!(
            "discovery controller at {controller}: {ways} way(s) to subsystems, {new} of use and new, after {elapsed} ms"
        );
        for reason in &found.left_out {
            log::debug!("discovery controller at {controller}: {reason}");
        }
        let status = &mut self.status.discovery[index];
        status.attempts += 1;
        status.state = State::Up;
        status.set_reason(None);
        status.ways = Some(ways as u64);
        status.left_out = found.left_out.iter().map(ToString::to_string).collect();
        status.answered_ms = Some(elapsed);
        // After the pause it shows whether the log page has helped.
        self.pause(TargetId::Discovery(index), self.longest_pause());
        let paths = (known..self.plan.paths.len()).map(TargetId::Path);
        self.attempts.extend(paths.clone().map(|path| Attempt::new(path, Phase::WaitNetwork, 0)));
        self.status.extend(&self.plan);
        // Controllers that are connected already are adopted, not made twice.
        self.scan_sysfs();
        let depth = self.attempt(TargetId::Discovery(index)).map_or(0, |attempt| attempt.depth) + 1;
        let mut targets: Vec<TargetId> = paths.collect();
        targets.extend(found.referrals.into_iter().filter_map(|referral| self.refer(referral, depth)));
        self.start_discovered(targets);
    }

    /// Starts new targets; those behind a gateway when there is a route to them.
    fn start_discovered(&mut self, targets: Vec<TargetId>) {
        let planned = targets.iter().map(|target| self.planned(*target));
        let behind = planned.filter(|target| target.reach == Reach::Gateway).map(|target| target.network);
        let behind: BTreeSet<NetworkRef> = behind.collect();
        let links = behind.into_iter().filter_map(|at| self.with_routes(at)).collect();
        self.effects.push(Effect::Route { links, targets });
    }

    /// A network with the routes that it has now, when its interface is ready.
    fn with_routes(&self, at: NetworkRef) -> Option<(LinkEndpoint, Network)> {
        let network = self.plan.network(at)?;
        let lease = self.status.interfaces.get(Status::interface_index(&self.plan, at)?)?.lease.as_ref();
        Some((self.endpoint(at)?.clone(), lease.map_or_else(|| network.clone(), |lease| lease.over(network))))
    }

    /// Adds a controller that another one refers to, unless it is known.
    fn refer(&mut self, controller: DiscoveryController, depth: u8) -> Option<TargetId> {
        if self.plan.discovery.iter().any(|known| known.is_same(&controller)) {
            return None;
        }
        if depth > MAX_DEPTH || self.plan.discovery.len() >= MAX_CONTROLLERS {
            log::warn!("the discovery controller at {controller} is not asked: too many refer to each other");
            return None;
        }
        let index = self.plan.refer(controller)?;
        self.status.discovery.push(discovery_status(&self.plan.discovery[index]));
        self.attempts.push(Attempt::new(TargetId::Discovery(index), Phase::WaitNetwork, depth));
        Some(TargetId::Discovery(index))
    }
}
