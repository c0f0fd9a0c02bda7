//! What security profiles ask of a connection: its secrets beforehand, and what it must show afterwards.

use super::discover::Step;
use super::{Done, Engine};
use crate::connect::failure::{ConnectFailure, Waiting};
use crate::connect::paths::Phase;
use crate::connect::target::Target;
use crate::nvme::fabrics::Fabrics;
use crate::nvme::fabrics::options::{CONCATENATION, Connection, OptionError, OptionString, Supported};
use crate::nvme::keys::{Fetch, Fetched, Kind, SecretError, Secrets, Tls};
use crate::nvme::security::{Requirements, channel_of, profiles};
use libnbft::plan::{Need, Policy};
use std::rc::Rc;

impl<F: Fabrics + 'static> Engine<F> {
    /// The secrets by which a target is to be connected; `None` where none are given to the kernel.
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
            // What is only allowed, and what this kernel cannot do, is not done.
            (Need::Allowed, Some(_)) if !supported.lists("dhchap_secret") => Ok(None),
            _ => Ok(secrets),
        }
    }

    /// How a target's connection is to be secured: by a key in the kernel's keyring, or, where TLS is required and there is none, by
    /// one that the authentication makes; `None` where TLS is not asked for.
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
            // What is only allowed, and what this kernel cannot do, is not done.
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

    /// Why nothing is done for a target yet.
    pub(super) fn waits_for_keys(&self, target: &Target<'_>) -> Option<Waiting> {
        target.security.map(|policy| Waiting::Secrets(self.settings.keys.describe_wait(target.nqn, policy)))
    }

    /// Whether secrets for a target are still being fetched; what is to be fetched for it is, from now on.
    pub(super) fn awaits_keys(&self, target: &Target<'_>) -> bool {
        let Some(policy) = target.security else { return false };
        self.fetch(self.settings.keys.to_fetch(target.nqn, policy));
        self.settings.keys.is_fetching(target.nqn, policy)
    }

    /// Fetches what can be fetched while the network is set up: from the administrator's program, and from behind the machine's own
    /// Redfish host interface. Who stays fetches all, also for what is up: later there may be no way to a secret.
    pub(super) fn fetch_early(&self) {
        self.fetch_early_for(|_| true);
    }

    fn fetch_early_for(&self, is_wanted: impl Fn(&str) -> bool) {
        let is_up = |phase: &Phase| *phase == Phase::Up && !self.is_resident();
        let paths = self.plan.paths.iter().zip(&self.phases).filter(|(_, phase)| !is_up(phase));
        let targets = paths.map(|(path, _)| Target::from(path)).chain(self.plan.discovery.iter().map(Target::from));
        let secured = targets.filter_map(|target| Some((target.nqn, target.security?)));
        for (nqn, policy) in secured.filter(|(nqn, _)| is_wanted(nqn)) {
            self.fetch(match self.is_resident() {
                true => self.settings.keys.to_fetch(nqn, policy),
                false => self.settings.keys.to_fetch_early(nqn, policy),
            });
        }
    }

    fn fetch(&self, fetches: Vec<Fetch>) {
        for fetch in fetches {
            self.work.push(Box::pin(async move { Done::Fetched(fetch.run().await) }));
        }
    }

    /// Takes in what was fetched; those who have waited for it go on, with a secret or with the reason why there is none.
    pub(super) fn fetched(&mut self, fetched: Fetched) {
        let concerned = |nqn: &str, policy: &Option<Policy>| policy.as_ref().is_some_and(|of| fetched.is_for(nqn, of));
        for ((phase, status), path) in self.phases.iter_mut().zip(&mut self.status.paths).zip(&self.plan.paths) {
            if *phase == Phase::WaitKeys && concerned(&path.nqn, &path.security) {
                *phase = Phase::Queued;
                status.set_reason(None);
            }
        }
        let controllers = self.discovery.all.iter_mut().zip(&mut self.status.discovery).zip(&self.plan.discovery);
        for ((asking, status), controller) in controllers {
            if asking.step == Step::WaitKeys && concerned(&controller.nqn, &controller.security) {
                asking.step = Step::Queued;
                status.set_reason(None);
            }
        }
        let next = fetched.next_source_for();
        self.settings.keys.take(fetched);
        if let Some(next) = next {
            self.fetch_early_for(|nqn| nqn == next);
        }
    }

    /// What the device is given for a target, and what must come of it; `string` makes the options of its kind of controller.
    ///
    /// # Errors
    ///
    /// What keeps it from being connected.
    pub(super) fn prepare<'s>(
        &'s self,
        target: &Target<'s>,
        supported: &Supported,
        string: impl FnOnce(&Connection<'s>, &Supported) -> Result<OptionString, OptionError>,
    ) -> Result<(OptionString, Requirements), ConnectFailure> {
        let connection = self.connection(target, supported)?;
        let options = string(&connection, supported)?;
        let requirements =
            Requirements::new(target.security, connection.secrets.as_deref()).with_tls(connection.tls.as_ref());
        Ok((options, requirements))
    }
}

/// Why a write has not ended.
pub(super) fn unfinished(target: &Target<'_>) -> Waiting {
    Waiting::Answer { authenticates: target.security.is_some_and(Policy::authenticates) }
}
