//! Finds and fetches the secrets by which a target is connected.

use super::attempt::{AttemptId, Phase};
use super::event::Effect;
use super::state::StateMachine;
use crate::connect::failure::{ConnectFailure, Waiting};
use crate::connect::target::Target;
use crate::nvme::fabrics::options::{CONCATENATION, Supported};
use crate::nvme::keys::{Fetched, Kind, SecretError, Secrets, Tls};
use crate::nvme::security::{channel_of, profiles};
use libnbft::plan::{Need, Policy};
use std::rc::Rc;

impl StateMachine {
    /// The secrets to authenticate with; `None` if the kernel is given none.
    ///
    /// # Errors
    ///
    /// When authentication is required and there is no secret, or one that is there cannot be used.
    pub(super) fn secrets(
        &self,
        target: &Target<'_>,
        supported: &Supported,
    ) -> Result<Option<Rc<Secrets>>, SecretError> {
        let Some(policy) = target.security.filter(|policy| policy.authenticates()) else { return Ok(None) };
        let secrets = self.settings.keys.find(target.nqn, &policy.redfish)?;
        match (policy.authentication.need, &secrets) {
            (Need::Required, None) => Err(SecretError::Missing {
                by: profiles(policy),
                places: self.settings.keys.places(target.nqn, Kind::Dhchap, &policy.redfish),
            }),
            // Optional authentication is left out if this kernel cannot do it.
            (Need::Allowed, Some(_)) if !supported.lists("dhchap_secret") => Ok(None),
            _ => Ok(secrets),
        }
    }

    /// How to secure a target's connection: with a PSK in the kernel's keyring. If TLS is required and there is no PSK, with a key from
    /// authentication. `None`: without TLS.
    ///
    /// # Errors
    ///
    /// When TLS is required and there is no key or no TLS, or a key that is there cannot be used.
    pub(super) fn tls(
        &self,
        target: &Target<'_>,
        supported: &Supported,
        authenticates: bool,
    ) -> Result<Option<Tls>, ConnectFailure> {
        let Some(policy) = target.security.filter(|policy| policy.secures()) else { return Ok(None) };
        let channel = &policy.secure_channel;
        let required = channel.need == Need::Required;
        match supported.tls() {
            Err(error) if required => return Err(error.into()),
            // Optional TLS is left out if this kernel cannot do it.
            Err(_) => return Ok(None),
            Ok(()) => {}
        }
        let keys = &self.settings.keys;
        match keys.tls(target.nqn, channel.ciphers.as_deref(), &policy.redfish)? {
            None if required && authenticates && supported.lists(CONCATENATION) => Ok(Some(Tls::Concatenation)),
            None if required => Err(ConnectFailure::Secret(SecretError::PskMissing {
                by: channel_of(policy),
                places: keys.places(target.nqn, Kind::TlsPsk, &policy.redfish),
            })),
            key => Ok(key.map(Tls::Psk)),
        }
    }

    /// Whether the secrets of an attempt are still being fetched; starts to fetch what can be fetched.
    pub(super) fn waits_for_secrets(&mut self, id: AttemptId) -> bool {
        let planned = self.attempts[id].target();
        let Some(policy) = planned.security else { return false };
        let keys = &self.settings.keys;
        let fetches = keys.to_fetch(planned.nqn, policy);
        let is_waiting = keys.is_fetching(planned.nqn, policy);
        let waiting = is_waiting.then(|| Waiting::Secrets(keys.awaited_source(planned.nqn, policy)));
        self.effects.extend(fetches.into_iter().map(Effect::Fetch));
        if let Some(waiting) = waiting {
            self.set_phase(id, Phase::WaitKeys);
            self.attempts[id].set_reason(Some(waiting.reason()));
            self.save_soon();
        }
        is_waiting
    }

    /// Fetches secrets while the network is being set up: from the administrator's program, and over the machine's own Redfish host
    /// interface. A resident process fetches all, also for paths that are up: later a secret may be out of reach.
    pub(super) fn fetch_early(&mut self) {
        self.fetch_early_for(|_| true);
    }

    fn fetch_early_for(&mut self, is_wanted: impl Fn(&str) -> bool) {
        let is_resident = self.is_resident();
        let down = self.attempts.in_phase(|phase| phase != Phase::Up || is_resident);
        let secured = down.filter_map(|(_, attempt)| {
            let target = attempt.target();
            Some((target.nqn, target.security?))
        });
        let keys = &self.settings.keys;
        let fetches: Vec<_> = secured
            .filter(|(nqn, _)| is_wanted(nqn))
            .flat_map(|(nqn, policy)| match is_resident {
                true => keys.to_fetch(nqn, policy),
                false => keys.to_fetch_early(nqn, policy),
            })
            .collect();
        self.effects.extend(fetches.into_iter().map(Effect::Fetch));
    }

    /// Takes what was fetched; the attempts that have waited for it go on, with a secret or with the reason why there is none.
    pub(super) fn fetched(&mut self, fetched: Fetched) {
        let now = self.clock.now();
        for (_, attempt) in self.attempts.iter_mut().filter(|(_, attempt)| attempt.phase == Phase::WaitKeys) {
            let target = attempt.target();
            if target.security.is_some_and(|policy| fetched.is_for(target.nqn, policy)) {
                attempt.set_phase(Phase::Queued, now);
                attempt.set_reason(None);
            }
        }
        let next = fetched.next_source_for();
        self.settings.keys.take(fetched);
        if let Some(next) = next {
            self.fetch_early_for(|nqn| nqn == next);
        }
    }
}

/// Why a write has not ended.
pub(super) fn unfinished(target: &Target<'_>) -> Waiting {
    Waiting::Answer { authenticates: target.security.is_some_and(Policy::authenticates) }
}
