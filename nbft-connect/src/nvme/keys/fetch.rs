//! Fetches secrets from programs: the administrator's key-command, and nbft-redfish.
//!
//! A fetch takes seconds, so it runs beside everything else, and a path waits only for its own. The resident service fetches only when
//! it starts, within one time limit: later the programs may lie on the storage that the secrets connect.

use super::command;
use super::fetch_fault::{Failure, FetchFault, SecretSource};
use super::fetch_protocol::Found;
use super::key_name::Name;
use super::lookup::Keys;
use super::redfish::{self, is_at_host_interface};
use super::store::{CommandResult, Source, State, Store};
use super::turns::Turns;
use libnbft::plan::Policy;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// The pause before an unreachable service is asked again.
const RETRY_PAUSE: Duration = Duration::from_secs(5);

/// A fetch to run.
#[derive(Debug)]
pub struct Fetch {
    pub(super) source: Source,
    pub(super) hostnqn: String,
    pub(super) root: PathBuf,
    pub(super) program: PathBuf,
    pub(super) turns: Rc<Turns>,
    pub(super) until: Option<Instant>,
}

/// The result of a fetch.
#[derive(Debug)]
pub struct Fetched {
    source: Source,
    result: Result<Vec<Found>, Failure>,
}

impl Keys {
    /// The fetches that a subsystem needs under its policy, because no file has its secrets. They count as under way from now on. A
    /// service is asked only for secrets that the key-command does not have.
    #[must_use]
    pub fn to_fetch(&self, nqn: &str, policy: &Policy) -> Vec<Fetch> {
        self.begin(nqn, policy, true)
    }

    /// Those of [`Keys::to_fetch`] that need no network: none from a service elsewhere.
    #[must_use]
    pub fn to_fetch_early(&self, nqn: &str, policy: &Policy) -> Vec<Fetch> {
        self.begin(nqn, policy, policy.redfish.iter().all(|keypath| is_at_host_interface(keypath)))
    }

    fn begin(&self, nqn: &str, policy: &Policy, services: bool) -> Vec<Fetch> {
        let store = &self.store;
        if !store.may_request() || store.program().is_none() && policy.redfish.is_empty() {
            return Vec::new();
        }
        let (secret, psk) = self.lacks(nqn, policy);
        if !secret && !psk {
            return Vec::new();
        }
        let commands = self.commands(nqn, secret, psk);
        let mut sources: Vec<_> = commands.iter().filter(|source| store.may_be_requested(source)).cloned().collect();
        if services && sources.is_empty() && !commands.iter().any(|source| store.is_under_way(source)) {
            let services = policy.redfish.iter().cloned().map(Source::Redfish);
            sources.extend(services.filter(|source| store.may_be_requested(source)));
        }
        sources.into_iter().map(|source| store.begin(source, self.hostnqn())).collect()
    }

    /// The requests to the key-command.
    fn commands(&self, nqn: &str, secret: bool, psk: bool) -> Vec<Source> {
        if self.store.program().is_none() {
            return Vec::new();
        }
        let has_host_secret = || matches!(self.store.command_result(Name::HostSecret, nqn), Ok(CommandResult::Key(_)));
        let names =
            [(Name::HostSecret, secret), (Name::ControllerSecret, secret && has_host_secret()), (Name::TlsPsk, psk)];
        names.into_iter().filter(|(_, needed)| *needed).map(|(name, _)| Source::Command(name, nqn.to_owned())).collect()
    }

    /// Whether a fetch is under way that a subsystem may need.
    #[must_use]
    pub fn is_fetching(&self, nqn: &str, policy: &Policy) -> bool {
        // The cheap test comes first.
        let requests = self.store.requests.borrow();
        let any =
            requests.iter().any(|(source, state)| matches!(state, State::UnderWay(_)) && source.is_for(nqn, policy));
        drop(requests);
        any && self.lacks(nqn, policy) != (false, false)
    }

    /// The source of the secrets that a subsystem waits for.
    #[must_use]
    pub fn awaited_source(&self, nqn: &str, policy: &Policy) -> SecretSource {
        let command = self.commands(nqn, true, true).iter().any(|source| self.store.is_under_way(source));
        match self.store.program() {
            Some(program) if command => SecretSource::Command(program.to_path_buf()),
            _ => SecretSource::Redfish(policy.redfish.clone()),
        }
    }

