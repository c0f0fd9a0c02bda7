//! Ends a run: its outcome, the reasons of what is missing, and the status file.

use super::attempt::{Phase, TargetId};
use super::secrets;
use super::state::{Ended, Ending, RunMode, StateMachine};
use crate::connect::registry;
use crate::exit::Exit;
use crate::nvme::sysfs;
use crate::output;
use crate::status::outcome;
use crate::status::schema::{Outcome, Reason, State};
use std::time::{Duration, Instant};

/// After how long a resident process tries again to write the status file, while another process writes it.
const SAVE_AGAIN: Duration = Duration::from_secs(10);

impl StateMachine {
    pub(super) fn conclude(mut self) -> Ended {
        let deadline_passed = self.ending == Some(Ending::Deadline);
        if let Some(error) = &self.fatal_error {
            log::error!("{error}");
            let reason = error.reason();
            for path in self.status.paths.iter_mut().filter(|path| path.state == State::Pending) {
                path.state = State::Failed;
                path.set_reason(Some(reason.clone()));
            }
            for namespace in self.status.namespaces.iter_mut().filter(|n| n.state != State::Up) {
                namespace.set_reason(Some(reason.clone()));
            }
        }
        if self.next_scan.is_some() && self.is_missing_some() {
            self.scan_sysfs();
        }
        self.explain_pending();
        let outcome = outcome::outcome(&self.status, deadline_passed || self.is_resident());
        if let (true, RunMode::UntilBoot { timeout, .. }) = (deadline_passed, self.settings.until) {
            log::warn!("the budget of {} s is spent", timeout.as_secs());
            self.log_unfinished();
        }
        if self.is_resident() {
            self.status.service = None;
        }
        self.blame_paths();
        self.save(outcome);
        match outcome {
            Outcome::Failed => log::error!("{}", self.status.message),
            _ => log::info!("{} ({} ms)", self.status.message, self.status.elapsed_ms),
        }
        let exit = match self.is_resident() && self.fatal_error.is_none() {
            // Being told to stop is success.
            true => Exit::Ok,
            false => outcome::exit(outcome),
        };
        Ended { exit, plan: self.plan, status: self.status }
    }

    /// A target that was never tried has its interface to blame; a path whose write has not ended, its target.
    fn explain_pending(&mut self) {
        let mut reasons = Vec::new();
        for attempt in &self.attempts {
            let planned = self.planned(attempt.target);
            let waiting = match attempt.target {
                TargetId::Path(path) => {
                    let status = &self.status.paths[path];
                    match (status.state == State::Pending && status.reason.is_none(), attempt.phase) {
                        (false, _) => continue,
                        (true, Phase::Writing) => Some(secrets::unfinished(&planned)),
                        (true, _) => self.blamed_interface(&planned),
                    }
                }
                TargetId::Discovery(index) => {
                    if attempt.phase != Phase::WaitNetwork || self.status.discovery[index].reason.is_some() {
                        continue;
                    }
                    self.blamed_interface(&planned)
                }
            };
            reasons.push((attempt.target, waiting.map(|waiting| waiting.reason())));
        }
        for (target, reason) in reasons {
            self.set_reason(target, reason);
        }
    }

    fn log_unfinished(&self) {
        for interface in self.status.interfaces.iter().filter(|interface| interface.state != State::Up) {
            let reason = interface.reason.as_deref().unwrap_or("not started");
            log::warn!("{} (MAC {}): {reason}", interface.name, interface.mac);
        }
    }

    /// Why a namespace without a connected controller is missing: what its paths say.
    fn blame_paths(&mut self) {
        for (planned, namespace) in self.plan.namespaces.iter().zip(&mut self.status.namespaces) {
            let paths = || planned.paths.iter().map(|path| &self.status.paths[*path]);
            if namespace.state == State::Up || paths().any(|path| path.state == State::Up) {
                continue;
            }
            let code = paths().find_map(|path| path.code.clone());
            let failed = paths().filter_map(|path| {
                Some((format!("{} port {}", path.traddr, path.trsvcid), path.reason.as_deref()?.to_owned()))
            });
            let mut reasons = outcome::each_reason_once(failed, ", ");
            // Unless a path says so already.
            let unsecured = self.unsecured.get(&planned.nqn).map(ToString::to_string);
            let unsaid = unsecured.filter(|why| !paths().any(|path| path.reason.as_ref() == Some(why)));
            let code = code.or_else(|| self.unsecured.get(&planned.nqn).map(|why| why.code().to_owned()));
            reasons.extend(unsaid);
            if !reasons.is_empty() {
                namespace.set_reason(Some(Reason { code: code.unwrap_or_default(), text: reasons.join("; ") }));
            }
        }
    }

    /// Enters a controller as ours, and hides its secrets, also those that it is given later.
    pub(super) fn register(&self, controller: &str) {
        if let Err(error) = registry::enter(&self.settings.root, controller) {
            log::warn!("/run/nvme/registry/{controller}: {error}");
        }
        if let Err(error) = sysfs::hide_secrets(&self.settings.root, controller) {
            log::warn!("{controller}: its secrets stay open to all in sysfs: {error}");
        }
    }

    /// Writes the status file while the work goes on.
    pub(super) fn save_running(&mut self) {
        let outcome = if self.is_resident() { outcome::outcome(&self.status, true) } else { Outcome::Running };
        self.save(outcome);
    }

    fn save(&mut self, outcome: Outcome) {
        self.save_at = None;
        self.status.outcome = outcome;
        self.status.message = outcome::message(&self.status);
        self.status.elapsed_ms = self.elapsed_ms();
        self.status.peak_memory_kib = peak_memory_kib();
        match self.settings.status_file.write(&self.status) {
            Ok(true) => {}
            // The other process ends some time; the resident one writes it then.
            Ok(false) => self.save_at = self.is_resident().then(|| Instant::now() + SAVE_AGAIN),
            Err(error) => log::warn!("{}: {error}", self.settings.status_file.path().display()),
        }
        if self.is_resident() && self.told_systemd {
            // A system that waits for its root may not read the notice.
            return;
        }
        self.told_systemd = true;
        output::tell_systemd(&self.status.message, outcome != Outcome::Running);
    }
}

/// Not getrusage's figure: that one remembers the process that this program was started from.
fn peak_memory_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|peak| peak.trim().strip_suffix("kB")?.trim().parse().ok()).unwrap_or(0)
}
