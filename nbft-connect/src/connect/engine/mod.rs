//! Connects all targets of a plan at once, and keeps them connected.
//!
//! One [`StateMachine`] holds all shared state: plan, attempts, networks, namespaces. Only its transitions write to it, one for each
//! [`Event`], one after the other. They start no work of their own: they read sysfs, take the time of their step from its
//! [`Clock`](clock::Clock), and return [`Effect`]s. The loop in this file carries these out, and turns their results into further events.
//! Only the loop owns the fabrics device, the router and the background tasks.

mod access;
mod attempt;
mod awaited;
mod clock;
mod discovery;
mod event;
mod excluded;
mod finish;
mod network;
mod one_path;
mod persistent;
mod progress;
mod report;
mod schedule;
mod secrets;
mod settings;
mod stalled;
mod state;
mod sysfs_scan;
#[cfg(test)]
mod tests;
mod timeline;
mod transition;

pub(super) use state::{Ended, RunMode, Settings};

use crate::error::{Error, Part};
use crate::net::{NetEvent, Router};
use crate::nvme::discovery::DiscoveryConnection;
use crate::nvme::fabrics::{DEVICE, Fabrics};
use crate::nvme::security::Requirements;
use crate::nvme::uevent::Uevents;
use crate::nvme::{module, probe, sysfs};
use crate::output::live;
use event::{Effect, Event};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use libnbft::plan::{Additions, Plan};
use state::StateMachine;
use std::io;
use std::pin::Pin;
use std::time::{Duration, Instant};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::UnboundedReceiver;

/// How long a probe may take: long enough for three SYNs.
const PROBE_LIMIT: Duration = Duration::from_secs(5);

/// The event of a background task, and the fabrics device if the task used it.
type Done<F> = (Event, Option<F>);

/// The loop that runs the state machine over a fabrics device.
pub(super) struct Engine<F> {
    machine: StateMachine,
    /// The device, unless a write is under way.
    device: Option<F>,
    /// Sets routes to discovered targets behind a gateway.
    router: Option<Router>,
    work: FuturesUnordered<Pin<Box<dyn Future<Output = Done<F>>>>>,
}

