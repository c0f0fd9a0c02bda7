//! Ends a run: derives its outcome, gives reasons for what is missing, and writes the status file.

use super::attempt::{Attempt, Goal, Phase};
use super::secrets;
use super::state::{Ended, Ending, Expected, RunMode, StateMachine};
use crate::connect::registry;
use crate::exit::Exit;
use crate::handover;
use crate::nvme::sysfs;
use crate::output::{self, logger};
use crate::status::outcome;
use crate::status::schema::{Outcome, Reason, State, Status};
use std::time::Duration;

/// How long a resident process waits for another writer of the status file before it tries again.
const SAVE_AGAIN: Duration = Duration::from_secs(10);

impl StateMachine {
    pub(super) fn conclude(mut self) -> Ended {
        self.clock.read();
        let deadline_passed = self.ending == Some(Ending::Deadline);
        if let Some(error) = &self.fatal_error {
            log::error!("{error}");
            let reason = error.reason();
            let paths = self.attempts.iter_mut().filter_map(|(_, attempt)| Some(&mut attempt.path_mut()?.status));
            for path in paths.filter(|path| path.state == State::Pending) {
                path.state = State::Failed;
                path.set_reason(Some(reason.clone()));
            }
            for namespace in self.namespaces.iter_mut().filter(|namespace| namespace.status.state != State::Up) {
                namespace.status.set_reason(Some(reason.clone()));
            }
        }
        if self.next_scan.is_some() && self.is_missing_some() {
            self.scan_sysfs();
        }
        self.note_last_ana();
        self.explain_pending();
        let outcome = outcome::outcome(&self.status(), deadline_passed || self.is_resident());
        if deadline_passed {
            self.log_spent_budget();
        }
        if self.is_resident() {
            self.header.service = None;
        }
        self.blame_paths();
        let status = self.save(self.status(), outcome);
        match outcome {
            Outcome::Failed => log::error!("{}", status.message),
            _ => log::info!(target: logger::CONSOLE, "{} ({} ms)", status.message, status.elapsed_ms),
        }
        let exit = match self.is_resident() && self.fatal_error.is_none() {
            // Being told to stop is success.
            true => Exit::Ok,
            false => outcome::exit(outcome),
        };
        Ended { exit, plan: self.plan.with(&self.additions), status }
    }

    /// The budget is spent: logs what is missing; the run goes on.
    pub(super) fn pass_deadline(&mut self) {
        self.log_spent_budget();
        log::warn!("going on: {}", outcome::message(&self.status()));
        self.save_running();
    }

    fn log_spent_budget(&self) {
        if let RunMode::UntilBoot { timeout, .. } = self.settings.until {
            log::warn!("timed out after {} s", timeout.as_secs());
            self.log_unfinished();
        }
    }

    /// Gives unfinished attempts a reason: the interface if the target was never tried, the target if the write has not ended.
    fn explain_pending(&mut self) {
        let unexplained = self.attempts.iter().filter(|(_, attempt)| is_unexplained(attempt));
        let reasons: Vec<_> = unexplained
            .map(|(id, attempt)| {
                let target = attempt.target();
                let waiting = match attempt.phase {
                    Phase::Writing => Some(secrets::unfinished(&target)),
                    _ => self.blamed_interface(&target),
                };
                (id, waiting.map(|waiting| waiting.reason()))
            })
            .collect();
        for (id, reason) in reasons {
            self.attempts[id].set_reason(reason);
        }
    }

    fn log_unfinished(&self) {
        let interfaces = self.networks.iter().map(|network| &network.status);
        for interface in interfaces.filter(|interface| interface.state != State::Up) {
            let reason = interface.reason.as_deref().unwrap_or("not started");
            log::warn!("{} (MAC {}): {reason}", interface.name, interface.mac);
        }
    }

    /// Gives each missing namespace without a connected controller the reasons of its paths.
    fn blame_paths(&mut self) {
        for Expected { planned, paths, status } in &mut self.namespaces {
            let paths = || paths.iter().filter_map(|id| Some(&self.attempts[*id].path()?.status));
            if status.state == State::Up || paths().any(|path| path.state == State::Up) {
                continue;
            }
            let code = paths().find_map(|path| path.code.clone());
            let failed = paths().filter_map(|path| {
                Some((format!("{} port {}", path.traddr, path.trsvcid), path.reason.as_deref()?.to_owned()))
            });
            let mut reasons = outcome::each_reason_once(failed, ", ");
            // Adds the violation, unless a path has this reason already.
            let unsecured = self.unsecured.get(&planned.nqn).map(ToString::to_string);
            let unsaid = unsecured.filter(|why| !paths().any(|path| path.reason.as_ref() == Some(why)));
            let code = code.or_else(|| self.unsecured.get(&planned.nqn).map(|why| why.code().to_owned()));
            reasons.extend(unsaid);
            if !reasons.is_empty() {
                status.set_reason(Some(Reason { code: code.unwrap_or_default(), text: reasons.join("; ") }));
            }
        }
    }

    /// Registers a controller as nbft's, and hides its secrets, also those that it gets later.
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
        let status = self.status();
        let outcome = if self.is_resident() { outcome::outcome(&status, true) } else { Outcome::Running };
        self.save(status, outcome);
    }

    /// Writes the status file; returns what it holds.
    fn save(&mut self, mut status: Status, outcome: Outcome) -> Status {
        self.save_at = None;
        status.outcome = outcome;
        status.message = outcome::message(&status);
        status.elapsed_ms = self.elapsed_ms();
        status.peak_memory_kib = peak_memory_kib();
        match self.settings.status_file.write(&status) {
            Ok(true) => {}
            // A resident process writes the file when the other process has ended.
            Ok(false) => self.save_at = self.is_resident().then(|| self.clock.now() + SAVE_AGAIN),
            Err(error) => log::warn!("{}: {error}", self.settings.status_file.path().display()),
        }
        handover::names::tell(&self.plan, &status, &self.settings.root);
        // A resident process notifies systemd only once: while the root is missing, systemd may not read the notification.
        if !self.is_resident() || !self.told_systemd {
            self.told_systemd = true;
            match outcome {
                Outcome::Running => output::tell_systemd(&self.report(self.clock.now()).sentence(), false),
                _ => output::tell_systemd(&status.message, true),
            }
        }
        status
    }
}

/// Whether an attempt has not ended and has no reason yet.
const fn is_unexplained(attempt: &Attempt) -> bool {
    match &attempt.goal {
        Goal::Path(path) => matches!(path.status.state, State::Pending) && path.status.reason.is_none(),
        Goal::Discovery(discovery) => matches!(attempt.phase, Phase::WaitNetwork) && discovery.status.reason.is_none(),
    }
}

/// Not from getrusage: its peak includes the process that started this program.
fn peak_memory_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|peak| peak.trim().strip_suffix("kB")?.trim().parse().ok()).unwrap_or(0)
}
