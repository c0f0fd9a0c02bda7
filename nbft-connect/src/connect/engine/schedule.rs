//! Decides when each probe begins, which target the device is given next, and when the run is finished.

use super::attempt::{Phase, TargetId};
use super::event::Effect;
use super::state::{RunMode, StateMachine};
use crate::cli::Wait;
use crate::connect::backoff::{LONGEST, LONGEST_STAYING, pause};
use crate::nvme::discovery::DiscoveryConnection;
use crate::nvme::fabrics::options::{Connection, Supported};
use crate::nvme::probe::ProbeFailure;
use crate::status::outcome;
use crate::status::schema::State;
use libnbft::plan::{DiscoveryMode, Plan, Policy};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// One probe begins this long after the other: the first to succeed need not wait until all have begun, and the last of sixteen
/// has not waited for fifteen dead ones.
const PACE: Duration = Duration::from_millis(3);

/// How long the run goes on after the last boot namespace while other paths are about to come up.
const LINGER: Duration = Duration::from_millis(300);

/// The next path to write: one for a boot namespace that no path serves yet comes first; among equals the one that has failed
/// least often, since a target that refuses may hold the device for a minute each time; then the others in their order.
pub(in crate::connect) fn next_path(
    plan: &Plan,
    phases: &[Phase],
    failures: &[u32],
    present: &[bool],
) -> Option<usize> {
    let served = |namespace: usize| {
        present[namespace] || plan.namespaces[namespace].paths.iter().any(|path| phases[*path] == Phase::Up)
    };
    let mut urgent = vec![false; phases.len()];
    let waited_for =
        plan.namespaces.iter().enumerate().filter(|(number, namespace)| namespace.boot && !served(*number));
    for path in waited_for.flat_map(|(_, namespace)| &namespace.paths) {
        urgent[*path] = true;
    }
    let queued = phases.iter().enumerate().filter(|(_, phase)| **phase == Phase::Queued).map(|(path, _)| path);
    queued.min_by_key(|path| (!urgent[*path], failures[*path], *path))
}

impl StateMachine {
    /// Whether a target needs no probe: no other path can suffer from it, or its controller is connected already.
    pub(super) fn needs_no_probe(&mut self, target: TargetId) -> bool {
        match target {
            TargetId::Path(_) => self.plan.paths.len() == 1 && !self.is_resident(),
            TargetId::Discovery(index) => self.connected(index).is_some(),
        }
    }

    /// When the next path's probe may begin.
    pub(super) fn next_probe_at(&mut self) -> Instant {
        let begins = self.next_probe.max(Instant::now());
        self.next_probe = begins + PACE;
        begins
    }

    /// Whether a probe of the same port is under way: many subsystems may be served there, and one probe tells for all.
    pub(super) fn is_port_probed(&self, target: TargetId) -> bool {
        let TargetId::Path(path) = target else { return false };
        self.same_port(path).any(|other| self.phase(TargetId::Path(other)) == Some(Phase::Probing))
    }

    /// A probe has ended, also for the paths that waited for it; those whose controllers were found meanwhile wait no longer.
    pub(super) fn probed(&mut self, target: TargetId, result: Result<(), ProbeFailure>) {
        let mut targets = match target {
            TargetId::Path(path) => self.same_port(path).map(TargetId::Path).collect(),
            TargetId::Discovery(_) => Vec::new(),
        };
        targets.push(target);
        targets.retain(|target| self.phase(*target) == Some(Phase::Probing));
        let failure = result.err();
        for target in targets {
            match &failure {
                None => self.set_phase(target, Phase::Queued),
                Some(failure) => self.failed(target, failure.clone().into()),
            }
        }
    }

    /// The other paths to the same port over the same interface.
    fn same_port(&self, path: usize) -> impl Iterator<Item = usize> {
        let port = |path: usize| {
            let planned = &self.plan.paths[path];
            let digests = (planned.hdr_digest, planned.data_digest);
            let is_secured = planned.security.as_ref().is_some_and(Policy::secures);
            (planned.traddr, planned.trsvcid, planned.network, digests, is_secured)
        };
        (0..self.plan.paths.len()).filter(move |other| *other != path && port(*other) == port(path))
    }

    /// Gives the device the next target, when it is free and there is one.
    pub(super) fn feed_device(&mut self) {
        while self.is_device_free {
            let Some(supported) = self.supported.clone() else { return };
            self.set_spares_aside();
            let Some(target) = self.next_target() else { return };
            match target {
                TargetId::Path(path) => self.feed_path(path, &supported),
                TargetId::Discovery(index) => self.feed_discovery(index, &supported),
            }
        }
    }

