//! The table of the engine: the transition of each event.

use super::attempt::{Phase, TargetId};
use super::event::{Effect, Event};
use super::state::{Ending, StateMachine};
use crate::connect::failure::{ConnectFailure, FatalError};
use crate::nvme::fabrics::{NewController, Written};
use std::io;
use std::rc::Rc;

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
            TargetId::Path(_) if self.is_spare(target) => self.pause(target, self.longest_pause()),
            TargetId::Discovery(index) if !self.helps(index) => self.set_phase(target, Phase::Idle),
            _ => self.start(target),
        }
    }

    fn written(&mut self, path: usize, result: io::Result<Written>) {
        let target = TargetId::Path(path);
        self.is_device_free = true;
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