impl<F: Fabrics + 'static> Engine<F> {
    pub(super) fn new(plan: Plan, additions: Additions, settings: Settings, device: F) -> Self {
        let machine = StateMachine::new(plan, additions, settings);
        Self { machine, device: Some(device), router: None, work: FuturesUnordered::new() }
    }

    /// With a router for discovered targets.
    pub(super) fn with_router(mut self, router: Router) -> Self {
        self.router = Some(router);
        self
    }

    /// Runs until all that the run waits for is present, or the budget is spent.
    pub(super) async fn run(mut self, mut network: UnboundedReceiver<NetEvent>) -> Result<Ended, Error> {
        let mut uevents = None;
        let mut terminate = signal(SignalKind::terminate()).map_err(Part::Signals.failed())?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(Part::Signals.failed())?;
        let started = self.machine.settings.started;
        let mut deadline = match self.machine.settings.until {
            RunMode::UntilBoot { timeout, .. } => Some(started + timeout),
            RunMode::Resident => None,
        };
        self.listen(&mut uevents).map_err(Part::Uevents.failed())?;
        let effects = self.machine.begin();
        self.carry_out(effects);
        while self.machine.ending.is_none() {
            self.listen(&mut uevents).map_err(Part::Uevents.failed())?;
            let machine = &self.machine;
            // An unset timer gets a time in the past; its guard below disables it.
            let at = |when: Option<Instant>| tokio::time::sleep_until(when.unwrap_or(started).into());
            let (linger, save, scan) = (machine.linger_until, machine.save_at, machine.next_scan);
            let (check, report) = (machine.next_check, machine.next_report);
            let (event, device) = tokio::select! {
                Some(done) = self.work.next() => done,
                Some(event) = network.recv() => (Event::Network(event), None),
                () = at(save), if save.is_some() => (Event::SaveDue, None),
                Some(changes) = changes(uevents.as_ref()) => (Event::Uevents(changes), None),
                () = at(scan), if scan.is_some() => (Event::ScanDue, None),
                () = at(check), if check.is_some() => (Event::CheckDue, None),
                () = at(report), if report.is_some() => (Event::ReportDue, None),
                () = at(linger), if linger.is_some() => (Event::LingerOver, None),
                () = at(deadline), if deadline.is_some() => (Event::Deadline, None),
                _ = terminate.recv() => (Event::Stop, None),
                _ = interrupt.recv() => (Event::Stop, None),
            };
            self.device = self.device.take().or(device);
            if matches!(event, Event::Deadline) {
                deadline = None;
            }
            let effects = self.machine.step(event);
            self.carry_out(effects);
        }
        live::end();
        Ok(self.machine.conclude())
    }

    /// Listens to the kernel's uevents only while something is missing.
    fn listen(&mut self, uevents: &mut Option<Uevents>) -> io::Result<()> {
        match (self.machine.needs_uevents(), &uevents) {
            (true, None) => {
                *uevents = Some(Uevents::of_kernel()?);
                // The listener missed all changes before this: scan once.
                self.machine.next_scan = Some(Instant::now());
            }
            (false, Some(_)) => *uevents = None,
            (true, Some(_)) | (false, None) => {}
        }
        Ok(())
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::LoadModule => {
                    let root = self.machine.settings.root.clone();
                    self.start(async move { Event::Module(module::load(&root).await) });
                }
                Effect::AskOptions => self.with_device(|mut device| async move {
                    let supported = device.supported().await;
                    (Event::Supported(supported), Some(device))
                }),
                Effect::Probe { attempt, probe, begins } => self.start(async move {
                    tokio::time::sleep_until(begins.into()).await;
                    Event::Probed(attempt, probe::probe(&probe, PROBE_LIMIT).await)
                }),
                Effect::Write { attempt, options, requirements, hold } => {
                    log::debug!("{DEVICE}: {options}");
                    self.with_device(move |mut device| async move {
                        let held = match hold {
                            Some(hold) => {
                                hold.acquire().await.inspect_err(|error| log::debug!("{}: {error}", hold.nqn)).ok()
                            }
                            None => None,
                        };
                        let result = device.connect(options.expose(), &requirements).await;
                        drop(held);
                        (Event::Written(attempt, result), Some(device))
                    });
                }
                Effect::ReadLog { attempt, name } => self.with_device(move |mut device| async move {
                    let existing = DiscoveryConnection::Existing;
                    let result = device.discover(existing, &name, &Requirements::default()).await;
                    (Event::LogRead(attempt, result), Some(device))
                }),
                Effect::Discover { attempt, kind, options, requirements } => {
                    log::debug!("{DEVICE}: {options}");
                    self.with_device(move |mut device| async move {
                        let result = device.discover(kind, options.expose(), &requirements).await;
                        (Event::LogRead(attempt, result), Some(device))
                    });
                }
                Effect::Route { links, attempts } => {
                    let router = self.router.clone();
                    self.start(async move {
                        for (endpoint, network) in links {
                            let Some(router) = &router else { break };
                            let set =
                                router.route(&endpoint.link_name, endpoint.ifindex, endpoint.address, &network).await;
                            if let Err(error) = set {
                                log::warn!("{}: {error}", endpoint.link_name);
                            }
                        }
                        Event::Routed(attempts)
                    });
                }
                Effect::Fetch(fetch) => self.start(async move { Event::Fetched(fetch.run().await) }),
                Effect::Pause { attempt, pause } => self.start(async move {
                    tokio::time::sleep(pause).await;
                    Event::PauseOver(attempt)
                }),
                Effect::Disconnect { controller } => {
                    let root = self.machine.settings.root.clone();
                    self.start(async move {
                        let name = controller.clone();
                        // The kernel answers when it has removed the controller.
                        let ended = tokio::task::spawn_blocking(move || sysfs::disconnect(&root, &name)).await;
                        Event::Disconnected(controller, ended.unwrap_or_else(|error| Err(io::Error::other(error))))
                    });
                }
                Effect::Register { controller } => self.machine.register(&controller),
                Effect::Save => self.machine.save_running(),
                Effect::Report(report) => report.tell(self.machine.settings.audience),
            }
        }
    }

    fn start(&self, work: impl Future<Output = Event> + 'static) {
        self.work.push(Box::pin(async move { (work.await, None) }));
    }

    /// Starts work that owns the device until it ends. The state machine starts one such work at a time.
    fn with_device<W: Future<Output = Done<F>> + 'static>(&mut self, work: impl FnOnce(F) -> W) {
        if let Some(device) = self.device.take() {
            self.work.push(Box::pin(work(device)));
        }
    }
}

/// The next changes that uevents report; `None` without a listener.
async fn changes(uevents: Option<&Uevents>) -> Option<io::Result<Vec<String>>> {
    Some(uevents?.nvme_changed().await)
}
