//! Holds the state of the engine: plan, networks, attempts, namespaces and timers.

use super::attempt::{AttemptId, Attempts, DiscoveryGoal, Goal, PathGoal, Phase};
use super::clock::Clock;
use super::event::Effect;
use crate::cli::{Bind, Wait};
use crate::connect::failure::FatalError;
use crate::connect::target::LinkEndpoint;
use crate::exit::Exit;
use crate::input::tunables::ConnectionSettings;
use crate::net::Waiting;
use crate::nvme::exclusions::Exclusions;
use crate::nvme::fabrics::options::Supported;
use crate::nvme::keys::Keys;
use crate::nvme::security::Violation;
use crate::nvme::sock_diag::TlsSockets;
use crate::nvme::sysfs;
use crate::output::Audience;
use crate::status::file::StatusFile;
use crate::status::schema::{HfiStatus, NamespaceStatus, State, Status};
use crate::status::timeline::{InterfaceTimes, Timeline};
use libnbft::plan::{Additions, DiscoveryMode, Namespace, NetworkRef, Path, Plan};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// How long the status file may lag behind.
const SAVE_DELAY: Duration = Duration::from_secs(1);

/// What the engine is given beside the plan.
#[derive(Debug)]
pub(in crate::connect) struct Settings {
    pub(in crate::connect) root: PathBuf,
    pub(in crate::connect) status_file: StatusFile,
    pub(in crate::connect) until: RunMode,
    /// Whether the run goes on after its budget is spent.
    pub(in crate::connect) keeps_trying: bool,
    /// The status that a former run left.
    pub(in crate::connect) before: Option<Status>,
    /// Process ID of `connect --stay`: this process, or one that runs beside it.
    pub(in crate::connect) service: Option<u32>,
    /// Queues and timeouts of connections.
    pub(in crate::connect) connections: ConnectionSettings,
    /// What connections are bound to.
    pub(in crate::connect) bind: Bind,
    /// Whether discovery controllers stay connected.
    pub(in crate::connect) persistent_discovery: bool,
    /// Whether one path of each subsystem is enough.
    pub(in crate::connect) one_path: bool,
    pub(in crate::connect) keys: Keys,
    pub(in crate::connect) sockets: Box<dyn TlsSockets>,
    pub(in crate::connect) started: Instant,
    /// Who is told of the progress, and how often.
    pub(in crate::connect) audience: Audience,
    pub(in crate::connect) report_every: Duration,
}

/// The result of a run.
#[derive(Debug)]
pub(in crate::connect) struct Ended {
    pub(in crate::connect) exit: Exit,
    /// The plan, with what discovery has added.
    pub(in crate::connect) plan: Plan,
    pub(in crate::connect) status: Status,
}

/// When a run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::connect) enum RunMode {
    /// When all that it waits for is present, or after `timeout`.
    UntilBoot { timeout: Duration, wait: Wait },
    /// When a signal asks for it.
    Resident,
}

/// Why a run is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// All that the run waits for is present.
    Complete,
    /// The budget is spent.
    Deadline,
    /// A signal came.
    Stopped,
    /// Nothing can come up any more.
    Fatal,
}

/// A network of the plan, and its state.
#[derive(Debug)]
pub(super) struct NetworkState {
    pub(super) at: NetworkRef,
    /// Its interface, once it is ready.
    pub(super) endpoint: Option<LinkEndpoint>,
    pub(super) status: HfiStatus,
    /// What it waits for, if known.
    pub(super) waiting: Option<Waiting>,
    /// Since when it has been in this state.
    pub(super) since: Instant,
    /// When each of its steps ended.
    pub(super) times: InterfaceTimes,
}

impl NetworkState {
    fn new(at: NetworkRef, status: HfiStatus, since: Instant) -> Self {
        Self { at, endpoint: None, status, waiting: None, since, times: InterfaceTimes::default() }
    }

    /// Sets the state, and what the network waits for now.
    pub(super) fn turn(&mut self, state: State, waiting: Option<Waiting>, now: Instant) {
        if (self.status.state, self.waiting) != (state, waiting) {
            self.since = now;
        }
        (self.status.state, self.waiting) = (state, waiting);
    }
}

/// An expected namespace, and its state.
#[derive(Debug)]
pub(super) struct Expected {
    pub(super) planned: Namespace,
    /// The attempts that lead to it.
    pub(super) paths: Vec<AttemptId>,
    pub(super) status: NamespaceStatus,
}

