//! Secrets that programs give: the administrator's, and ours that asks Redfish services.
//!
//! They take seconds, so whoever connects has them run beside everything else, and a path waits for its own alone. A process that
//! stays has them run when it starts, within one budget: later they may lie on what their secrets are to connect.

use super::command;
use super::fetch_protocol::{Failure, Found};
use super::key_name::Name;
use super::keypath;
use super::lookup::Keys;
use super::redfish::{self, is_at_host_interface};
use super::store::{Given, Source, State, Store};
use super::turns::Turns;
use libnbft::plan::Policy;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// After what time a service that could not be reached is asked again.
const AGAIN: Duration = Duration::from_secs(5);

/// Why nothing was fetched in the time for that.
const TOO_LATE: &str = "no answer within the time for fetching secrets";

/// Something to be fetched.
#[derive(Debug)]
pub struct Fetch {
    pub(super) source: Source,
    pub(super) hostnqn: String,
    pub(super) root: PathBuf,
    pub(super) program: PathBuf,
    pub(super) turns: Rc<Turns>,
    pub(super) until: Option<Instant>,
}

/// What was fetched.
#[derive(Debug)]
pub struct Fetched {
    source: Source,
    result: Result<Vec<Found>, Failure>,
}

impl Keys {
    /// What is to be fetched before a subsystem can be connected, as its policy has it: secrets are wanted that lie nowhere else.
    /// Those are under way from now on. A service is asked only for what the administrator's program does not have.
    #[must_use]
    pub fn to_fetch(&self, nqn: &str, policy: &Policy) -> Vec<Fetch> {
        self.begin(nqn, policy, true)
    }

    /// The same of what can be fetched while the network is set up: not from a service elsewhere.
    #[must_use]
    pub fn to_fetch_early(&self, nqn: &str, policy: &Policy) -> Vec<Fetch> {
        self.begin(nqn, policy, policy.redfish.iter().all(|keypath| is_at_host_interface(keypath)))
    }

    fn begin(&self, nqn: &str, policy: &Policy, services: bool) -> Vec<Fetch> {
        let store = &self.store;
        if !store.may_ask() || store.program().is_none() && policy.redfish.is_empty() {
            return Vec::new();
        }
        let (secret, psk) = self.lacks(nqn, policy);
        if !secret && !psk {
            return Vec::new();
        }
        let commands = self.commands(nqn, secret, psk);
        let mut wanted: Vec<_> = commands.iter().filter(|source| store.may_be_asked(source)).cloned().collect();
        if services && wanted.is_empty() && !commands.iter().any(|source| store.is_under_way(source)) {
            let sources = policy.redfish.iter().cloned().map(Source::Redfish);
            wanted.extend(sources.filter(|source| store.may_be_asked(source)));
        }
        wanted.into_iter().map(|source| store.begin(source, self.hostnqn())).collect()
    }

    /// What the administrator's program is asked for.
    fn commands(&self, nqn: &str, secret: bool, psk: bool) -> Vec<Source> {
        if self.store.program().is_none() {
            return Vec::new();
        }
        let has_host_secret = || matches!(self.store.given(Name::HostSecret, nqn), Ok(Given::Key(_)));
        let names =
            [(Name::HostSecret, secret), (Name::ControllerSecret, secret && has_host_secret()), (Name::TlsPsk, psk)];
        names.into_iter().filter(|(_, wanted)| *wanted).map(|(name, _)| Source::Command(name, nqn.to_owned())).collect()
    }

    /// Whether something is being fetched that a subsystem may need.
    #[must_use]
    pub fn is_fetching(&self, nqn: &str, policy: &Policy) -> bool {
        // First what costs nothing.
        let asked = self.store.asked.borrow();
        let any = asked.iter().any(|(source, state)| matches!(state, State::UnderWay(_)) && source.is_for(nqn, policy));
        drop(asked);
        any && self.lacks(nqn, policy) != (false, false)
    }

    /// In words, what a subsystem waits for.
    #[must_use]
    pub fn waits_in_words(&self, nqn: &str, policy: &Policy) -> String {
        let command = self.commands(nqn, true, true).iter().any(|source| self.store.is_under_way(source));
        match self.store.program() {
            Some(program) if command => format!("waits for its secrets from {}", program.display()),
            _ => {
                let keypaths: Vec<_> = policy.redfish.iter().map(|keypath| keypath::shown(keypath)).collect();
                format!("waits for its secrets by Redfish from {}", keypaths.join(" and "))
            }
        }
    }

