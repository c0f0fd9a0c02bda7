//! Keeps the attempts to reach targets: subsystem ports and discovery controllers, in one list, with one phase for both.

use crate::connect::target::Target;
use crate::status::schema::{DiscoveryStatus, PathStatus, Reason, State};
use crate::status::timeline::PathTimes;
use libnbft::plan::{DiscoveryController, Path};
use std::ops::{Index, IndexMut};
use std::time::Instant;

/// Where an attempt stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing needs this target now.
    Idle,
    /// The interface is not ready.
    WaitNetwork,
    /// The probe in user space is under way.
    Probing,
    /// The probe has succeeded; the attempt waits for the device.
    Queued,
    /// The attempt waits for secrets.
    WaitKeys,
    /// The kernel connects, or the log page is being read.
    Writing,
    /// The attempt waits for its next try: it failed, its log page was read, or it is a spare path.
    Pause,
    /// The controller of a subsystem is connected.
    Up,
}

/// An attempt.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) goal: Goal,
    pub(super) phase: Phase,
    /// When it entered this phase.
    pub(super) since: Instant,
}

/// The target of an attempt, and the results so far.
#[derive(Debug)]
pub(super) enum Goal {
    /// A port of a subsystem.
    Path(Box<PathGoal>),
    /// A discovery controller.
    Discovery(Box<DiscoveryGoal>),
}

/// A port of a subsystem.
#[derive(Debug)]
pub(super) struct PathGoal {
    pub(super) planned: Path,
    pub(super) status: PathStatus,
    /// When each of its steps ended.
    pub(super) times: PathTimes,
    /// Since when its controller has had no connection to the target; only a resident process checks this.
    pub(super) lost_since: Option<Instant>,
    /// Whether that loss is so long that nbft asked discovery for other paths.
    pub(super) is_stalled: bool,
    /// Whether the target gave its controller an ID that another controller has.
    pub(super) is_number_taken: bool,
}

impl PathGoal {
    pub(super) fn new(planned: Path, status: PathStatus) -> Self {
        let times = PathTimes::default();
        Self { planned, status, times, lost_since: None, is_stalled: false, is_number_taken: false }
    }

    /// Forgets how long its controller has been without the target: the controller is gone.
    pub(super) const fn forget_loss(&mut self) {
        (self.lost_since, self.is_stalled) = (None, false);
    }
}

/// A discovery controller.
#[derive(Debug)]
pub(super) struct DiscoveryGoal {
    pub(super) planned: DiscoveryController,
    pub(super) status: DiscoveryStatus,
    /// By how many referrals it was found.
    pub(super) depth: u8,
    /// Whether its log page changed while nbft was reading it.
    pub(super) has_news: bool,
}

impl DiscoveryGoal {
    pub(super) const fn new(planned: DiscoveryController, status: DiscoveryStatus, depth: u8) -> Self {
        Self { planned, status, depth, has_news: false }
    }
}