/// All that transitions read and write. [`StateMachine::step`] and [`StateMachine::begin`] change it. The loop only sets
/// [`StateMachine::next_scan`] when it begins to listen to uevents, and carries out [`Effect`]s that write the status file.
pub(super) struct StateMachine {
    /// The plan, as it was made.
    pub(super) plan: Plan,
    /// What discovery has added to it.
    pub(super) additions: Additions,
    pub(super) settings: Settings,
    /// The time of the step. Transitions compute later times from it.
    pub(super) clock: Clock,
    pub(super) networks: Vec<NetworkState>,
    pub(super) attempts: Attempts,
    pub(super) namespaces: Vec<Expected>,
    /// The status file, without the state of networks, attempts and namespaces: these have their own.
    pub(super) header: Status,
    /// What the loop is to do next.
    pub(super) effects: Vec<Effect>,
    /// Whether nothing is being written to the device.
    pub(super) is_device_free: bool,
    /// The options that the kernel knows; `None` until the driver is loaded.
    pub(super) supported: Option<Rc<Supported>>,
    pub(super) linger_until: Option<Instant>,
    /// When the status file is to be written again, if it is behind.
    pub(super) save_at: Option<Instant>,
    /// When the next probe may begin.
    pub(super) next_probe: Instant,
    /// When sysfs is to be scanned again, if something has happened since.
    pub(super) next_scan: Option<Instant>,
    /// The earliest time of the next scan.
    pub(super) no_scan_before: Instant,
    /// When the states of the connected controllers are to be read again; `None` unless this process is resident.
    pub(super) next_check: Option<Instant>,
    /// When to report what the run waits for; `None` in a resident process.
    pub(super) next_report: Option<Instant>,
    /// What the scans showed.
    pub(super) watch: sysfs::Watch,
    /// What the administrator has taken out of service.
    pub(super) exclusions: Exclusions,
    /// By subsystem NQN, why a foreign connection to it does not count.
    pub(super) unsecured: BTreeMap<String, Violation>,
    /// Whether systemd was notified.
    pub(super) told_systemd: bool,
    /// Whether the boot namespaces were present at the start.
    pub(super) complete_at_start: bool,
    /// Why nothing can come up any more.
    pub(super) fatal_error: Option<FatalError>,
    /// Why the run is over; `None` while it goes on.
    pub(super) ending: Option<Ending>,
}

impl StateMachine {
    pub(super) fn new(plan: Plan, additions: Additions, settings: Settings) -> Self {
        let whole = plan.with(&additions);
        let clock = Clock::of_system();
        let mut header = first_status(&whole, &settings, elapsed_ms(&settings, &clock));
        let interfaces = std::mem::take(&mut header.interfaces);
        let networks =
            plan.networks().zip(interfaces).map(|((at, _), status)| NetworkState::new(at, status, settings.started));
        Self {
            networks: networks.collect(),
            attempts: attempts(&whole, &mut header, settings.started),
            namespaces: expected(&whole, &mut header),
            header,
            effects: Vec::new(),
            is_device_free: true,
            supported: None,
            linger_until: None,
            save_at: None,
            next_probe: settings.started,
            next_scan: None,
            no_scan_before: settings.started,
            next_check: matches!(settings.until, RunMode::Resident).then_some(settings.started),
            next_report: match settings.until {
                RunMode::UntilBoot { .. } => Some(settings.started + settings.report_every),
                RunMode::Resident => None,
            },
            watch: sysfs::Watch::default(),
            exclusions: Exclusions::default(),
            unsecured: BTreeMap::new(),
            told_systemd: false,
            complete_at_start: false,
            fatal_error: None,
            ending: None,
            plan,
            additions,
            settings,
            clock,
        }
    }

    /// The status as it stands.
    pub(super) fn status(&self) -> Status {
        Status {
            interfaces: self.networks.iter().map(|network| network.status.clone()).collect(),
            paths: self.attempts.paths().map(|(.., path)| path.status.clone().without_access_failed()).collect(),
            namespaces: self.namespaces.iter().map(|namespace| namespace.status.clone()).collect(),
            timeline: Some(self.timeline()),
            discovery: self.attempts.discovery().map(|(.., discovery)| discovery.status.clone()).collect(),
            ..self.header.clone()
        }
    }

