//! Tells which settings of connections the kernel does not take.

use super::attempt::AttemptId;
use super::state::StateMachine;
use crate::connect::failure::ConnectFailure;
use crate::nvme::explain::Refusal;
use crate::nvme::fabrics::options::Supported;
use crate::tunables::Tunables;

/// The errors by which the kernel refuses a setting.
const OF_SETTINGS: [i32; 3] = [libc::EINVAL, libc::EXDEV, libc::ENOMEM];

impl StateMachine {
    /// Logs which settings are left out since the kernel does not list them.
    pub(super) fn name_unlisted(&self, supported: &Supported) {
        for tunable in self.settings.connections.all().filter(|tunable| !supported.lists(tunable.name())) {
            log::warn!("the kernel does not list the option {tunable}: it is left out");
        }
    }

    /// A refusal, with the connection's settings if one of them may be the cause.
    pub(super) fn refused(&self, id: AttemptId, refusal: Refusal) -> ConnectFailure {
        let nqn = self.attempts[id].target().nqn;
        let is_listed = |name: &str| self.supported.as_ref().is_some_and(|supported| supported.lists(name));
        let given = self.settings.connections.of(nqn);
        let given: Tunables = given.iter().filter(|(tunable, _)| is_listed(tunable.name())).collect();
        if given == Tunables::default() || !OF_SETTINGS.contains(&refusal.errno) {
            return ConnectFailure::Refused(refusal);
        }
        ConnectFailure::RefusedWith { refusal, given: Box::new(given) }
    }
}
