//! The table of the engine: each event with its transition, and the effects that transitions ask for.

use super::attempt::{Phase, TargetId};
use super::state::{Ending, StateMachine};
use crate::connect::failure::{ConnectFailure, FatalError};
use crate::connect::target::LinkEndpoint;
use crate::net::NetEvent;
use crate::nvme::discovery::{DiscoveryConnection, DiscoveryResult};
use crate::nvme::fabrics::options::{OptionString, Supported};
use crate::nvme::fabrics::{NewController, Written};
use crate::nvme::keys::{Fetch, Fetched};
use crate::nvme::module::ModuleError;
use crate::nvme::probe::{Probe, ProbeFailure};
use crate::nvme::security::Requirements;
use libnbft::plan::Network;
use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// What has happened.
pub(super) enum Event {
    /// The driver is loaded, or cannot be.
    Module(Result<(), ModuleError>),
    /// The device has listed its options.
    Supported(io::Result<Supported>),
    /// An interface has changed.
    Network(NetEvent),
    /// A probe has ended.
    Probed(TargetId, Result<(), ProbeFailure>),
    /// The device has answered for a path.
    Written(usize, io::Result<Written>),
    /// The log page of a discovery controller is read, or cannot be.
    LogRead(usize, io::Result<DiscoveryResult>),
    /// Routes to these new targets are set, as far as the kernel let us.
    Routed(Vec<TargetId>),
    /// A program has given secrets, or has failed to.
    Fetched(Fetched),
    /// The pause before the next try is over.
    PauseOver(TargetId),
    /// The kernel tells of changes; these discovery controllers have a new log page.
    Uevents(io::Result<Vec<String>>),
    /// The time of a scan has come.
    ScanDue,
    /// The time to write the status file has come.
    SaveDue,
    /// The grace after the last boot namespace is over.
    LingerOver,
    /// The budget is spent.
    Deadline,
    /// A signal asks for the end.
    Stop,
}

/// What the loop is to do.
#[derive(Debug)]
pub(super) enum Effect {
    /// Load the driver.
    LoadModule,
    /// Ask the device for its options.
    AskOptions,
    /// Probe a target, from this time on.
    Probe { target: TargetId, probe: Probe, begins: Instant },
    /// Give the device a path's options.
    Write { path: usize, options: OptionString, requirements: Requirements },
    /// Read the log page of a discovery controller that is connected as `name`.
    ReadLog { controller: usize, name: String },
    /// Connect a discovery controller and read its log page.
    Discover { controller: usize, kind: DiscoveryConnection, options: OptionString, requirements: Requirements },
    /// Set the routes of these links, then start these targets.
    Route { links: Vec<(LinkEndpoint, Network)>, targets: Vec<TargetId> },
    /// Fetch secrets.
    Fetch(Fetch),
    /// Wait before the next try.
    Pause { target: TargetId, pause: Duration },
    /// Enter a controller as ours, and hide its secrets.
    Register { controller: String },
    /// Write the status file.
    Save,
}

impl StateMachine {
    /// Takes an event; returns what is to be done.
    pub(super) fn step(&mut self, event: Event) -> Vec<Effect> {
        self.on(event);
        self.advance()
    }

    /// Gives the device its next work, and sees whether all is done.
    pub(super) fn advance(&mut self) -> Vec<Effect> {
        if self.ending.is_none() {
            self.feed_device();
        }
        if self.ending.is_none() && self.is_finished() {
            self.ending = Some(Ending::Complete);
        }
        std::mem::take(&mut self.effects)
    }

    fn on(&mut self, event: Event) {
        match event {
            Event::Module(Ok(())) => {
                self.is_device_free = false;
                self.effects.push(Effect::AskOptions);
            }
            Event::Module(Err(error)) => self.fatal(error.into()),
            Event::Supported(result) => {
                self.is_device_free = true;
                match result {
                    Ok(supported) => self.supported = Some(Rc::new(supported)),
                    Err(error) => self.fatal(FatalError::Device { error: error.to_string() }),
                }
            }
            Event::Network(event) => {
                self.network(event);
                self.save_soon();
            }
            Event::Probed(target, result) => self.probed(target, result),
            Event::Written(path, result) => self.written(path, result),
            Event::LogRead(controller, result) => self.log_read(controller, result),
            Event::Routed(targets) => {
                for target in targets {
                    if self.phase(target) == Some(Phase::WaitNetwork) {
                        self.start(target);
                    }
                }
            }
            Event::Fetched(fetched) => self.fetched(fetched),
            Event::PauseOver(target) => self.pause_over(target),
            Event::Uevents(changes) => {
                match changes {
                    Ok(news) => news.iter().for_each(|name| self.read_news(name)),
                    Err(error) => log::warn!("uevents: {error}"),
                }
                self.scan_soon();
            }
            Event::ScanDue => self.scan_sysfs(),
            Event::SaveDue => self.save_now(),
            Event::LingerOver => self.ending = Some(Ending::Complete),
            Event::Deadline => self.ending = Some(Ending::Deadline),
            Event::Stop => self.ending = Some(Ending::Stopped),
        }
    }

    fn pause_over(&mut self, target: TargetId) {
        match target {
            // Its interface came back meanwhile, or its controller was found.
            _ if self.phase(target) != Some(Phase::Pause) => {}
            TargetId::Discovery(index) if !self.helps(index) => self.set_phase(target, Phase::Idle),
            _ => self.start(target),
        }
    }

    fn written(&mut self, path: usize, result: io::Result<Written>) {
        let target = TargetId::Path(path);
        self.is_device_free = true;
        if matches!(result, Ok(Written::Controller(..))) {
            // The kernel makes the next connection while sysfs is read.
            self.set_phase(target, Phase::Up);
            self.feed_device();
        }
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
                    self.failed(target, violation.map_or(ConnectFailure::Unseen, ConnectFailure::Violation));
                }
            }
            Ok(Written::Refused(refusal)) => self.failed(target, ConnectFailure::Refused(refusal)),
            Ok(Written::PolicyViolation(violation)) => self.failed(target, violation.into()),
            Err(error) => self.fatal(FatalError::Helper(error.to_string())),
        }
        self.scan_soon();
        self.save_soon();
    }
}
