//! Stores the requests to key-command and Redfish services, and their results.

use super::command;
use super::error::SecretError;
use super::fetch_fault::{Failure, FetchFault};
use super::fetch_protocol::Found;
use super::key::{Secret, Secrets};
use super::key_name::Name;
use super::keypath;
use super::redfish_fault::RedfishFault;
use super::turns::Turns;
use libnbft::plan::Policy;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Instant;

/// A source of fetched secrets.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    /// The key-command, for this key of a subsystem.
    Command(Name, String),
    /// The Redfish service of a keypath.
    Redfish(String),
}

/// The state of a request.
#[derive(Debug)]
pub(super) enum State {
    /// It is under way; why the last one failed, if one did.
    UnderWay(Option<Failure>),
    /// It returned these secrets.
    Found(Vec<Found>),
    /// Why it failed, and when it may be repeated.
    Failed(Failure, Option<Instant>),
}

/// The result of the key-command for one key.
pub(super) enum CommandResult {
    /// It is not known yet.
    Unknown,
    /// It has no such key.
    Nothing,
    /// This key.
    Key(Secret),
}

/// All requests and their results.
#[derive(Debug)]
pub(super) struct Store {
    pub(super) root: PathBuf,
    /// The key-command, if it exists.
    program: Option<PathBuf>,
    pub(super) requests: RefCell<BTreeMap<Source, State>>,
    pub(super) turns: Rc<Turns>,
    /// When requests end, if they do.
    pub(super) until: Option<Instant>,
}

impl Store {
    pub(super) fn new(root: &Path) -> Self {
        Self {
            root: root.to_path_buf(),
            program: Some(root.join(command::PROGRAM)).filter(|program| program.exists()),
            requests: RefCell::default(),
            turns: Rc::new(Turns::new()),
            until: None,
        }
    }

    /// Allows no request after this.
    pub(super) const fn end_at(&mut self, until: Instant) {
        self.until = Some(until);
    }

    pub(super) fn may_request(&self) -> bool {
        self.until.is_none_or(|until| Instant::now() < until)
    }

    /// The key-command, if it exists.
    pub(super) fn program(&self) -> Option<&Path> {
        self.program.as_deref()
    }

    /// The result of the key-command for a key of a subsystem.
    pub(super) fn command_result(&self, name: Name, nqn: &str) -> Result<CommandResult, SecretError> {
        match self.requests.borrow().get(&Source::Command(name, nqn.to_owned())) {
            _ if self.program.is_none() => Ok(CommandResult::Nothing),
            None if self.may_request() => Ok(CommandResult::Unknown),
            None => Ok(CommandResult::Nothing),
            Some(State::UnderWay(_)) => Ok(CommandResult::Unknown),
            Some(State::Failed(failure, _)) => Err(failure.clone().into()),
            Some(State::Found(found)) => match found.first() {
                Some(found) => {
                    let unusable = |fault| SecretError::Unusable { name: name.text(), fault };
                    found.secret.clone().map(CommandResult::Key).map_err(unusable)
                }
                None => Ok(CommandResult::Nothing),
            },
        }
    }

    fn was_requested(&self, name: Name, nqn: &str) -> bool {
        self.requests.borrow().contains_key(&Source::Command(name, nqn.to_owned()))
    }

    /// The secrets for a subsystem: the key-command's, once all of these are known, else a service's.
    pub(super) fn secrets(&self, nqn: &str, keypaths: &[String]) -> Result<Option<Secrets>, SecretError> {
        match self.command_result(Name::HostSecret, nqn)? {
            CommandResult::Unknown => return Ok(None),
            CommandResult::Nothing => {}
            CommandResult::Key(host) => {
                let controller = match self.command_result(Name::ControllerSecret, nqn)? {
                    CommandResult::Unknown => return Ok(None),
                    // There may be a controller secret, and without it the controller would not have to authenticate.
                    CommandResult::Nothing if !self.was_requested(Name::ControllerSecret, nqn) => {
                        return Err(SecretError::NotAsked);
                    }
                    CommandResult::Nothing => None,
                    CommandResult::Key(key) => Some(key),
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

    /// The configured PSK for a subsystem: the key-command's, else a service's.
    pub(super) fn psk(&self, nqn: &str, keypaths: &[String]) -> Result<Option<Secret>, SecretError> {
        match self.command_result(Name::TlsPsk, nqn)? {
            CommandResult::Unknown => Ok(None),
            CommandResult::Key(key) => Ok(Some(key)),
            CommandResult::Nothing => {
                keypaths.iter().find_map(|keypath| self.key(keypath, Name::TlsPsk, nqn).transpose()).transpose()
            }
        }
    }

    /// The key for the subsystem, else the one for all subsystems.
    fn key(&self, keypath: &str, name: Name, nqn: &str) -> Result<Option<Secret>, SecretError> {
        let requests = self.requests.borrow();
        let Some(State::Found(found)) = requests.get(&Source::Redfish(keypath.to_owned())) else { return Ok(None) };
        let of = |subsystem: Option<&str>| {
            found.iter().find(|found| found.name == name && found.subsystem.as_deref() == subsystem)
        };
        let found = of(Some(nqn)).or_else(|| of(None));
        let secret = found.map(|found| found.secret.clone()).transpose();
        secret.map_err(|fault| SecretError::Unusable { name: name.text(), fault })
    }

    /// The results of these keypaths, for messages.
    pub(super) fn describe(&self, keypaths: &[String]) -> String {
        let requests = self.requests.borrow();
        let describe = |keypath: &String| {
            let result = match requests.get(&Source::Redfish(keypath.clone())) {
                None => "it was not asked".to_owned(),
                Some(State::UnderWay(_)) => "no answer yet".to_owned(),
                Some(State::Found(_)) => "it has none for this subsystem".to_owned(),
                Some(State::Failed(failure, _)) => failure.to_string(),
            };
            format!("; the Redfish service gave none from {}: {result}", keypath::shown(keypath))
        };
        keypaths.iter().map(describe).collect()
    }

    /// The kind of failure of the first of these services that says one.
    pub(super) fn fault(&self, keypaths: &[String]) -> Option<RedfishFault> {
        let requests = self.requests.borrow();
        keypaths.iter().find_map(|keypath| match requests.get(&Source::Redfish(keypath.clone()))? {
            State::Failed(Failure { fault: FetchFault::Service { kind, .. }, .. }, _) => *kind,
            _ => None,
        })
    }

    pub(super) fn is_under_way(&self, source: &Source) -> bool {
        matches!(self.requests.borrow().get(source), Some(State::UnderWay(_)))
    }

    pub(super) fn may_be_requested(&self, source: &Source) -> bool {
        match self.requests.borrow().get(source) {
            None => true,
            Some(State::Failed(_, again)) => again.is_some_and(|again| again <= Instant::now()),
            Some(State::UnderWay(_) | State::Found(_)) => false,
        }
    }
}

impl Source {
    /// Whether it may have the secrets of a subsystem.
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
