//! Discovery controllers: when they are asked, and what becomes of what they tell.

use super::probe_schedule::PROBE_LIMIT;
use super::{Done, Engine};
use crate::connect::failure::{ConnectFailure, FatalError};
use crate::connect::paths::Phase;
use crate::connect::target::{LinkEndpoint, Target};
use crate::nvme::discovery::{DiscoveryConnection, DiscoveryResult};
use crate::nvme::fabrics::options::Supported;
use crate::nvme::fabrics::{DEVICE, Fabrics};
use crate::nvme::probe::{self, ProbeFailure};
use crate::nvme::security::Requirements;
use crate::status::discovery_status;
use crate::status::schema::{State, Status};
use libnbft::discovery_log::Log;
use libnbft::plan::{DiscoveryController, DiscoveryMode, NetworkRef, Path, Plan, Reach};
use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

/// How often a controller may refer to another before that one is no longer asked.
const MAX_DEPTH: u8 = 4;

/// How many controllers are asked at all; what refers to ever new ones has no end otherwise.
const MAX_CONTROLLERS: usize = 64;

/// A controller's way to its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Nobody needs it now.
    Idle,
    /// The interface is not ready.
    WaitNetwork,
    /// Its trial in user space is under way.
    Probing,
    /// Proved; waits for the device.
    Queued,
    /// Proved; its secrets are being fetched.
    WaitKeys,
    /// Its log page is being read.
    Asking,
    /// Failed, or did not help; waits for its next try.
    Pause,
}

/// Where asking a discovery controller stands. The controller in the plan and its status have the same index.
#[derive(Debug)]
pub(super) struct Asking {
    pub(super) step: Step,
    /// By how many referrals it was found.
    depth: u8,
    /// Whether what it tells has changed since it was asked.
    pub(super) news: bool,
}

/// What work in the background comes back with.
pub(super) enum Heard<F> {
    Proved(usize, Result<(), ProbeFailure>),
    PauseOver(usize),
    Answer(usize, F, io::Result<DiscoveryResult>),
    /// Routes to these new paths and controllers are set, as far as the kernel let us.
    Routed(Vec<usize>, Vec<usize>),
}

/// All discovery controllers.
#[derive(Debug)]
pub(super) struct Discovery {
    pub(super) all: Vec<Asking>,
}

impl Discovery {
    pub(super) fn of_plan(plan: &Plan) -> Self {
        let start = |controller: &DiscoveryController| {
            // What a former run was told is in the plan already.
            let told = |path: &Path| path.discovered.as_ref().is_some_and(|teller| controller.is(teller));
            let at_once = controller.mode == DiscoveryMode::Immediate && !plan.paths.iter().any(told);
            Asking { step: if at_once { Step::WaitNetwork } else { Step::Idle }, depth: 0, news: false }
        };
        Self { all: plan.discovery.iter().map(start).collect() }
    }

    /// Whether an answer is about to come: its controller has been proved.
    pub(super) fn is_coming(&self) -> bool {
        self.all.iter().any(|asking| matches!(asking.step, Step::Queued | Step::WaitKeys | Step::Asking))
    }

    /// Whether each controller that is needed has had its try.
    pub(super) fn is_settled(&self) -> bool {
        self.all.iter().all(|asking| matches!(asking.step, Step::Idle | Step::Pause))
    }
}

