//! Connects one path of each subsystem where memory is scarce: the others wait as its spares.

use super::attempt::{AttemptId, PathGoal, Phase};
use super::state::StateMachine;
use crate::status::schema::State;
use std::time::Duration;

/// How long a subsystem's namespaces may take to appear on its path, before a spare is connected as well.
const APPEARS: Duration = Duration::from_secs(1);

impl StateMachine {
    /// Pauses the queued spares. Each is checked again after the pause, since the path that makes it a spare may be lost.
    pub(super) fn set_spares_aside(&mut self) {
        if !self.settings.one_path {
            return;
        }
        let queued = self.attempts.in_phase(|phase| phase == Phase::Queued).map(|(id, _)| id);
        let spares: Vec<AttemptId> = queued.filter(|id| self.is_spare(*id)).collect();
        for id in spares {
            self.pause(id, APPEARS);
        }
    }

    /// Whether an attempt is a path to a subsystem that another path serves.
    pub(super) fn is_spare(&self, id: AttemptId) -> bool {
        let Some(path) = self.attempts[id].path().filter(|_| self.settings.one_path) else { return false };
        let others = self.attempts.paths().filter(|(other, ..)| *other != id);
        let mut up = others.filter(|(_, phase, other)| *phase == Phase::Up && other.planned.nqn == path.planned.nqn);
        let has_all = self.has_all_of(id);
        up.any(|(.., other)| has_all || self.is_new(other))
    }

    /// Whether each namespace of the plan is present, except those with only idle paths. No service connects missing ones later.
    pub(super) fn all_there(&self) -> bool {
        let is_idle = |path: &AttemptId| self.attempts[*path].phase == Phase::Idle;
        let mut namespaces = self.namespaces.iter();
        namespaces.all(|namespace| namespace.status.state == State::Up || namespace.paths.iter().all(is_idle))
    }

    fn has_all_of(&self, path: AttemptId) -> bool {
        let mut namespaces = self.namespaces.iter().filter(|namespace| namespace.paths.contains(&path));
        namespaces.all(|namespace| namespace.status.state == State::Up)
    }

    fn is_new(&self, path: &PathGoal) -> bool {
        path.status.connected_ms.is_some_and(|at| self.elapsed_ms().saturating_sub(at) < APPEARS.as_millis() as u64)
    }
}
