//! Connects one path of each subsystem where memory is scarce: the others wait as its spares.

use super::attempt::{Phase, TargetId};
use super::state::StateMachine;
use crate::status::schema::State;
use std::time::Duration;

/// How long a subsystem's namespaces may take to appear on its path, before a spare is connected as well.
const APPEARS: Duration = Duration::from_secs(1);

impl StateMachine {
    /// Lets the queued spares wait. Each is looked at again after a pause, for the path that makes it one may be lost.
    pub(super) fn set_spares_aside(&mut self) {
        if !self.settings.one_path {
            return;
        }
        let queued = self.attempts.iter().filter(|attempt| attempt.phase == Phase::Queued);
        let targets: Vec<TargetId> =
            queued.map(|attempt| attempt.target).filter(|target| self.is_spare(*target)).collect();
        for target in targets {
            self.pause(target, APPEARS);
        }
    }

    /// Whether a target is a path to a subsystem that another path serves.
    pub(super) fn is_spare(&self, target: TargetId) -> bool {
        let TargetId::Path(path) = target else { return false };
        if !self.settings.one_path {
            return false;
        }
        let nqn = &self.plan.paths[path].nqn;
        let paths = self.plan.paths.iter().zip(&self.status.paths).enumerate();
        let others = paths.filter(|(other, (planned, _))| *other != path && planned.nqn == *nqn);
        let mut up = others.filter(|(_, (_, status))| status.state == State::Up).peekable();
        up.peek().is_some() && (self.has_all_of(path) || up.any(|(_, (_, status))| self.is_new(status.connected_ms)))
    }

    /// Whether each namespace of the plan is there: no service connects the rest later.
    pub(super) fn all_there(&self) -> bool {
        self.status.namespaces.iter().all(|namespace| namespace.state == State::Up)
    }

    fn has_all_of(&self, path: usize) -> bool {
        let namespaces = self.plan.namespaces.iter().zip(&self.status.namespaces);
        namespaces.filter(|(planned, _)| planned.paths.contains(&path)).all(|(_, status)| status.state == State::Up)
    }

    fn is_new(&self, connected_ms: Option<u64>) -> bool {
        connected_ms.is_some_and(|at| self.elapsed_ms().saturating_sub(at) < APPEARS.as_millis() as u64)
    }
}
