//! The loop that brings paths up: all at once, and the device fed with those that are proved.

mod device;
mod discover;
mod finish;
mod network;
mod persistent;
mod probe_schedule;
mod retry;
mod secrets;
mod sysfs_scan;

use super::failure::FatalError;
use super::paths::Phase;
use super::target::LinkEndpoint;
use crate::cli::Wait;
use crate::error::Error;
use crate::exit::Exit;
use crate::net::{NetEvent, Router};
use crate::nvme::fabrics::options::Supported;
use crate::nvme::fabrics::{Fabrics, Written};
use crate::nvme::keys::{Fetched, Keys};
use crate::nvme::module::{self, ModuleError};
use crate::nvme::probe::ProbeFailure;
use crate::nvme::security::Violation;
use crate::nvme::sock_diag::TlsSockets;
use crate::nvme::sysfs;
use crate::nvme::uevent::Uevents;
use crate::status::file::StatusFile;
use crate::status::schema::Status;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use libnbft::plan::{NetworkRef, Plan};
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::time::{Duration, Instant};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::UnboundedReceiver;

/// How long it goes on after the last boot namespace while other paths are about to come up.
const LINGER: Duration = Duration::from_millis(300);

/// How long the status file may be behind.
const SAVE_DELAY: Duration = Duration::from_secs(1);

/// After how long one that stays looks again whether it is to write the status file, while another process does.
const SAVE_AGAIN: Duration = Duration::from_secs(10);

/// What the engine is told beside the plan.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) root: PathBuf,
    pub(super) status_file: StatusFile,
    pub(super) until: RunMode,
    /// What a former run left.
    pub(super) before: Option<Status>,
    /// Process of `connect --stay`: this one, or one that runs beside it.
    pub(super) service: Option<u32>,
    pub(super) ctrl_loss_tmo: i32,
    /// Whether discovery controllers stay connected.
    pub(super) persistent_discovery: bool,
    pub(super) keys: Keys,
    pub(super) sockets: Box<dyn TlsSockets>,
    pub(super) started: Instant,
}

/// How it ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) exit: Exit,
    /// The plan, with what discovery has added.
    pub(super) plan: Plan,
    pub(super) status: Status,
}

/// When it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RunMode {
    /// When what is waited for is there, at last after `timeout`.
    UntilBoot { timeout: Duration, wait: Wait },
    /// When it is told to.
    Resident,
}

/// What work in the background comes back with.
enum Done<F> {
    Module(Result<(), ModuleError>),
    Supported(F, io::Result<Supported>),
    Proved(usize, Result<(), ProbeFailure>),
    PauseOver(usize),
    Written(usize, F, io::Result<Written>),
    Discovery(discover::Heard<F>),
    Fetched(Fetched),
}

type Work<F> = FuturesUnordered<Pin<Box<dyn Future<Output = Done<F>>>>>;

/// The engine over a fabrics device.
pub(super) struct Engine<F> {
    plan: Plan,
    settings: Settings,
    status: Status,
    phases: Vec<Phase>,
    ready: Vec<(NetworkRef, LinkEndpoint)>,
    discovery: discover::Discovery,
    /// Who sets routes to what is discovered.
    router: Option<Router>,
    /// The device, unless a write is under way.
    device: Option<F>,
    /// What the kernel knows; `None` until the driver is loaded.
    supported: Option<Supported>,
    work: Work<F>,
    linger_until: Option<Instant>,
    /// When the status file is to be written again, if it is behind.
    save_at: Option<Instant>,
    /// When the next trial may begin.
    next_probe: Instant,
    /// When sysfs is to be looked at again, if something has happened since.
    next_scan: Option<Instant>,
    /// What it showed.
    watch: sysfs::Watch,
    /// By subsystem NQN, why a connection that somebody else has made to it does not count.
    unsecured: BTreeMap<String, Violation>,
    /// When the next look may be.
    no_scan_before: Instant,
    /// Whether systemd knows that this runs.
    told_systemd: bool,
    /// Whether the boot namespaces were there before anything was done.
    complete_at_start: bool,
    /// Why nothing can come up any more.
    fatal_error: Option<FatalError>,
}

