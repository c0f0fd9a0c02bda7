//! Decides when each probe begins, which target the device is given next, and when the run is finished.

use super::attempt::{AttemptId, Goal, PathGoal, Phase};
use super::event::Effect;
use super::state::{RunMode, StateMachine};
use crate::cli::Wait;
use crate::connect::backoff::{LONGEST, LONGEST_STAYING, pause};
use crate::nvme::discovery::DiscoveryConnection;
use crate::nvme::fabrics::options::{Connection, Supported};
use crate::nvme::probe::ProbeFailure;
use crate::status::outcome;
use crate::status::schema::State;
use libnbft::plan::{DiscoveryMode, Policy};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// The time between the starts of two probes. The first may succeed before all have begun, and the last of sixteen need not wait for dead
/// ones.
const PACE: Duration = Duration::from_millis(3);

/// How long the run goes on after the last boot namespace while other paths are about to come up.
const LINGER: Duration = Duration::from_millis(300);

impl StateMachine {
    /// Whether an attempt needs no probe: it cannot delay another path, or its discovery controller is connected already.
    pub(super) fn needs_no_probe(&mut self, id: AttemptId) -> bool {
        match self.attempts[id].goal {
            Goal::Path(_) => !self.is_resident() && self.attempts.paths().count() == 1,
            Goal::Discovery(_) => self.connected(id).is_some(),
        }
    }

    /// When the next path's probe may begin; reserves that time.
    pub(super) fn next_probe_at(&mut self) -> Instant {
        let begins = self.next_probe.max(self.clock.now());
        self.next_probe = begins + PACE;
        begins
    }

    /// Whether a probe of the same port is under way. Its result holds for all subsystems at that port.
    pub(super) fn is_port_probed(&self, id: AttemptId) -> bool {
        self.same_port(id).any(|other| self.attempts[other].phase == Phase::Probing)
    }

    /// Applies the result of a probe to all paths to that port that still wait for it.
    pub(super) fn probed(&mut self, id: AttemptId, result: Result<(), ProbeFailure>) {
        let mut concerned: Vec<AttemptId> = self.same_port(id).collect();
        concerned.push(id);
        concerned.retain(|id| self.attempts[*id].phase == Phase::Probing);
        let failure = result.err();
        for id in concerned {
            match &failure {
                None => self.set_phase(id, Phase::Queued),
                Some(failure) => self.failed(id, failure.clone().into()),
            }
        }
    }

    /// The other paths to the same port over the same interface.
    fn same_port(&self, id: AttemptId) -> impl Iterator<Item = AttemptId> {
        let port = |PathGoal { planned, .. }: &PathGoal| {
            let digests = (planned.hdr_digest, planned.data_digest);
            let is_secured = planned.security.as_ref().is_some_and(Policy::secures);
            (planned.traddr, planned.trsvcid, planned.network, digests, is_secured)
        };
        let own = self.attempts[id].path().map(port);
        let others = self.attempts.paths().filter(move |(other, ..)| *other != id);
        others.filter(move |(.., path)| Some(port(path)) == own).map(|(other, ..)| other)
    }

    /// Gives attempts to the fabrics device while it is free.
    pub(super) fn feed_device(&mut self) {
        while self.is_device_free {
            let Some(supported) = self.supported.clone() else { return };
            self.set_spares_aside();
            let Some(id) = self.next_attempt() else { return };
            match self.attempts[id].goal {
                Goal::Path(_) => self.feed_path(id, &supported),
                Goal::Discovery(_) => self.feed_discovery(id, &supported),
            }
        }
    }

    fn next_attempt(&self) -> Option<AttemptId> {
        self.attempts.in_phase(|phase| phase == Phase::Queued).next()?;
        self.next_path().or_else(|| self.next_discovery())
    }

    /// The next path to write. Paths to boot namespaces that no path serves yet go first. Then those with the fewest tries go first, since
    /// a target that refuses may hold the device for a minute each time. Then list order decides.
    pub(super) fn next_path(&self) -> Option<AttemptId> {
        let mut is_urgent = vec![false; self.attempts.len()];
        for namespace in self.namespaces.iter().filter(|namespace| namespace.planned.boot) {
            let is_up = |path: &AttemptId| self.attempts[*path].phase == Phase::Up;
            if namespace.status.state != State::Up && !namespace.paths.iter().any(is_up) {
                namespace.paths.iter().for_each(|path| is_urgent[path.0] = true);
            }
        }
        let queued = self.attempts.paths().filter(|(_, phase, _)| *phase == Phase::Queued);
        let first = queued.min_by_key(|(id, _, path)| (!is_urgent[id.0], path.status.attempts, *id));
        first.map(|(id, ..)| id)
    }

