//! The loop that brings paths up: all at once, and the device fed with those that are proved.

mod discover;
mod finish;
mod persistent;
mod probe_schedule;
mod retry;
mod secrets;
mod sysfs_scan;

use super::failure::{ConnectFailure, FatalError};
use super::paths::Phase;
use super::target::{LinkEndpoint, Target};
use super::{queue, registry};
use crate::cli::Wait;
use crate::error::Error;
use crate::exit::Exit;
use crate::net::{NetEvent, Router};
use crate::nvme::fabrics::options::{Connection, OptionString, Supported};
use crate::nvme::fabrics::{DEVICE, Fabrics, NewController, Written};
use crate::nvme::keys::{Fetched, Keys};
use crate::nvme::module::{self, ModuleError};
use crate::nvme::probe::ProbeFailure;
use crate::nvme::security::{Requirements, Violation};
use crate::nvme::sock_diag::TlsSockets;
use crate::nvme::sysfs;
use crate::nvme::uevent::Uevents;
use crate::status::file::StatusFile;
use crate::status::outcome;
use crate::status::schema::{Reason, State, Status};
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

    fn ready(&self, at: NetworkRef) -> Option<&LinkEndpoint> {
        self.ready.iter().find(|(network, _)| *network == at).map(|(_, ready)| ready)
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

    fn network(&mut self, event: NetEvent) {
        match event {
            NetEvent::Ready { at, link_name, ifindex, address, lease, timings } => {
                log::info!("{link_name}: ready with {address} after {} ms ({timings})", self.elapsed_ms());
                let elapsed = self.elapsed_ms();
                if let Some(interface) = self.interface(at) {
                    interface.state = State::Up;
                    interface.name.clone_from(&link_name);
                    interface.address = Some(address.to_string());
                    interface.lease = lease.map(|lease| *lease);
                    interface.set_reason(None);
                    interface.ready_ms.get_or_insert(elapsed);
                }
                self.ready.retain(|(network, _)| *network != at);
                self.ready.push((at, LinkEndpoint { link_name, ifindex, address }));
                // A controller that is there already is known for this path's only now.
                self.scan_sysfs();
                self.start_paths_over(at);
                self.ask_over(at);
            }
            NetEvent::Renewed { at, lease } => {
                if let Some(interface) = self.interface(at) {
                    interface.lease = Some(*lease);
                }
            }
            NetEvent::Informed { at, information } => {
                if let Some(interface) = self.interface(at) {
                    log::info!("{}: {} told: {information}", interface.name, information.server);
                    interface.information = Some(*information);
                }
            }
            NetEvent::Waiting { at, for_what } => {
                if let Some(interface) = self.interface(at) {
                    log::debug!("{}: waiting for {for_what}", interface.name);
                    interface.set_reason(Some(Reason {
                        code: for_what.code().to_owned(),
                        text: format!("waiting for {for_what}"),
                    }));
                }
            }
            NetEvent::Failed { at, reason } => {
                let reason = Reason { code: reason.code().to_owned(), text: reason.to_string() };
                let name = self.interface(at).map(|interface| {
                    interface.state = State::Failed;
                    interface.set_reason(Some(reason.clone()));
                    interface.name.clone()
                });
                log::warn!("{}: {}", name.unwrap_or_default(), reason.text);
                self.ready.retain(|(network, _)| *network != at);
            }
        }
    }

    /// Has the status written a little later: whoever looks at it while we wait sees what for, and a boot that goes well is
    /// not held up by it.
    fn save_soon(&mut self) {
        self.save_at.get_or_insert_with(|| Instant::now() + SAVE_DELAY);
    }

    fn interface(&mut self, at: NetworkRef) -> Option<&mut crate::status::schema::HfiStatus> {
        let index = Status::interface_index(&self.plan, at)?;
        self.status.interfaces.get_mut(index)
    }

    fn path_failed(&mut self, path: usize, failure: ConnectFailure) {
        let reason = failure.reason();
        let status = &mut self.status.paths[path];
        status.attempts += 1;
        status.state = State::Failed;
        (status.authenticated, status.secured) = (None, None);
        // Unavailable entries fail quietly, and nobody wants the same line every second.
        let level = if status.unavailable || status.reason.as_ref() == Some(&reason.text) {
            log::Level::Debug
        } else {
            log::Level::Warn
        };
        let (traddr, trsvcid, iface) = (&status.traddr, status.trsvcid, &status.host_iface);
        log::log!(level, "{traddr} port {trsvcid} over {iface}: {failure}");
        status.set_reason(Some(reason));
        let attempts = status.attempts;
        let pause = self.pause_after(attempts);
        self.phases[path] = Phase::Pause;
        self.save_soon();
        self.work.push(Box::pin(async move {
            tokio::time::sleep(pause).await;
            Done::PauseOver(path)
        }));
        self.fall_back(path);
    }

    /// Gives the device the next path, when it is free and there is one.
    fn feed_device(&mut self) {
        while self.device.is_some() {
            let Some(supported) = &self.supported else { return };
            let present: Vec<_> = self.status.namespaces.iter().map(|n| n.state == State::Up).collect();
            let failures: Vec<_> = self.status.paths.iter().map(|path| path.attempts).collect();
            let Some(path) = queue::next(&self.plan, &self.phases, &failures, &present) else {
                if self.feed_discovery(&supported.clone()) { continue } else { return }
            };
            let target = Target::from(&self.plan.paths[path]);
            if self.awaits_keys(&target) {
                self.phases[path] = Phase::WaitKeys;
                let waiting = self.waits_for_keys(&target);
                self.status.paths[path].set_reason(waiting.map(|waiting| waiting.reason()));
                self.save_soon();
                continue;
            }
            match self.prepare(&target, supported, Connection::options) {
                Err(failure) => self.path_failed(path, failure),
                Ok((options, requirements)) => self.write(path, options, requirements),
            }
        }
    }

    fn write(&mut self, path: usize, options: OptionString, requirements: Requirements) {
        let Some(mut device) = self.device.take() else { return };
        log::debug!("{DEVICE}: {options}");
        self.phases[path] = Phase::Writing;
        self.work.push(Box::pin(async move {
            let result = device.connect(options.expose(), &requirements).await;
            Done::Written(path, device, result)
        }));
    }

    fn written(&mut self, path: usize, result: io::Result<Written>) {
        match result {
            Ok(Written::Controller(NewController { instance, authenticated, secured })) => {
                let status = &mut self.status.paths[path];
                (status.authenticated, status.secured) = (authenticated, secured);
                self.path_up(path, format!("nvme{instance}"));
            }
            Ok(Written::Refused(refusal)) if refusal.errno == libc::EALREADY => {
                let controllers = self.watch.controllers(&self.settings.root, |_| true);
                if !self.adopt(path, &controllers) {
                    let violation = self.verify(path, &controllers).err();
                    self.path_failed(path, violation.map_or(ConnectFailure::Unseen, ConnectFailure::Violation));
                }
            }
            Ok(Written::Refused(refusal)) => self.path_failed(path, ConnectFailure::Refused(refusal)),
            Ok(Written::PolicyViolation(violation)) => self.path_failed(path, violation.into()),
            Err(error) => self.fatal_error = Some(FatalError::Helper(error.to_string())),
        }
        self.scan_soon();
        self.save_soon();
    }

    fn path_up(&mut self, path: usize, controller: String) {
        let elapsed = self.elapsed_ms();
        let planned = &self.plan.paths[path];
        let (traddr, trsvcid, nqn) = (planned.traddr, planned.trsvcid, planned.nqn.clone());
        self.phases[path] = Phase::Up;
        self.enter(&controller);
        let source = self.ready(self.plan.paths[path].network).map(|ready| (ready.link_name.clone(), ready.address));
        let status = &mut self.status.paths[path];
        status.attempts += 1;
        status.state = State::Up;
        status.set_reason(None);
        status.connected_ms = Some(elapsed);
        if let Some((name, address)) = source {
            status.host_iface = name;
            status.host_traddr = Some(address.to_string());
        }
        let how = status.how();
        let iface = &status.host_iface;
        log::info!("{controller}: {traddr} port {trsvcid} over {iface} after {elapsed} ms ({nqn}){how}");
        status.controller = Some(controller);
    }

    /// Makes known that a controller is ours, and its secrets nobody's, also those that it is given later.
    fn enter(&self, controller: &str) {
        if let Err(error) = registry::enter(&self.settings.root, controller) {
            log::warn!("/run/nvme/registry/{controller}: {error}");
        }
        if let Err(error) = sysfs::hide_secrets(&self.settings.root, controller) {
            log::warn!("{controller}: its secrets stay open to all in sysfs: {error}");
        }
    }

    fn boot_there(&self) -> bool {
        let any_boot = self.status.boots_by_discovery || self.status.namespaces.iter().any(|n| n.boot);
        if !any_boot {
            // Nothing is waited for: each path has its try.
            let tried = self.status.paths.iter().all(|path| path.state != State::Pending);
            return tried && self.discovery.is_settled();
        }
        outcome::boot_there(&self.status)
    }

    /// Whether everything that is waited for is there; starts the time of grace for what is about to come.
    fn finished(&mut self) -> bool {
        let RunMode::UntilBoot { wait, .. } = self.settings.until else { return false };
        if !self.boot_there() {
            return false;
        }
        let coming = |phase: &Phase| match phase {
            Phase::Probing | Phase::Queued | Phase::WaitKeys | Phase::Writing => true,
            // A second run: the interfaces have not had the time to say that they are ready.
            Phase::WaitNetwork => self.complete_at_start,
            Phase::Pause | Phase::Up => false,
        };
        match wait {
            Wait::All => {
                let up = |(phase, path): (&Phase, &libnbft::plan::Path)| *phase == Phase::Up || path.unavailable;
                self.phases.iter().zip(&self.plan.paths).all(up) && self.discovery.is_settled()
            }
            Wait::Boot if self.phases.iter().any(coming) || self.discovery.is_coming() => {
                self.linger_until.get_or_insert_with(|| Instant::now() + LINGER);
                false
            }
            Wait::Boot => true,
        }
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
