//! The state of the engine: plan, attempts, status, and when what is due.

use super::attempt::{Attempt, Phase, TargetId};
use super::event::Effect;
use crate::cli::Wait;
use crate::connect::failure::FatalError;
use crate::connect::target::LinkEndpoint;
use crate::exit::Exit;
use crate::nvme::fabrics::options::Supported;
use crate::nvme::keys::Keys;
use crate::nvme::security::Violation;
use crate::nvme::sock_diag::TlsSockets;
use crate::nvme::sysfs;
use crate::status::file::StatusFile;
use crate::status::schema::Status;
use libnbft::plan::{DiscoveryController, DiscoveryMode, NetworkRef, Path, Plan};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// How long the status file may be behind.
const SAVE_DELAY: Duration = Duration::from_secs(1);

/// What the engine is given beside the plan.
#[derive(Debug)]
pub(in crate::connect) struct Settings {
    pub(in crate::connect) root: PathBuf,
    pub(in crate::connect) status_file: StatusFile,
    pub(in crate::connect) until: RunMode,
    /// What a former run left.
    pub(in crate::connect) before: Option<Status>,
    /// Process of `connect --stay`: this one, or one that runs beside it.
    pub(in crate::connect) service: Option<u32>,
    pub(in crate::connect) ctrl_loss_tmo: i32,
    /// Whether discovery controllers stay connected.
    pub(in crate::connect) persistent_discovery: bool,
    /// Whether one path of each subsystem is enough.
    pub(in crate::connect) one_path: bool,
    pub(in crate::connect) keys: Keys,
    pub(in crate::connect) sockets: Box<dyn TlsSockets>,
    pub(in crate::connect) started: Instant,
}

/// How it ended.
#[derive(Debug)]
pub(in crate::connect) struct Ended {
    pub(in crate::connect) exit: Exit,
    /// The plan, with what discovery has added.
    pub(in crate::connect) plan: Plan,
    pub(in crate::connect) status: Status,
}

/// When it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::connect) enum RunMode {
    /// When what is waited for is there, at last after `timeout`.
    UntilBoot { timeout: Duration, wait: Wait },
    /// When a signal asks for it.
    Resident,
}

/// Why a run is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// Everything that is waited for is there.
    Complete,
    /// The budget is spent.
    Deadline,
    /// A signal came.
    Stopped,
    /// Nothing can come up any more.
    Fatal,
}

/// All that transitions read and write. [`StateMachine::step`] and [`StateMachine::begin`] change it. The loop only sets
/// [`StateMachine::next_scan`] when it begins to listen to uevents, and carries out [`Effect`]s that write the status file.
pub(super) struct StateMachine {
    /// The plan, and what discovery has added to it: a copy that only discovery extends.
    pub(super) plan: Plan,
    pub(super) settings: Settings,
    pub(super) status: Status,
    pub(super) attempts: Vec<Attempt>,
    /// The interfaces that are ready.
    pub(super) endpoints: Vec<(NetworkRef, LinkEndpoint)>,
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
    /// When the next scan may be.
    pub(super) no_scan_before: Instant,
    /// What the scans showed.
    pub(super) watch: sysfs::Watch,
    /// By subsystem NQN, why a foreign connection to it does not count.
    pub(super) unsecured: BTreeMap<String, Violation>,
    /// Whether systemd knows that this runs.
    pub(super) told_systemd: bool,
    /// Whether the boot namespaces were there before anything was done.
    pub(super) complete_at_start: bool,
    /// Why nothing can come up any more.
    pub(super) fatal_error: Option<FatalError>,
    /// Why the run is over; `None` while it goes on.
    pub(super) ending: Option<Ending>,
}

impl StateMachine {
    pub(super) fn new(plan: Plan, settings: Settings) -> Self {
        let mut status = Status::of_plan(&plan);
        status.started_uptime_ms =
            uptime_ms(&settings.root).saturating_sub(settings.started.elapsed().as_millis() as u64);
        status.service = settings.service;
        if let Some(before) = &settings.before {
            if settings.service.is_some() {
                // The service keeps its interfaces up: status.json keeps what it knows of them.
                status.take_interfaces(before);
            } else {
                status.take_grants(before);
            }
            status.take_discovery(before, |name| sysfs::is_discovery(&settings.root, name));
        }
        Self {
            attempts: attempts(&plan),
            endpoints: Vec::new(),
            effects: Vec::new(),
            is_device_free: true,
            supported: None,
            linger_until: None,
            save_at: None,
            next_probe: settings.started,
            next_scan: None,
            no_scan_before: settings.started,
            watch: sysfs::Watch::default(),
            unsecured: BTreeMap::new(),
            told_systemd: false,
            complete_at_start: false,
            fatal_error: None,
            ending: None,
            plan,
            settings,
            status,
        }
    }

    /// Looks at what is there already; returns what is to be done first.
    pub(super) fn begin(&mut self) -> Vec<Effect> {
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
        self.settings.started.elapsed().as_millis() as u64
    }

    /// The interface of a network, once it is ready.
    pub(super) fn endpoint(&self, at: NetworkRef) -> Option<&LinkEndpoint> {
        self.endpoints.iter().find(|(network, _)| *network == at).map(|(_, endpoint)| endpoint)
    }

    pub(super) fn fatal(&mut self, error: FatalError) {
        self.fatal_error = Some(error);
        self.ending = Some(Ending::Fatal);
    }

    /// Has the status file written a little later: it shows what the run waits for, and a boot that goes well is not delayed.
    pub(super) fn save_soon(&mut self) {
        self.save_at.get_or_insert_with(|| Instant::now() + SAVE_DELAY);
    }

    /// Has the status file written while the work goes on.
    pub(super) fn save_now(&mut self) {
        self.save_at = None;
        self.effects.push(Effect::Save);
    }
}

/// An attempt for each path, then one for each discovery controller.
fn attempts(plan: &Plan) -> Vec<Attempt> {
    let paths = (0..plan.paths.len()).map(|path| Attempt::new(TargetId::Path(path), Phase::WaitNetwork, 0));
    let first_phase = |controller: &DiscoveryController| {
        // What a former run found by it is in the plan already.
        let is_found = |path: &Path| path.discovered.as_ref().is_some_and(|source| controller.is(source));
        let is_immediate = controller.mode == DiscoveryMode::Immediate && !plan.paths.iter().any(is_found);
        if is_immediate { Phase::WaitNetwork } else { Phase::Idle }
    };
    let discovery = plan.discovery.iter().enumerate();
    let discovery =
        discovery.map(|(index, controller)| Attempt::new(TargetId::Discovery(index), first_phase(controller), 0));
    paths.chain(discovery).collect()
}

fn uptime_ms(root: &std::path::Path) -> u64 {
    let text = std::fs::read_to_string(root.join("proc/uptime")).unwrap_or_default();
    let seconds: f64 = text.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or(0.0);
    (seconds * 1000.0) as u64
}