    /// Scans what is present already; returns the first effects.
    pub(super) fn begin(&mut self) -> Vec<Effect> {
        self.clock.read();
        self.note_begin();
        self.effects.push(Effect::LoadModule);
        self.scan_sysfs();
        self.complete_at_start = self.boot_there();
        self.save_now();
        self.fetch_early();
        self.advance()
    }

    pub(super) const fn is_resident(&self) -> bool {
        matches!(self.settings.until, RunMode::Resident)
    }

    pub(super) fn elapsed_ms(&self) -> u64 {
        elapsed_ms(&self.settings, &self.clock)
    }

    pub(super) fn network_state(&self, at: NetworkRef) -> Option<&NetworkState> {
        self.networks.iter().find(|network| network.at == at)
    }

    pub(super) fn network_state_mut(&mut self, at: NetworkRef) -> Option<&mut NetworkState> {
        self.networks.iter_mut().find(|network| network.at == at)
    }

    /// The interface of a network, once it is ready.
    pub(super) fn endpoint(&self, at: NetworkRef) -> Option<&LinkEndpoint> {
        self.network_state(at)?.endpoint.as_ref()
    }

    pub(super) fn fatal(&mut self, error: FatalError) {
        self.fatal_error = Some(error);
        self.ending = Some(Ending::Fatal);
    }

    /// Schedules a write of the status file, which shows what the run waits for. The delay spares a boot that goes well.
    pub(super) fn save_soon(&mut self) {
        self.save_at.get_or_insert(self.clock.now() + SAVE_DELAY);
    }

    /// Writes the status file now, while the work goes on.
    pub(super) fn save_now(&mut self) {
        self.save_at = None;
        self.effects.push(Effect::Save);
    }
}

/// The time of the run until now.
pub(super) fn elapsed_ms(settings: &Settings, clock: &Clock) -> u64 {
    clock.now().duration_since(settings.started).as_millis() as u64
}

/// The status before anything is done, with what a former run knew.
fn first_status(whole: &Plan, settings: &Settings, elapsed_ms: u64) -> Status {
    let mut status = Status::of_plan(whole);
    status.started_uptime_ms = uptime_ms(&settings.root).saturating_sub(elapsed_ms);
    status.service = settings.service;
    if let Some(before) = &settings.before {
        status.timeline = before.timeline.clone().filter(Timeline::is_of_boot);
        if settings.service.is_some() {
            // The service keeps its interfaces up: status.json keeps what it knows of them.
            status.take_interfaces(before);
        } else {
            status.take_grants(before);
        }
        status.take_discovery(before, |name| sysfs::is_discovery(&settings.root, name));
    }
    status
}

/// An attempt for each path, then one for each discovery controller.
fn attempts(whole: &Plan, status: &mut Status, now: Instant) -> Attempts {
    let mut attempts = Attempts::default();
    for (planned, status) in whole.paths.iter().cloned().zip(std::mem::take(&mut status.paths)) {
        attempts.push(Goal::Path(Box::new(PathGoal::new(planned, status))), Phase::WaitNetwork, now);
    }
    for (planned, status) in whole.discovery.iter().cloned().zip(std::mem::take(&mut status.discovery)) {
        // The plan has the paths that a former run found through this controller.
        let is_found = |path: &Path| path.discovered.as_ref().is_some_and(|source| planned.is(source));
        let is_immediate = planned.mode == DiscoveryMode::Immediate && !whole.paths.iter().any(is_found);
        let phase = if is_immediate { Phase::WaitNetwork } else { Phase::Idle };
        attempts.push(Goal::Discovery(Box::new(DiscoveryGoal::new(planned, status, 0))), phase, now);
    }
    attempts
}

/// The namespaces. A path's index in the plan is also the index of its attempt.
fn expected(whole: &Plan, status: &mut Status) -> Vec<Expected> {
    let namespaces = whole.namespaces.iter().cloned().zip(std::mem::take(&mut status.namespaces));
    let expected = namespaces.map(|(planned, status)| {
        let paths = planned.paths.iter().copied().map(AttemptId).collect();
        Expected { planned, paths, status }
    });
    expected.collect()
}

fn uptime_ms(root: &std::path::Path) -> u64 {
    let text = std::fs::read_to_string(root.join("proc/uptime")).unwrap_or_default();
    let seconds: f64 = text.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or(0.0);
    (seconds * 1000.0) as u64
}