    /// Whether a subsystem needs a secret, or a PSK, that no place has.
    fn lacks(&self, nqn: &str, policy: &Policy) -> (bool, bool) {
        let secret = policy.authenticates() && matches!(self.find(nqn, &policy.redfish), Ok(None));
        (secret, policy.secures() && !self.prepare_tls(nqn, &policy.redfish))
    }

    /// Stores the result of a fetch.
    pub fn take(&self, fetched: Fetched) {
        let Fetched { source, result } = fetched;
        let mut all = self.store.requests.borrow_mut();
        let state = match result {
            Ok(found) => {
                source.log_found(&found);
                State::Found(found)
            }
            Err(failure) => {
                // The same warning would repeat every few seconds.
                let is_repeated = matches!(all.get(&source), Some(State::UnderWay(Some(before))) if *before == failure);
                let level = if is_repeated { log::Level::Debug } else { log::Level::Warn };
                let retry_at = match source {
                    // Once for each key: its backend may count failures against the machine.
                    Source::Command(..) => None,
                    Source::Redfish(_) => failure.is_temporary.then(|| Instant::now() + RETRY_PAUSE),
                };
                match source {
                    // Each path that needs the secret reports this itself.
                    Source::Command(..) => log::debug!("no secret: {failure}"),
                    Source::Redfish(_) => log::log!(level, "no secret by Redfish: {failure}"),
                }
                State::Failed(failure, retry_at)
            }
        };
        all.insert(source, state);
    }
}

impl Store {
    /// Marks a request as under way.
    fn begin(&self, source: Source, hostnqn: &str) -> Fetch {
        let mut requests = self.requests.borrow_mut();
        let before = match requests.remove(&source) {
            Some(State::Failed(failure, _)) => Some(failure),
            _ => None,
        };
        requests.insert(source.clone(), State::UnderWay(before));
        Fetch {
            source,
            hostnqn: hostnqn.to_owned(),
            root: self.root.clone(),
            program: self.root.join(command::PROGRAM),
            turns: Rc::clone(&self.turns),
            until: self.until,
        }
    }
}

impl Fetched {
    /// Whether a subsystem may wait for it.
    #[must_use]
    pub fn is_for(&self, nqn: &str, policy: &Policy) -> bool {
        self.source.is_for(nqn, policy)
    }

    /// The subsystem whose next source may have to be asked now: a service comes after the key-command.
    #[must_use]
    pub fn next_source_for(&self) -> Option<String> {
        match &self.source {
            Source::Command(_, nqn) => Some(nqn.clone()),
            Source::Redfish(_) => None,
        }
    }
}

impl Fetch {
    /// Runs the fetch when it is its turn.
    pub async fn run(self) -> Fetched {
        let work = async {
            match &self.source {
                Source::Command(name, nqn) => self.command(*name, nqn).await,
                Source::Redfish(keypath) => self.redfish(keypath).await,
            }
        };
        let result = match self.until {
            None => work.await,
            Some(until) => tokio::time::timeout_at(until.into(), work)
                .await
                .unwrap_or_else(|_| Err(Failure::good(FetchFault::TooLate))),
        };
        Fetched { source: self.source, result }
    }

    /// Fails when the time is over, also for a fetch that waited for its turn.
    fn in_time(&self) -> Result<(), Failure> {
        match self.until {
            Some(until) if until <= Instant::now() => Err(Failure::good(FetchFault::TooLate)),
            _ => Ok(()),
        }
    }

    async fn command(&self, name: Name, nqn: &str) -> Result<Vec<Found>, Failure> {
        let _turn = self.turns.command.acquire().await;
        self.in_time()?;
        if let Some(why) = &*self.turns.too_slow.borrow() {
            return Err(why.clone());
        }
        let fetched = command::fetch(&self.program, name, &self.hostnqn, nqn).await;
        if let Err(Failure { fault: FetchFault::Command(failed), is_temporary: true }) = &fetched {
            log::warn!("{failed}; it is not run again");
            let fault = FetchFault::GivenUp { failed: failed.clone(), subsystem: nqn.to_owned() };
            *self.turns.too_slow.borrow_mut() = Some(Failure::good(fault));
        }
        let found = |secret| Found { name, subsystem: Some(nqn.to_owned()), secret: Ok(secret) };
        Ok(fetched?.map(found).into_iter().collect())
    }

    async fn redfish(&self, keypath: &str) -> Result<Vec<Found>, Failure> {
        let turns = if is_at_host_interface(keypath) { &self.turns.host_interface } else { &self.turns.services };
        let _turn = turns.acquire().await;
        self.in_time()?;
        redfish::fetch(&self.root, keypath, &self.hostnqn).await
    }
}