impl<F: Fabrics + 'static> Engine<F> {
    pub(super) fn new(plan: Plan, settings: Settings, device: F) -> Self {
        let mut status = Status::of_plan(&plan);
        status.started_uptime_ms =
            uptime_ms(&settings.root).saturating_sub(settings.started.elapsed().as_millis() as u64);
        status.service = settings.service;
        if let Some(before) = &settings.before {
            if settings.service.is_some() {
                // They are up, and go on: nobody shall see them come up again, nor forget what the service knows.
                status.take_interfaces(before);
            } else {
                status.take_grants(before);
            }
            status.take_discovery(before, |name| sysfs::is_discovery(&settings.root, name));
        }
        Self {
            phases: vec![Phase::WaitNetwork; plan.paths.len()],
            ready: Vec::new(),
            discovery: discover::Discovery::of_plan(&plan),
            router: None,
            device: Some(device),
            supported: None,
            work: FuturesUnordered::new(),
            linger_until: None,
            save_at: None,
            next_probe: settings.started,
            next_scan: None,
            watch: sysfs::Watch::default(),
            unsecured: BTreeMap::new(),
            no_scan_before: settings.started,
            told_systemd: false,
            complete_at_start: false,
            fatal_error: None,
            plan,
            settings,
            status,
        }
    }

    /// With somebody who sets routes to what is discovered behind a gateway.
    pub(super) fn with_router(mut self, router: Router) -> Self {
        self.router = Some(router);
        self
    }

    /// Runs until everything waited for is there, or the budget is spent.
    pub(super) async fn run(mut self, mut network: UnboundedReceiver<NetEvent>) -> Result<Ended, Error> {
        let cannot = |what: &str, error: io::Error| Error::Other(format!("{what}: {error}"));
        let mut uevents = None;
        let mut terminate = signal(SignalKind::terminate()).map_err(|error| cannot("signals", error))?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(|error| cannot("signals", error))?;
        let deadline = self.deadline();
        let root = self.settings.root.clone();
        self.work.push(Box::pin(async move { Done::Module(module::load(&root).await) }));
        self.listen(&mut uevents).map_err(|error| cannot("uevents", error))?;
        self.scan_sysfs();
        self.complete_at_start = self.boot_there();
        self.save_now();
        self.fetch_early();
        let mut deadline_passed = false;
        loop {
            self.feed_device();
            if self.fatal_error.is_some() || self.finished() {
                break;
            }
            self.listen(&mut uevents).map_err(|error| cannot("uevents", error))?;
            // Those that are not set are not waited for.
            let at = |when: Option<Instant>| tokio::time::Instant::from_std(when.unwrap_or(self.settings.started));
            let (linger, save, scan) = (at(self.linger_until), at(self.save_at), at(self.next_scan));
            tokio::select! {
                Some(done) = self.work.next() => self.done(done),
                Some(event) = network.recv() => {
                    self.network(event);
                    self.save_soon();
                }
                () = tokio::time::sleep_until(save), if self.save_at.is_some() => self.save_now(),
                Some(changed) = changed(uevents.as_ref()) => {
                    match changed {
                        Ok(news) => news.iter().for_each(|name| self.ask_for_news(name)),
                        Err(error) => log::warn!("uevents: {error}"),
                    }
                    self.scan_soon();
                }
                () = tokio::time::sleep_until(scan), if self.next_scan.is_some() => self.scan_sysfs(),
                () = tokio::time::sleep_until(linger), if self.linger_until.is_some() => break,
                () = tokio::time::sleep_until(deadline), if !self.is_resident() => {
                    deadline_passed = true;
                    break;
                }
                _ = terminate.recv() => break,
                _ = interrupt.recv() => break,
            }
        }
        Ok(self.conclude(deadline_passed))
    }

    const fn is_resident(&self) -> bool {
        matches!(self.settings.until, RunMode::Resident)
    }

    fn deadline(&self) -> tokio::time::Instant {
        let timeout = match self.settings.until {
            RunMode::UntilBoot { timeout, .. } => timeout,
            RunMode::Resident => Duration::ZERO,
        };
        tokio::time::Instant::from_std(self.settings.started + timeout)
    }

    fn elapsed_ms(&self) -> u64 {
        self.settings.started.elapsed().as_millis() as u64
    }

    fn done(&mut self, done: Done<F>) {
        match done {
            Done::Module(Ok(())) => self.ask_for_options(),
            Done::Supported(device, result) => {
                self.device = Some(device);
                match result {
                    Ok(supported) => self.supported = Some(supported),
                    Err(error) => self.fatal_error = Some(FatalError::Device { error: error.to_string() }),
                }
            }
            Done::Module(Err(error)) => self.fatal_error = Some(error.into()),
            Done::Proved(path, result) => self.proved(path, result),
            // Its interface came back meanwhile, or its controller was found to be there.
            Done::PauseOver(path) if self.phases[path] != Phase::Pause => {}
            Done::PauseOver(path) => self.start_path(path),
            Done::Written(path, device, result) => {
                self.device = Some(device);
                if matches!(result, Ok(Written::Controller(..))) {
                    // What there is to do for this one can be done while the kernel is at the next.
                    self.phases[path] = Phase::Up;
                    self.feed_device();
                }
                self.written(path, result);
            }
            Done::Discovery(heard) => self.heard(heard),
            Done::Fetched(fetched) => self.fetched(fetched),
        }
    }

    fn ask_for_options(&mut self) {
        let Some(mut device) = self.device.take() else { return };
        self.work.push(Box::pin(async move {
            let supported = device.supported().await;
            Done::Supported(device, supported)
        }));
    }

    /// Has the status written a little later: whoever looks at it while we wait sees what for, and a boot that goes well is
    /// not held up by it.
    fn save_soon(&mut self) {
        self.save_at.get_or_insert_with(|| Instant::now() + SAVE_DELAY);
    }
}

/// The next change that the kernel tells of; `None` when nobody listens.
async fn changed(uevents: Option<&Uevents>) -> Option<io::Result<Vec<String>>> {
    Some(uevents?.nvme_changed().await)
}

fn uptime_ms(root: &std::path::Path) -> u64 {
    let text = std::fs::read_to_string(root.join("proc/uptime")).unwrap_or_default();
    let seconds: f64 = text.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or(0.0);
    (seconds * 1000.0) as u64
}
