//! Skips the connections that the administrator has excluded.

use super::attempt::{AttemptId, Phase};
use super::state::StateMachine;
use crate::connect::failure::Waiting;
use crate::nvme::exclusions::Place;
use crate::status::schema::State;

impl StateMachine {
    /// Whether a list excludes this attempt's connection. If so, the attempt waits until no list does.
    pub(super) fn is_excluded(&mut self, id: AttemptId) -> bool {
        let Some(place) = self.exclusion(id) else { return false };
        let reason = Waiting::Excluded { place }.reason();
        let attempt = &mut self.attempts[id];
        if attempt.state().0 != State::Excluded {
            log::warn!("{}: {}", attempt.name(), reason.text);
        }
        attempt.set_state(State::Excluded);
        attempt.set_reason(Some(reason));
        self.set_phase(id, Phase::Idle);
        self.save_soon();
        true
    }

    /// Starts the attempts that no list excludes any more.
    pub(super) fn start_readmitted(&mut self) {
        let idle = self.attempts.in_phase(|phase| phase == Phase::Idle);
        let excluded: Vec<_> =
            idle.filter(|(_, attempt)| attempt.state().0 == State::Excluded).map(|(id, _)| id).collect();
        for id in excluded {
            if self.exclusion(id).is_some() {
                continue;
            }
            log::info!("{}: it is no longer excluded", self.attempts[id].name());
            self.attempts[id].set_state(State::Pending);
            self.attempts[id].set_reason(None);
            if self.attempts[id].is_path() || self.helps(id) {
                self.start(id);
            }
            self.save_soon();
        }
    }

    fn exclusion(&mut self, id: AttemptId) -> Option<Place> {
        let host = self.plan.host.as_ref()?;
        let target = self.attempts[id].target();
        let network = self.networks.iter().find(|network| network.at == target.network);
        let endpoint = network.and_then(|network| network.endpoint.as_ref());
        self.exclusions.find(&self.settings.root, &target.identity(host, endpoint)).cloned()
    }
}