impl Attempt {
    /// The target of either kind, as it is planned.
    pub(super) fn target(&self) -> Target<'_> {
        match &self.goal {
            Goal::Path(path) => Target::from(&path.planned),
            Goal::Discovery(discovery) => Target::from(&discovery.planned),
        }
    }

    pub(super) fn set_phase(&mut self, phase: Phase, now: Instant) {
        if self.phase != phase {
            (self.phase, self.since) = (phase, now);
        }
    }

    pub(super) const fn is_path(&self) -> bool {
        matches!(self.goal, Goal::Path(_))
    }

    pub(super) fn path(&self) -> Option<&PathGoal> {
        match &self.goal {
            Goal::Path(path) => Some(path),
            Goal::Discovery(_) => None,
        }
    }

    pub(super) fn path_mut(&mut self) -> Option<&mut PathGoal> {
        match &mut self.goal {
            Goal::Path(path) => Some(path),
            Goal::Discovery(_) => None,
        }
    }

    pub(super) fn discovery(&self) -> Option<&DiscoveryGoal> {
        match &self.goal {
            Goal::Path(_) => None,
            Goal::Discovery(discovery) => Some(discovery),
        }
    }

    pub(super) fn discovery_mut(&mut self) -> Option<&mut DiscoveryGoal> {
        match &mut self.goal {
            Goal::Path(_) => None,
            Goal::Discovery(discovery) => Some(discovery),
        }
    }

    /// Its state, and the reason.
    pub(super) fn state(&self) -> (State, Option<&str>) {
        match &self.goal {
            Goal::Path(path) => (path.status.state, path.status.reason.as_deref()),
            Goal::Discovery(discovery) => (discovery.status.state, discovery.status.reason.as_deref()),
        }
    }

    pub(super) fn set_reason(&mut self, reason: Option<Reason>) {
        match &mut self.goal {
            Goal::Path(path) => path.status.set_reason(reason),
            Goal::Discovery(discovery) => discovery.status.set_reason(reason),
        }
    }

    pub(super) fn set_state(&mut self, state: State) {
        match &mut self.goal {
            Goal::Path(path) => path.status.state = state,
            Goal::Discovery(discovery) => discovery.status.state = state,
        }
    }

    /// Notes a failed try; returns the number of tries so far.
    pub(super) fn set_failed(&mut self, reason: Reason) -> u32 {
        self.set_reason(Some(reason));
        match &mut self.goal {
            Goal::Path(path) => {
                let status = &mut path.status;
                (status.authenticated, status.secured) = (None, None);
                (status.state, status.attempts) = (State::Failed, status.attempts + 1);
                status.attempts
            }
            Goal::Discovery(discovery) => {
                let status = &mut discovery.status;
                (status.state, status.attempts) = (State::Failed, status.attempts + 1);
                status.attempts
            }
        }
    }

    /// Its name in the log.
    pub(super) fn name(&self) -> String {
        match &self.goal {
            Goal::Path(path) => {
                let status = &path.status;
                format!("{} port {} over {}", status.traddr, status.trsvcid, status.host_iface)
            }
            Goal::Discovery(discovery) => format!("discovery controller at {}", discovery.planned),
        }
    }
}

/// An attempt's index in the list. It stays valid, since no attempt is ever removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct AttemptId(pub(super) usize);

/// All attempts, in the order in which they were planned or found.
#[derive(Debug, Default)]
pub(super) struct Attempts(Vec<Attempt>);

impl Attempts {
    pub(super) fn push(&mut self, goal: Goal, phase: Phase, now: Instant) -> AttemptId {
        self.0.push(Attempt { goal, phase, since: now });
        AttemptId(self.0.len() - 1)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (AttemptId, &Attempt)> {
        self.0.iter().enumerate().map(|(index, attempt)| (AttemptId(index), attempt))
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (AttemptId, &mut Attempt)> {
        self.0.iter_mut().enumerate().map(|(index, attempt)| (AttemptId(index), attempt))
    }

    /// The attempts whose phase satisfies `is_meant`.
    pub(super) fn in_phase(&self, is_meant: impl Fn(Phase) -> bool) -> impl Iterator<Item = (AttemptId, &Attempt)> {
        self.iter().filter(move |(_, attempt)| is_meant(attempt.phase))
    }

    /// The paths, each with its phase.
    pub(super) fn paths(&self) -> impl Iterator<Item = (AttemptId, Phase, &PathGoal)> {
        self.iter().filter_map(|(id, attempt)| Some((id, attempt.phase, attempt.path()?)))
    }

    /// The discovery controllers, each with its phase.
    pub(super) fn discovery(&self) -> impl Iterator<Item = (AttemptId, Phase, &DiscoveryGoal)> {
        self.iter().filter_map(|(id, attempt)| Some((id, attempt.phase, attempt.discovery()?)))
    }
}

impl Index<AttemptId> for Attempts {
    type Output = Attempt;

    fn index(&self, id: AttemptId) -> &Attempt {
        &self.0[id.0]
    }
}

impl IndexMut<AttemptId> for Attempts {
    fn index_mut(&mut self, id: AttemptId) -> &mut Attempt {
        &mut self.0[id.0]
    }
}
