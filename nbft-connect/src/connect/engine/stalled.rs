//! Detects controllers that have lost their target for long, asks discovery for other paths, and drops paths that discovery no longer
//! lists.

use super::attempt::{AttemptId, PathGoal, Phase};
use super::event::Effect;
use super::state::StateMachine;
use crate::connect::failure::{ConnectFailure, Waiting};
use crate::connect::target::Target;
use crate::nvme::hold::Hold;
use crate::nvme::probe::Probe;
use crate::nvme::sysfs;
use crate::output::logger;
use crate::status::schema::State;
use libnbft::discovery_log::{EntryKind, Log};
use libnbft::plan::{DiscoveryController, Path};
use std::time::Duration;

/// How often a resident process reads the states of its controllers: the kernel sends no event when one loses its target.
pub(super) const CHECK_PAUSE: Duration = Duration::from_secs(10);

/// How long a controller may be without its target before nbft asks discovery for other paths.
pub(super) const STALLED_AFTER: Duration = Duration::from_secs(30);

impl StateMachine {
    /// Reads the state of each connected controller.
    pub(super) fn check_states(&mut self) {
        let now = self.clock.now();
        self.next_check = Some(now + CHECK_PAUSE);
        let mut stalled = Vec::new();
        for (id, attempt) in self.attempts.iter_mut().filter(|(_, attempt)| attempt.phase == Phase::Up) {
            let Some(path) = attempt.path_mut() else { continue };
            let Some(name) = path.status.controller.clone() else { continue };
            let is_live = sysfs::is_live(&self.settings.root, &name);
            match path.lost_since {
                None if !is_live => path.lost_since = Some(now),
                Some(_) if is_live => {
                    path.lost_since = None;
                    if std::mem::take(&mut path.is_stalled) {
                        log::info!(target: logger::CONSOLE, "{name}: its target answers again");
                        path.status.set_reason(None);
                        self.save_at.get_or_insert(now);
                    }
                }
                Some(since) if !path.is_stalled && now.duration_since(since) >= STALLED_AFTER => {
                    path.is_stalled = true;
                    stalled.push((id, name));
                }
                None | Some(_) => {}
            }
        }
        self.start_readmitted();
        // The kernel sends no event when an ANA state changes.
        if self.watch.shows_ana() {
            self.scan_sysfs();
        }
        for (id, controller) in stalled {
            let waiting = Waiting::Stalled { controller };
            log::warn!("{}: {waiting}", self.attempts[id].name());
            self.attempts[id].set_reason(Some(waiting.reason()));
            self.save_soon();
            self.fall_back(id);
        }
    }

    /// Updates the discovered paths of this controller: drops those that it no longer lists and that are down or stalled, and starts those
    /// that it lists again.
    pub(super) fn drop_unlisted(&mut self, controller: &DiscoveryController, log: &Log) {
        // A missing path may be in a part that nbft could not read.
        if log.taken < log.records || !log.skipped.is_empty() {
            return;
        }
        let of_controller = |path: &Path| path.discovered.as_ref().is_some_and(|source| controller.is(source));
        let mut unlisted = Vec::new();
        let mut listed_again = Vec::new();
        for (id, phase, path) in self.attempts.paths().filter(|(.., path)| of_controller(&path.planned)) {
            match (is_listed(&path.planned, controller, log), phase) {
                (true, Phase::Idle) => listed_again.push(id),
                (false, Phase::Up) if path.is_stalled && self.is_served_otherwise(id, path) => unlisted.push(id),
                // A write that is under way ends by itself.
                (true, _) | (false, Phase::Up | Phase::Writing | Phase::Idle) => {}
                (false, _) => unlisted.push(id),
            }
        }
        for id in unlisted {
            self.drop_path(id);
        }
        for id in listed_again {
            self.start(id);
        }
    }

    /// What must be held while a path is connected again, if its last controller got an ID in use. With TLS nothing can be held: only the
    /// kernel has the keys.
    pub(super) fn hold(&self, id: AttemptId) -> Option<Hold> {
        let path = self.attempts[id].path().filter(|path| path.is_number_taken)?;
        let target = Target::from(&path.planned);
        let endpoint = self.endpoint(target.network)?;
        let probe = Probe { hdr_digest: false, data_digest: false, ..target.probe(endpoint) };
        let host = self.plan.host.as_ref().filter(|_| !probe.tls)?;
        let (nqn, hostnqn) = (target.nqn.to_owned(), host.nqn.clone());
        let all = sysfs::controllers(&self.settings.root);
        let of_subsystem = all.iter().filter(|controller| controller.nqn == nqn);
        let taken = of_subsystem.filter_map(|known| sysfs::number(&self.settings.root, &known.name)).collect();
        Some(Hold { probe, nqn, hostnqn, hostid: host.id, taken })
    }

    /// Whether another path of the subsystem has its target: nbft never disconnects the last controller of a namespace.
    fn is_served_otherwise(&self, id: AttemptId, path: &PathGoal) -> bool {
        let serves = |other: &PathGoal| !other.is_stalled && other.planned.nqn == path.planned.nqn;
        self.attempts.paths().any(|(other, phase, goal)| other != id && phase == Phase::Up && serves(goal))
    }

    fn drop_path(&mut self, id: AttemptId) {
        let reason = ConnectFailure::Unlisted.reason();
        log::info!("{}: {}", self.attempts[id].name(), reason.text);
        self.set_phase(id, Phase::Idle);
        let Some(path) = self.attempts[id].path_mut() else { return };
        path.forget_loss();
        path.status.state = State::Failed;
        path.status.set_reason(Some(reason));
        if let Some(controller) = path.status.controller.take() {
            self.effects.push(Effect::Disconnect { controller });
        }
    }
}

/// Whether the log page lists this path.
fn is_listed(path: &Path, controller: &DiscoveryController, log: &Log) -> bool {
    log.entries.iter().filter(|entry| entry.kind == EntryKind::Subsystem).any(|entry| {
        (controller.address_of(entry), entry.port) == (path.traddr, path.trsvcid) && entry.nqn.0 == path.nqn
    })
}
