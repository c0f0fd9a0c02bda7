//! Feeds the fabrics device: one write at a time, the next path first; then what came of each write.

use super::{Done, Engine};
use crate::connect::failure::{ConnectFailure, FatalError};
use crate::connect::paths::Phase;
use crate::connect::target::Target;
use crate::connect::{queue, registry};
use crate::nvme::fabrics::options::{Connection, OptionString};
use crate::nvme::fabrics::{DEVICE, Fabrics, NewController, Written};
use crate::nvme::security::Requirements;
use crate::nvme::sysfs;
use crate::status::schema::State;
use std::io;

impl<F: Fabrics + 'static> Engine<F> {
    pub(super) fn path_failed(&mut self, path: usize, failure: ConnectFailure) {
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
    pub(super) fn feed_device(&mut self) {
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

    pub(super) fn write(&mut self, path: usize, options: OptionString, requirements: Requirements) {
        let Some(mut device) = self.device.take() else { return };
        log::debug!("{DEVICE}: {options}");
        self.phases[path] = Phase::Writing;
        self.work.push(Box::pin(async move {
            let result = device.connect(options.expose(), &requirements).await;
            Done::Written(path, device, result)
        }));
    }

    pub(super) fn written(&mut self, path: usize, result: io::Result<Written>) {
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

    pub(super) fn path_up(&mut self, path: usize, controller: String) {
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
    pub(super) fn enter(&self, controller: &str) {
        if let Err(error) = registry::enter(&self.settings.root, controller) {
            log::warn!("/run/nvme/registry/{controller}: {error}");
        }
        if let Err(error) = sysfs::hide_secrets(&self.settings.root, controller) {
            log::warn!("{controller}: its secrets stay open to all in sysfs: {error}");
        }
    }
}
