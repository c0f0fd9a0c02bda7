//! What programs were asked for, and what they have given.

use super::command;
use super::error::SecretError;
use super::fetch_protocol::Found;
use super::key::{Secret, Secrets};
use super::key_name::Name;
use super::keypath;
use super::turns::Turns;
use libnbft::plan::Policy;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Instant;

/// Who is asked, and for what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    /// The administrator's program, for this key of a subsystem.
    Command(Name, String),
    /// The service that a keypath leads to.
    Redfish(String),
}

/// What came of asking.
#[derive(Debug)]
pub(super) enum State {
    /// With the reason why it was in vain before.
    UnderWay(Option<String>),
    Found(Vec<Found>),
    /// Why not, and when it may be tried again.
    Failed(String, Option<Instant>),
}

/// What the administrator's program has given.
pub(super) enum Given {
    /// It is not known yet.
    Unknown,
    Nothing,
    Key(Secret),
}

/// All that was given.
#[derive(Debug)]
pub(super) struct Store {
    pub(super) root: PathBuf,
    /// The administrator's program, where there is one.
    program: Option<PathBuf>,
    pub(super) asked: RefCell<BTreeMap<Source, State>>,
    pub(super) turns: Rc<Turns>,
    /// When asking ends, if it does.
    pub(super) until: Option<Instant>,
}

impl Store {
    pub(super) fn new(root: &Path) -> Self {
        Self {
            root: root.to_path_buf(),
            program: Some(root.join(command::PROGRAM)).filter(|program| program.exists()),
            asked: RefCell::default(),
            turns: Rc::new(Turns::new()),
            until: None,
        }
    }

    /// Asks nobody after this.
    pub(super) const fn end_at(&mut self, until: Instant) {
        self.until = Some(until);
    }

    pub(super) fn may_ask(&self) -> bool {
        self.until.is_none_or(|until| Instant::now() < until)
    }

    /// The administrator's program, where there is one.
    pub(super) fn program(&self) -> Option<&Path> {
        self.program.as_deref()
    }

    /// What the administrator's program has given.
    pub(super) fn given(&self, name: Name, nqn: &str) -> Result<Given, SecretError> {
        match self.asked.borrow().get(&Source::Command(name, nqn.to_owned())) {
            _ if self.program.is_none() => Ok(Given::Nothing),
            None if self.may_ask() => Ok(Given::Unknown),
            None => Ok(Given::Nothing),
            Some(State::UnderWay(_)) => Ok(Given::Unknown),
            Some(State::Failed(reason, _)) => Err(SecretError::Fetch(reason.clone())),
            Some(State::Found(found)) => match found.first() {
                Some(found) => found.secret.clone().map(Given::Key).map_err(SecretError::Fetch),
                None => Ok(Given::Nothing),
            },
        }
    }

    fn was_asked(&self, name: Name, nqn: &str) -> bool {
        self.asked.borrow().contains_key(&Source::Command(name, nqn.to_owned()))
    }

    /// The secrets for a subsystem: the program's, once all that it has is known, else a service's.
    pub(super) fn secrets(&self, nqn: &str, keypaths: &[String]) -> Result<Option<Secrets>, SecretError> {
        match self.given(Name::HostSecret, nqn)? {
            Given::Unknown => return Ok(None),
            Given::Nothing => {}
            Given::Key(host) => {
                let controller = match self.given(Name::ControllerSecret, nqn)? {
                    Given::Unknown => return Ok(None),
                    // There may be one, and without it the controller would not have to prove itself.
                    Given::Nothing if !self.was_asked(Name::ControllerSecret, nqn) => {
                        return Err(SecretError::NotAsked);
                    }
                    Given::Nothing => None,
                    Given::Key(key) => Some(key),
                };
                return Ok(Some(Secrets { host, controller }));
            }
        }
        for keypath in keypaths {
            match (self.key(keypath, Name::HostSecret, nqn)?, self.key(keypath, Name::ControllerSecret, nqn)?) {
                (Some(host), controller) => return Ok(Some(Secrets { host, controller })),
                (None, Some(_)) => {
                    return Err(SecretError::RedfishControllerAlone(keypath::shown(keypath).into_owned()));
                }
                (None, None) => {}
            }
        }
        Ok(None)
    }

    /// The configured PSK for a subsystem, likewise.
    pub(super) fn psk(&self, nqn: &str, keypaths: &[String]) -> Result<Option<Secret>, SecretError> {
        match self.given(Name::TlsPsk, nqn)? {
            Given::Unknown => Ok(None),
            Given::Key(key) => Ok(Some(key)),
            Given::Nothing => {
                keypaths.iter().find_map(|keypath| self.key(keypath, Name::TlsPsk, nqn).transpose()).transpose()
            }
        }
    }

    /// The subsystem's own key, else the one for all.
    fn key(&self, keypath: &str, name: Name, nqn: &str) -> Result<Option<Secret>, SecretError> {
        let asked = self.asked.borrow();
        let Some(State::Found(found)) = asked.get(&Source::Redfish(keypath.to_owned())) else { return Ok(None) };
        let of = |subsystem: Option<&str>| {
            found.iter().find(|found| found.name == name && found.subsystem.as_deref() == subsystem)
        };
        let found = of(Some(nqn)).or_else(|| of(None));
        let secret = found.map(|found| found.secret.clone()).transpose();
        secret.map_err(|reason| SecretError::Unusable { name: name.text(), reason })
    }

    /// The result of these keypaths in words.
    pub(super) fn words(&self, keypaths: &[String]) -> String {
        let asked = self.asked.borrow();
        let words = |keypath: &String| {
            let what = match asked.get(&Source::Redfish(keypath.clone())) {
                None => "it was not asked",
                Some(State::UnderWay(_)) => "no answer yet",
                Some(State::Found(_)) => "it has none for this subsystem",
                Some(State::Failed(reason, _)) => reason,
            };
            format!("; by Redfish from {}: {what}", keypath::shown(keypath))
        };
        keypaths.iter().map(words).collect()
    }

    pub(super) fn is_under_way(&self, source: &Source) -> bool {
        matches!(self.asked.borrow().get(source), Some(State::UnderWay(_)))
    }

    pub(super) fn may_be_asked(&self, source: &Source) -> bool {
        match self.asked.borrow().get(source) {
            None => true,
            Some(State::Failed(_, again)) => again.is_some_and(|again| again <= Instant::now()),
            Some(State::UnderWay(_) | State::Found(_)) => false,
        }
    }
}

impl Source {
    /// Whether it may have what a subsystem needs.
    pub(super) fn is_for(&self, nqn: &str, policy: &Policy) -> bool {
        match self {
            Self::Command(_, of) => of == nqn,
            Self::Redfish(keypath) => policy.redfish.contains(keypath),
        }
    }

    pub(super) fn log_found(&self, found: &[Found]) {
        match self {
            Self::Command(name, nqn) => log::debug!("key-command {}: {} key for {nqn}", name.text(), found.len()),
            Self::Redfish(keypath) => {
                log::info!("{} secret(s) by Redfish from {}", found.len(), keypath::shown(keypath));
            }
        }
    }
}