    /// Whether a secret, or a PSK, is wanted for a subsystem and lies nowhere.
    fn lacks(&self, nqn: &str, policy: &Policy) -> (bool, bool) {
        let secret = policy.authenticates() && matches!(self.find(nqn, &policy.redfish), Ok(None));
        (secret, policy.secures() && !self.prepare_tls(nqn, &policy.redfish))
    }

    /// Takes in what was fetched.
    pub fn take(&self, fetched: Fetched) {
        let Fetched { source, result } = fetched;
        let mut all = self.store.asked.borrow_mut();
        let state = match result {
            Ok(found) => {
                source.log_found(&found);
                State::Found(found)
            }
            Err(failure) => {
                let reason = failure.to_string();
                // Nobody wants the same line every few seconds.
                let again_so = matches!(all.get(&source), Some(State::UnderWay(Some(before))) if *before == reason);
                let level = if again_so { log::Level::Debug } else { log::Level::Warn };
                let again = match source {
                    // Once for each: what it refuses may be counted against the machine.
                    Source::Command(..) => None,
                    Source::Redfish(_) => matches!(failure, Failure::ForNow(_)).then(|| Instant::now() + AGAIN),
                };
                match source {
                    // Each path that wants it says so itself.
                    Source::Command(..) => log::debug!("no secret: {reason}"),
                    Source::Redfish(_) => log::log!(level, "no secret by Redfish: {reason}"),
                }
                State::Failed(reason, again)
            }
        };
        all.insert(source, state);
    }
}

impl Store {
    /// Marks a source as under way.
    fn begin(&self, source: Source, hostnqn: &str) -> Fetch {
        let mut asked = self.asked.borrow_mut();
        let before = match asked.remove(&source) {
            Some(State::Failed(reason, _)) => Some(reason),
            _ => None,
        };
        asked.insert(source.clone(), State::UnderWay(before));
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
    /// Whether it may be what a subsystem waits for.
    #[must_use]
    pub fn is_for(&self, nqn: &str, policy: &Policy) -> bool {
        self.source.is_for(nqn, policy)
    }

    /// The subsystem for which somebody else may have to be asked now, if there is one: a service is asked last.
    #[must_use]
    pub fn asked_first_for(&self) -> Option<String> {
        match &self.source {
            Source::Command(_, nqn) => Some(nqn.clone()),
            Source::Redfish(_) => None,
        }
    }
}

impl Fetch {
    /// Fetches it, when it is its turn.
    pub async fn run(self) -> Fetched {
        let work = async {
            match &self.source {
                Source::Command(name, nqn) => self.command(*name, nqn).await,
                Source::Redfish(keypath) => self.redfish(keypath).await,
            }
        };
        let result = match self.until {
            None => work.await,
            Some(until) => {
                tokio::time::timeout_at(until.into(), work).await.unwrap_or_else(|_| Err(Failure::good(TOO_LATE)))
            }
        };
        Fetched { source: self.source, result }
    }

    /// Those who were asked until the time was over make room for others.
    fn in_time(&self) -> Result<(), Failure> {
        match self.until {
            Some(until) if until <= Instant::now() => Err(Failure::good(TOO_LATE)),
            _ => Ok(()),
        }
    }

    async fn command(&self, name: Name, nqn: &str) -> Result<Vec<Found>, Failure> {
        let _turn = self.turns.command.acquire().await;
        self.in_time()?;
        if let Some(why) = &*self.turns.too_slow.borrow() {
            return Err(Failure::good(why));
        }
        let asked = command::ask(&self.program, name, &self.hostnqn, nqn).await;
        if let Err(Failure::ForNow(why)) = &asked {
            log::warn!("{why}; it is not run again");
            *self.turns.too_slow.borrow_mut() = Some(format!("{why}, for {nqn}; it is not run again"));
        }
        let found = |secret| Found { name, subsystem: Some(nqn.to_owned()), secret: Ok(secret) };
        Ok(asked?.map(found).into_iter().collect())
    }

    async fn redfish(&self, keypath: &str) -> Result<Vec<Found>, Failure> {
        let turns = if is_at_host_interface(keypath) { &self.turns.host_interface } else { &self.turns.services };
        let _turn = turns.acquire().await;
        self.in_time()?;
        redfish::ask(&self.root, keypath, &self.hostnqn).await
    }
}
