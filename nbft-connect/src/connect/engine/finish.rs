//! When it ends, and how: outcome, reasons, status file.

use super::{Ended, Engine, LINGER, RunMode, SAVE_AGAIN, secrets};
use crate::cli::Wait;
use crate::connect::paths::Phase;
use crate::connect::target::Target;
use crate::exit::Exit;
use crate::nvme::fabrics::Fabrics;
use crate::output;
use crate::status::outcome;
use crate::status::schema::{Outcome, Reason, State};
use std::time::Instant;

impl<F: Fabrics + 'static> Engine<F> {
    pub(super) fn boot_there(&self) -> bool {
        let any_boot = self.status.boots_by_discovery || self.status.namespaces.iter().any(|n| n.boot);
        if !any_boot {
            // Nothing is waited for: each path has its try.
            let tried = self.status.paths.iter().all(|path| path.state != State::Pending);
            return tried && self.discovery.is_settled();
        }
        outcome::boot_there(&self.status)
    }

    /// Whether everything that is waited for is there; starts the time of grace for what is about to come.
    pub(super) fn finished(&mut self) -> bool {
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

    pub(super) fn conclude(mut self, deadline_passed: bool) -> Ended {
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
        self.explain_pending_paths();
        self.explain_discovery();
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
            // What it was told to end has not failed.
            true => Exit::Ok,
            false => outcome::exit(outcome),
        };
        Ended { exit, plan: self.plan, status: self.status }
    }

    /// A path that was never tried has its interface to blame; one whose try has not ended, its target.
    fn explain_pending_paths(&mut self) {
        for index in 0..self.plan.paths.len() {
            let path = &self.status.paths[index];
            if path.state == State::Pending && path.reason.is_none() {
                let target = Target::from(&self.plan.paths[index]);
                let waiting = match self.phases[index] {
                    Phase::Writing => Some(secrets::unfinished(&target)),
                    _ => self.blamed_interface(&target),
                };
                self.status.paths[index].set_reason(waiting.map(|waiting| waiting.reason()));
            }
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

    /// The status file while the work goes on.
    pub(super) fn save_now(&mut self) {
        let outcome = if self.is_resident() { outcome::outcome(&self.status, true) } else { Outcome::Running };
        self.save(outcome);
    }

    pub(super) fn save(&mut self, outcome: Outcome) {
        self.save_at = None;
        self.status.outcome = outcome;
        self.status.message = outcome::message(&self.status);
        self.status.elapsed_ms = self.elapsed_ms();
        self.status.peak_memory_kib = peak_memory_kib();
        match self.settings.status_file.write(&self.status) {
            Ok(true) => {}
            // Whoever writes it ends some time; whoever stays writes it then.
            Ok(false) => self.save_at = self.is_resident().then(|| Instant::now() + SAVE_AGAIN),
            Err(error) => log::warn!("{}: {error}", self.settings.status_file.path().display()),
        }
        if self.is_resident() && self.told_systemd {
            // A system that waits for its root may not read what it is told.
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
