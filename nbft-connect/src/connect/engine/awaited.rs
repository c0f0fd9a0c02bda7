//! Finds out what a run waits for.

use super::attempt::{Attempt, AttemptId, Goal, Phase};
use super::report::{Item, Report};
use super::state::{Expected, NetworkState, RunMode, StateMachine};
use crate::cli::Wait;
use crate::nvme::module;
use crate::status::outcome;
use crate::status::schema::State;
use std::fmt;
use std::time::Instant;

impl StateMachine {
    /// The progress of the run.
    pub(super) fn report(&self, now: Instant) -> Report {
        let awaited: Vec<bool> = self.attempts.iter().map(|(id, attempt)| self.is_awaited(id, attempt)).collect();
        let status = self.status();
        let needs = |network: &NetworkState| {
            let mut over = self.attempts.iter().filter(|(_, attempt)| attempt.target().network == network.at);
            over.any(|(id, _)| awaited[id.0])
        };
        let interfaces = self.networks.iter().map(|network| Item {
            name: network.status.name.clone(),
            state: network.status.state,
            waits_for: network.endpoint.is_none().then(|| awaited_by(network)),
            age: now.saturating_duration_since(network.since),
            is_awaited: network.endpoint.is_none() && needs(network),
        });
        let attempts = self.attempts.iter().filter(|(_, attempt)| attempt.is_path() || attempt.phase != Phase::Idle);
        let attempts = attempts.map(|(id, attempt)| {
            let is_kept = attempt.phase == Phase::WaitNetwork && self.endpoint(attempt.target().network).is_none();
            Item {
                name: attempt.name(),
                state: attempt.state().0,
                waits_for: self.awaited_by_attempt(attempt).map(|what| what.to_string()),
                age: now.saturating_duration_since(attempt.since),
                is_awaited: awaited[id.0] && !is_kept,
            }
        });
        let namespaces =
            self.namespaces.iter().filter(|namespace| self.is_missing(namespace) && self.is_served(namespace));
        let namespaces = namespaces.map(|namespace| {
            let up = namespace.paths.iter().map(|id| &self.attempts[*id]).filter(|path| path.phase == Phase::Up);
            let since = up.map(|path| path.since).min().unwrap_or(now);
            let reason = namespace.status.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
            Item {
                name: namespace.status.name(),
                state: namespace.status.state,
                waits_for: Some(format!("its disk{reason}")),
                age: now.saturating_duration_since(since),
                is_awaited: true,
            }
        });
        Report {
            items: interfaces.chain(attempts).chain(namespaces).collect(),
            elapsed: now.saturating_duration_since(self.settings.started),
            budget: match self.settings.until {
                RunMode::UntilBoot { timeout, .. } => Some(timeout),
                RunMode::Resident => None,
            },
            message: outcome::message(&status),
            paths_up: outcome::paths_up(&status),
        }
    }

    /// Whether the run waits for this attempt to end.
    fn is_awaited(&self, id: AttemptId, attempt: &Attempt) -> bool {
        match &attempt.goal {
            Goal::Discovery(_) => match attempt.phase {
                Phase::Idle | Phase::Up => false,
                Phase::Pause => attempt.state().0 == State::Failed && self.helps(id),
                _ => true,
            },
            Goal::Path(path) => {
                let waits_for_all = matches!(self.settings.until, RunMode::UntilBoot { wait: Wait::All, .. });
                let leads = |namespace: &Expected| self.is_missing(namespace) && namespace.paths.contains(&id);
                let is_untried = path.status.state == State::Pending && !self.has_boot_namespace();
                !matches!(attempt.phase, Phase::Idle | Phase::Up)
                    && (waits_for_all && path.status.is_expected() || self.namespaces.iter().any(leads) || is_untried)
            }
        }
    }

    fn has_boot_namespace(&self) -> bool {
        self.header.boots_by_discovery || self.namespaces.iter().any(|namespace| namespace.planned.boot)
    }

    /// Whether the run waits for this namespace.
    fn is_missing(&self, namespace: &Expected) -> bool {
        let counts = namespace.planned.boot || self.header.boots_by_discovery || self.settings.one_path;
        counts && namespace.status.state != State::Up
    }

    fn is_served(&self, namespace: &Expected) -> bool {
        namespace.paths.iter().any(|id| self.attempts[*id].phase == Phase::Up)
    }

    fn awaited_by_attempt<'a>(&self, attempt: &'a Attempt) -> Option<Awaited<'a>> {
        Some(match attempt.phase {
            Phase::Idle | Phase::Up => return None,
            Phase::WaitNetwork if self.endpoint(attempt.target().network).is_some() => Awaited::Route,
            Phase::WaitNetwork => Awaited::Interface(attempt.target().host_iface),
            Phase::Probing => Awaited::Probe,
            // Reading what the device supports waits for a connection that somebody else has begun.
            Phase::Queued if self.supported.is_none() && module::is_loaded(&self.settings.root) => Awaited::Device,
            Phase::Queued if self.supported.is_none() => Awaited::Driver,
            Phase::Queued => Awaited::Turn,
            Phase::WaitKeys => Awaited::Secrets,
            Phase::Writing if attempt.is_path() => Awaited::Connection,
            Phase::Writing => Awaited::LogPage,
            Phase::Pause => Awaited::NextTry(attempt.state().1),
        })
    }
}

/// What a network that is not ready waits for.
fn awaited_by(network: &NetworkState) -> String {
    match network.waiting {
        Some(waiting) => waiting.to_string(),
        None if network.status.state == State::Failed => Awaited::NextTry(network.status.reason.as_deref()).to_string(),
        None => Awaited::SetUp.to_string(),
    }
}

/// What a run waits for. Display follows the word "for".
enum Awaited<'a> {
    SetUp,
    Interface(&'a str),
    Route,
    Probe,
    Driver,
    Device,
    Turn,
    Secrets,
    Connection,
    LogPage,
    /// With the reason why the last try failed.
    NextTry(Option<&'a str>),
}

impl fmt::Display for Awaited<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Interface(name) => return f.write_str(name),
            Self::NextTry(Some(reason)) => return write!(f, "the next try ({reason})"),
            Self::NextTry(None) => "the next try",
            Self::SetUp => "its setup",
            Self::Route => "its route",
            Self::Probe => "an answer to the probe",
            Self::Driver => "the driver nvme-tcp",
            Self::Device => "/dev/nvme-fabrics, in which the kernel makes another connection",
            Self::Turn => "its turn",
            Self::Secrets => "its secrets",
            Self::Connection => "a connection",
            Self::LogPage => "the log page",
        })
    }
}
