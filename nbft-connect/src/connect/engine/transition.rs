//! Maps each event to its transition.

use super::attempt::{AttemptId, Phase};
use super::event::{Effect, Event};
use super::state::{Ending, StateMachine};
use crate::connect::failure::{ConnectFailure, FatalError};
use crate::nvme::explain::Cause;
use crate::nvme::fabrics::{NewController, Written};
use std::io;
use std::rc::Rc;

impl StateMachine {
    /// Handles an event; returns the effects.
    pub(super) fn step(&mut self, event: Event) -> Vec<Effect> {
        self.clock.read();
        self.on(event);
        self.advance()
    }

    /// Gives the device its next work, and checks whether the run is finished.
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
                    Ok(supported) => {
                        self.name_unlisted(&supported);
                        self.supported = Some(Rc::new(supported));
                    }
                    Err(error) => self.fatal(FatalError::Device { error: error.to_string() }),
                }
            }
            Event::Network(event) => {
                self.network(event);
                self.save_soon();
            }
            Event::Probed(attempt, result) => self.probed(attempt, result),
            Event::Written(attempt, result) => self.written(attempt, result),
            Event::LogRead(attempt, result) => self.log_read(attempt, result),
            Event::Routed(attempts) => {
                for id in attempts {
                    if self.attempts[id].phase == Phase::WaitNetwork {
                        self.start(id);
                    }
                }
            }
            Event::Fetched(fetched) => self.fetched(fetched),
            Event::PauseOver(attempt) => self.pause_over(attempt),
            Event::Uevents(changes) => {
                match changes {
                    Ok(news) => news.iter().for_each(|name| self.read_news(name)),
                    Err(error) => log::warn!("uevents: {error}"),
                }
                self.scan_soon();
            }
            Event::ScanDue => self.scan_sysfs(),
            Event::CheckDue => self.check_states(),
            Event::Disconnected(controller, result) => match result {
                Ok(()) => log::info!("{controller} is disconnected"),
                Err(error) => log::warn!("{controller} cannot be disconnected: {error}"),
            },
            Event::SaveDue => self.save_now(),
            Event::ReportDue => {
                let now = self.clock.now();
                self.next_report = Some(now + self.settings.report_every);
                self.effects.push(Effect::Report(self.report(now)));
            }
            Event::LingerOver => self.ending = Some(Ending::Complete),
            Event::Deadline if self.settings.keeps_trying => self.pass_deadline(),
            Event::Deadline => self.ending = Some(Ending::Deadline),
            Event::Stop => self.ending = Some(Ending::Stopped),
        }
    }

    fn pause_over(&mut self, id: AttemptId) {
        let attempt = &self.attempts[id];
        match attempt.phase {
            Phase::Pause if self.is_spare(id) => self.pause(id, self.longest_pause()),
            Phase::Pause if attempt.is_path() || self.helps(id) => self.start(id),
            Phase::Pause => self.set_phase(id, Phase::Idle),
            // Its interface came back meanwhile, or its controller was found.
            _ => {}
        }
    }

    fn written(&mut self, id: AttemptId, result: io::Result<Written>) {
        self.is_device_free = true;
        match result {
            Ok(Written::Controller(NewController { instance, authenticated, secured })) => {
                if let Some(path) = self.attempts[id].path_mut() {
                    (path.status.authenticated, path.status.secured) = (authenticated, secured);
                }
                self.path_up(id, format!("nvme{instance}"));
            }
            Ok(Written::Refused(refusal)) if refusal.errno == libc::EALREADY => {
                let controllers = self.watch.controllers(&self.settings.root, |_| true);
                if !self.adopt(id, &controllers) {
                    let violation = self.verify(id, &controllers).err();
                    self.failed(id, violation.map_or(ConnectFailure::Unseen, ConnectFailure::Violation));
                }
            }
            Ok(Written::Refused(refusal)) => {
                if let Some(path) = self.attempts[id].path_mut() {
                    path.is_number_taken = refusal.is_for(&Cause::NumberTaken);
                }
                self.failed(id, self.refused(id, refusal));
            }
            Ok(Written::PolicyViolation(violation)) => self.failed(id, violation.into()),
            Err(error) => self.fatal(FatalError::Helper(error.into())),
        }
        self.scan_soon();
        self.save_soon();
    }
}