    fn next_target(&self) -> Option<TargetId> {
        if !self.attempts.iter().any(|attempt| attempt.phase == Phase::Queued) {
            return None;
        }
        let present: Vec<_> = self.status.namespaces.iter().map(|n| n.state == State::Up).collect();
        let failures: Vec<_> = self.status.paths.iter().map(|path| path.attempts).collect();
        let phases = self.path_phases();
        if let Some(path) = next_path(&self.plan, &phases, &failures, &present) {
            return Some(TargetId::Path(path));
        }
        // Boot paths of the table go first.
        let boot_first = !self.status.boots_by_discovery && phases.contains(&Phase::Probing) && !self.boot_there();
        let may_be_next = |target: &TargetId| match target {
            TargetId::Path(_) => false,
            TargetId::Discovery(index) => !(boot_first && self.plan.discovery[*index].mode == DiscoveryMode::Immediate),
        };
        let queued = self.attempts.iter().filter(|attempt| attempt.phase == Phase::Queued);
        queued.map(|attempt| attempt.target).find(may_be_next)
    }

    fn feed_path(&mut self, path: usize, supported: &Rc<Supported>) {
        let target = TargetId::Path(path);
        if self.waits_for_secrets(target) {
            return;
        }
        match self.prepare(&self.planned(target), supported, Connection::options) {
            Err(failure) => self.failed(target, failure),
            Ok((options, requirements)) => {
                self.occupy_device(target);
                self.effects.push(Effect::Write { path, options, requirements });
            }
        }
    }

    fn feed_discovery(&mut self, controller: usize, supported: &Rc<Supported>) {
        let target = TargetId::Discovery(controller);
        if let Some(name) = self.connected(controller) {
            self.occupy_device(target);
            self.effects.push(Effect::ReadLog { controller, name });
            return;
        }
        if self.waits_for_secrets(target) {
            return;
        }
        let kind = match self.settings.persistent_discovery {
            true => DiscoveryConnection::Persistent,
            false => DiscoveryConnection::Transient,
        };
        let prepared = self
            .prepare(&self.planned(target), supported, |connection, known| connection.discovery_options(known, kind));
        match prepared {
            Err(failure) => self.failed(target, failure),
            Ok((options, requirements)) => {
                self.occupy_device(target);
                self.effects.push(Effect::Discover { controller, kind, options, requirements });
            }
        }
    }

    fn occupy_device(&mut self, target: TargetId) {
        self.is_device_free = false;
        self.set_phase(target, Phase::Writing);
    }

    /// The longest pause between two tries.
    pub(super) const fn longest_pause(&self) -> Duration {
        if self.is_resident() { LONGEST_STAYING } else { LONGEST }
    }

    /// The pause after the `attempts`th failure.
    pub(super) fn pause_after(&self, attempts: u32) -> Duration {
        pause(attempts, self.longest_pause())
    }

    /// Whether each boot namespace is there.
    pub(super) fn boot_there(&self) -> bool {
        let any_boot = self.status.boots_by_discovery || self.status.namespaces.iter().any(|n| n.boot);
        if !any_boot {
            // Nothing is waited for: each path has its try.
            let tried = self.status.paths.iter().all(|path| path.state != State::Pending);
            return tried && self.is_discovery_settled();
        }
        outcome::boot_there(&self.status)
    }

    /// Whether everything that is waited for is there; starts the time of grace for what is about to come.
    pub(super) fn is_finished(&mut self) -> bool {
        let RunMode::UntilBoot { wait, .. } = self.settings.until else { return false };
        if !self.boot_there() || (self.settings.one_path && !self.all_there()) {
            return false;
        }
        let is_coming = |target: TargetId, phase: Phase| match phase {
            Phase::Queued | Phase::WaitKeys | Phase::Writing => true,
            Phase::Probing => matches!(target, TargetId::Path(_)),
            // A second run: the interfaces have not had the time to say that they are ready.
            Phase::WaitNetwork => matches!(target, TargetId::Path(_)) && self.complete_at_start,
            Phase::Idle | Phase::Pause | Phase::Up => false,
        };
        match wait {
            Wait::All => {
                let mut phases = self.path_phases().into_iter().zip(&self.plan.paths);
                phases.all(|(phase, path)| phase == Phase::Up || path.unavailable) && self.is_discovery_settled()
            }
            Wait::Boot if self.attempts.iter().any(|attempt| is_coming(attempt.target, attempt.phase)) => {
                self.linger_until.get_or_insert_with(|| Instant::now() + LINGER);
                false
            }
            Wait::Boot => true,
        }
    }
}