impl<F: Fabrics + 'static> Engine<F> {
    /// An interface is ready: those who wait for it are asked.
    pub(super) fn ask_over(&mut self, at: NetworkRef) {
        for index in 0..self.discovery.all.len() {
            let waits = match self.discovery.all[index].step {
                Step::WaitNetwork => true,
                Step::Pause => self.helps(index),
                _ => false,
            };
            if waits && self.plan.discovery[index].network == at {
                self.ask(index);
            }
        }
    }

    /// A path failed: whoever told of it may know where its subsystem is now.
    pub(super) fn fall_back(&mut self, path: usize) {
        for index in 0..self.discovery.all.len() {
            let controller = &self.plan.discovery[index];
            let knows = match controller.mode {
                DiscoveryMode::Immediate => self.plan.paths[path].discovered.is_some(),
                _ => self.plan.paths[path].ssns.iter().any(|origin| controller.ssns.contains(origin)),
            };
            if knows && self.discovery.all[index].step == Step::Idle && self.helps(index) {
                log::info!("the discovery controller at {controller} is asked for other ways");
                self.ask(index);
            }
        }
    }

    /// Starts a try, with the trial: nobody is to wait for one that is dead.
    pub(super) fn ask(&mut self, index: usize) {
        let controller = &self.plan.discovery[index];
        let Some(ready) = self.ready(controller.network) else {
            self.discovery.all[index].step = Step::WaitNetwork;
            return;
        };
        let trial = Target::from(controller).probe(ready);
        if self.connected(index).is_some() {
            self.discovery.all[index].step = Step::Queued;
            return;
        }
        self.discovery.all[index].step = Step::Probing;
        self.hear(async move { Heard::Proved(index, probe::probe(&trial, PROBE_LIMIT).await) });
    }

    fn hear(&self, work: impl Future<Output = Heard<F>> + 'static) {
        self.work.push(Box::pin(async move { Done::Discovery(work.await) }));
    }

    /// Gives the device the next controller that is proved; false when there is none.
    pub(super) fn feed_discovery(&mut self, supported: &Supported) -> bool {
        // What is only added to a boot namespace's table must not be in its way.
        let boot_first = !self.status.boots_by_discovery && self.phases.contains(&Phase::Probing) && !self.boot_there();
        let next = |(asking, controller): (&Asking, &DiscoveryController)| {
            asking.step == Step::Queued && !(boot_first && controller.mode == DiscoveryMode::Immediate)
        };
        let Some(index) = self.discovery.all.iter().zip(&self.plan.discovery).position(next) else { return false };
        if let Some(name) = self.connected(index) {
            let Some(mut device) = self.device.take() else { return false };
            self.discovery.all[index].step = Step::Asking;
            self.hear(async move {
                let result = device.discover(DiscoveryConnection::Existing, &name, &Requirements::default()).await;
                Heard::Answer(index, device, result)
            });
            return true;
        }
        let target = Target::from(&self.plan.discovery[index]);
        if self.awaits_keys(&target) {
            self.discovery.all[index].step = Step::WaitKeys;
            let waiting = self.waits_for_keys(&target);
            self.status.discovery[index].set_reason(waiting.map(|waiting| waiting.reason()));
            self.save_soon();
            return true;
        }
        let kind = if self.settings.persistent_discovery {
            DiscoveryConnection::Persistent
        } else {
            DiscoveryConnection::Transient
        };
        match self.prepare(&target, supported, |connection, known| connection.discovery_options(known, kind)) {
            Err(failure) => self.ask_failed(index, failure),
            Ok((options, requirements)) => {
                let Some(mut device) = self.device.take() else { return false };
                log::debug!("{DEVICE}: {options}");
                self.discovery.all[index].step = Step::Asking;
                self.hear(async move {
                    let result = device.discover(kind, options.expose(), &requirements).await;
                    Heard::Answer(index, device, result)
                });
            }
        }
        true
    }

    pub(super) fn heard(&mut self, heard: Heard<F>) {
        match heard {
            // What began before its interface came back no longer counts.
            Heard::Proved(index, _) if self.discovery.all[index].step != Step::Probing => {}
            Heard::Proved(index, Ok(())) => self.discovery.all[index].step = Step::Queued,
            Heard::Proved(index, Err(failure)) => self.ask_failed(index, failure.into()),
            Heard::PauseOver(index) if self.discovery.all[index].step != Step::Pause => {}
            Heard::PauseOver(index) if self.helps(index) => self.ask(index),
            Heard::PauseOver(index) => self.discovery.all[index].step = Step::Idle,
            Heard::Answer(index, device, result) => {
                self.device = Some(device);
                self.answer(index, result);
            }
            Heard::Routed(paths, controllers) => {
                for path in paths {
                    if self.phases[path] == Phase::WaitNetwork {
                        self.start_path(path);
                    }
                }
                for index in controllers {
                    if self.discovery.all[index].step == Step::WaitNetwork {
                        self.ask(index);
                    }
                }
            }
        }
    }

    /// Whether asking (again) could help: of the paths that it knows about none is up, or one that it told of has failed.
    fn helps(&self, index: usize) -> bool {
        let controller = &self.plan.discovery[index];
        match controller.mode {
            DiscoveryMode::Fallback => !self.failed_subsystems(controller).is_empty(),
            _ if self.status.discovery[index].state != State::Up => true,
            _ => !self.discovered_paths().any(|path| self.phases[path] == Phase::Up),
        }
    }

    fn discovered_paths(&self) -> impl Iterator<Item = usize> {
        self.plan.paths.iter().enumerate().filter(|(_, path)| path.discovered.is_some()).map(|(index, _)| index)
    }

    /// The subsystems that came from a controller and have a failed path without another one up in its place.
    fn failed_subsystems(&self, controller: &DiscoveryController) -> Vec<String> {
        let mut failed = Vec::new();
        for (index, path) in self.plan.paths.iter().enumerate() {
            let of_controller = path.ssns.iter().any(|origin| controller.ssns.contains(origin));
            let replaced = self.discovered_paths().any(|other| {
                let found = &self.plan.paths[other];
                self.phases[other] == Phase::Up && found.nqn == path.nqn && found.network == path.network
            });
            let down = self.phases[index] != Phase::Up && self.status.paths[index].state == State::Failed;
            if of_controller && down && !replaced && !failed.contains(&path.nqn) {
                failed.push(path.nqn.clone());
            }
        }
        failed
    }

    fn answer(&mut self, index: usize, result: io::Result<DiscoveryResult>) {
        match result {
            Ok(DiscoveryResult::LogPage(log, kept)) => {
                if let Some(name) = kept {
                    log::info!("{name}: the discovery controller at {} stays connected", self.plan.discovery[index]);
                    self.enter(&name);
                    self.status.discovery[index].controller = Some(name);
                }
                self.told(index, &log);
                if std::mem::take(&mut self.discovery.all[index].news) {
                    self.ask(index);
                }
            }
            Ok(DiscoveryResult::Refused(refusal)) => self.ask_failed(index, ConnectFailure::Refused(refusal)),
            Ok(DiscoveryResult::Unreadable(error)) => self.ask_failed(index, error.into()),
            Err(error) => self.fatal_error = Some(FatalError::Helper(error.to_string())),
        }
        self.save_now();
    }

    fn told(&mut self, index: usize, log: &Log) {
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
        // Whether the answer has helped will be seen then.
        self.pause_asking(index, self.longest());
        self.phases.resize(self.plan.paths.len(), Phase::WaitNetwork);
        self.status.extend(&self.plan);
        // Controllers that are there already are taken over, not made twice.
        self.scan_sysfs();
        let depth = self.discovery.all[index].depth + 1;
        let referred = found.referrals.into_iter().filter_map(|referral| self.refer(referral, depth)).collect();
        self.start_discovered((known..self.plan.paths.len()).collect(), referred);
    }

    /// Starts new paths and asks new controllers; those behind a gateway when there is a route to them.
    fn start_discovered(&mut self, paths: Vec<usize>, controllers: Vec<usize>) {
        let networks = paths.iter().map(|path| (self.plan.paths[*path].reach, self.plan.paths[*path].network));
        let asked =
            controllers.iter().map(|index| (self.plan.discovery[*index].reach, self.plan.discovery[*index].network));
        let behind = networks.chain(asked).filter(|(reach, _)| *reach == Reach::Gateway).map(|(_, network)| network);
        let behind: BTreeSet<NetworkRef> = behind.collect();
        let links: Vec<_> = behind.into_iter().filter_map(|at| self.with_routes(at)).collect();
        let router = self.router.clone();
        self.hear(async move {
            for (ready, network) in links {
                let Some(router) = &router else { break };
                if let Err(error) = router.route(&ready.link_name, ready.ifindex, ready.address, &network).await {
                    log::warn!("{}: {error}", ready.link_name);
                }
            }
            Heard::Routed(paths, controllers)
        });
    }

    /// A network with the routes that it has now, when its interface is ready.
    fn with_routes(&self, at: NetworkRef) -> Option<(LinkEndpoint, libnbft::plan::Network)> {
        let network = self.plan.network(at)?;
        let lease = self.status.interfaces.get(Status::interface_index(&self.plan, at)?)?.lease.as_ref();
        Some((self.ready(at)?.clone(), lease.map_or_else(|| network.clone(), |lease| lease.over(network))))
    }

    /// Takes in a controller that another one refers to, unless it is known.
    fn refer(&mut self, controller: DiscoveryController, depth: u8) -> Option<usize> {
        if self.plan.discovery.iter().any(|known| known.is_same(&controller)) {
            return None;
        }
        if depth > MAX_DEPTH || self.discovery.all.len() >= MAX_CONTROLLERS {
            log::warn!("the discovery controller at {controller} is not asked: too many refer to each other");
            return None;
        }
        let index = self.plan.refer(controller)?;
        self.status.discovery.push(discovery_status(&self.plan.discovery[index]));
        self.discovery.all.push(Asking { step: Step::WaitNetwork, depth, news: false });
        Some(index)
    }

    fn ask_failed(&mut self, index: usize, failure: ConnectFailure) {
        let reason = failure.reason();
        let status = &mut self.status.discovery[index];
        status.attempts += 1;
        status.state = State::Failed;
        // Nobody wants the same line every second.
        let again = status.reason.as_ref() == Some(&reason.text);
        let level = if again { log::Level::Debug } else { log::Level::Warn };
        log::log!(level, "discovery controller at {}: {failure}", self.plan.discovery[index]);
        status.set_reason(Some(reason));
        let attempts = status.attempts;
        let pause = self.pause_after(attempts);
        self.save_soon();
        self.pause_asking(index, pause);
    }

    fn pause_asking(&mut self, index: usize, pause: Duration) {
        self.discovery.all[index].step = Step::Pause;
        self.hear(async move {
            tokio::time::sleep(pause).await;
            Heard::PauseOver(index)
        });
    }

    /// A controller that was never asked has its interface to blame.
    pub(super) fn explain_discovery(&mut self) {
        for (index, asking) in self.discovery.all.iter().enumerate() {
            if asking.step == Step::WaitNetwork && self.status.discovery[index].reason.is_none() {
                let target = Target::from(&self.plan.discovery[index]);
                let waiting = self.blamed_interface(&target);
                self.status.discovery[index].set_reason(waiting.map(|waiting| waiting.reason()));
            }
        }
    }
}