    fn next_discovery(&self) -> Option<AttemptId> {
        // Boot paths of the table go first.
        let is_probing = || self.attempts.paths().any(|(_, phase, _)| phase == Phase::Probing);
        let boot_first = !self.header.boots_by_discovery && is_probing() && !self.boot_there();
        let mut queued = self.attempts.discovery().filter(|(_, phase, _)| *phase == Phase::Queued);
        let next = queued.find(|(.., discovery)| !(boot_first && discovery.planned.mode == DiscoveryMode::Immediate));
        next.map(|(id, ..)| id)
    }

    fn feed_path(&mut self, id: AttemptId, supported: &Rc<Supported>) {
        if self.waits_for_secrets(id) {
            return;
        }
        match self.prepare(&self.attempts[id].target(), supported, Connection::options) {
            Err(failure) => self.failed(id, failure),
            Ok((options, requirements)) => {
                self.occupy_device(id);
                let hold = self.hold(id);
                self.effects.push(Effect::Write { attempt: id, options, requirements, hold });
            }
        }
    }

    fn feed_discovery(&mut self, id: AttemptId, supported: &Rc<Supported>) {
        if let Some(name) = self.connected(id) {
            self.occupy_device(id);
            self.effects.push(Effect::ReadLog { attempt: id, name });
            return;
        }
        if self.waits_for_secrets(id) {
            return;
        }
        let kind = match self.settings.persistent_discovery {
            true => DiscoveryConnection::Persistent,
            false => DiscoveryConnection::Transient,
        };
        let options = |connection: &Connection<'_>, known: &Supported| connection.discovery_options(known, kind);
        match self.prepare(&self.attempts[id].target(), supported, options) {
            Err(failure) => self.failed(id, failure),
            Ok((options, requirements)) => {
                self.occupy_device(id);
                self.effects.push(Effect::Discover { attempt: id, kind, options, requirements });
            }
        }
    }

    fn occupy_device(&mut self, id: AttemptId) {
        self.is_device_free = false;
        self.set_phase(id, Phase::Writing);
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
        let boots_by_discovery = self.header.boots_by_discovery;
        if !boots_by_discovery && !self.namespaces.iter().any(|namespace| namespace.planned.boot) {
            // Without a boot namespace, the run ends when each path was tried.
            let is_tried = self.attempts.paths().all(|(.., path)| path.status.state != State::Pending);
            return is_tried && self.is_discovery_settled();
        }
        outcome::boot_there(boots_by_discovery, self.namespaces.iter().map(|namespace| &namespace.status))
    }

    /// Whether all that the run waits for is present. If other attempts are about to come up, starts the grace period.
    pub(super) fn is_finished(&mut self) -> bool {
        let RunMode::UntilBoot { wait, .. } = self.settings.until else { return false };
        if !self.boot_there() || (self.settings.one_path && !self.all_there()) {
            return false;
        }
        match wait {
            Wait::All => {
                let mut paths = self.attempts.paths();
                paths.all(|(_, phase, path)| matches!(phase, Phase::Up | Phase::Idle) || !path.status.is_expected())
                    && self.is_discovery_settled()
            }
            Wait::Boot if self.is_any_coming() => {
                self.linger_until.get_or_insert(self.clock.now() + LINGER);
                false
            }
            Wait::Boot => true,
        }
    }

    /// Whether an attempt is about to come up.
    fn is_any_coming(&self) -> bool {
        self.attempts.iter().any(|(_, attempt)| match attempt.phase {
            Phase::Queued | Phase::WaitKeys | Phase::Writing => true,
            Phase::Probing => attempt.is_path(),
            // A second run: the interfaces have not had the time to say that they are ready.
            Phase::WaitNetwork => attempt.is_path() && self.complete_at_start,
            Phase::Idle | Phase::Pause | Phase::Up => false,
        })
    }
}
