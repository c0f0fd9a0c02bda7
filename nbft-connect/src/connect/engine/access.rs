//! Tells which connected paths give access to their namespaces, and why a namespace is missing.

use super::attempt::Phase;
use super::state::StateMachine;
use crate::connect::failure::Waiting;
use crate::nvme::sysfs::{AnaState, Controller, NoAccess};
use crate::output::logger;
use crate::status::live::ana_state;
use libnbft::plan::Namespace;

impl StateMachine {
    /// Notes the ANA states of the connected paths, and logs which path has lost or gained access.
    pub(super) fn note_ana(&mut self, controllers: &[Controller]) {
        if !self.watch.shows_ana() {
            return;
        }
        let expected = self.namespaces.iter().map(|namespace| &namespace.status);
        for (_, attempt) in self.attempts.iter_mut().filter(|(_, attempt)| attempt.phase == Phase::Up) {
            let name = attempt.name();
            let Some(path) = attempt.path_mut() else { continue };
            let is_made = |made: &&Controller| Some(&made.name) == path.status.controller.as_ref();
            let Some(made) = controllers.iter().find(is_made) else { continue };
            let state = ana_state(made, expected.clone());
            match access(path.status.ana_state, state) {
                Some(Access::Lost(state)) => {
                    log::warn!("{name}: the ANA state of its namespace is {state}: nothing goes through {}", made.name);
                }
                Some(Access::Gained(state)) => {
                    log::info!(target: logger::CONSOLE, "{name}: the ANA state of its namespace is {state} now")
                }
                None => {}
            }
            path.status.ana_state = state;
        }
    }

    /// Reads the ANA states once more, if there are any: controllers that were connected after the last namespace appeared were not
    /// scanned.
    pub(super) fn note_last_ana(&mut self) {
        if self.watch.shows_ana() {
            let controllers = self.watch.controllers(&self.settings.root, |_| true);
            self.note_ana(&controllers);
        }
    }
}

/// A change of access that is logged.
#[derive(Debug, PartialEq, Eq)]
enum Access {
    Lost(AnaState),
    Gained(AnaState),
}

/// Whether a change of the ANA state loses or gains access. `Unknown` does neither: each controller shows it for a moment after it is
/// connected.
fn access(before: Option<AnaState>, now: Option<AnaState>) -> Option<Access> {
    let is_lost = |state: Option<AnaState>| state.is_some_and(|state| !state.is_usable() && state != AnaState::Unknown);
    match (is_lost(before), is_lost(now), now?) {
        (false, true, state) => Some(Access::Lost(state)),
        (true, false, state) if state.is_usable() => Some(Access::Gained(state)),
        _ => None,
    }
}

/// Whether the kernel still has a controller of this subsystem that it does not delete. If so, I/O to its namespaces waits instead of
/// failing.
pub(super) fn keeps_trying(controllers: &[Controller], nqn: &str) -> bool {
    controllers.iter().any(|controller| controller.nqn == nqn && !controller.is_deleting())
}

/// Why a namespace is not there, or what the subsystem shows instead.
pub(super) fn why_missing(controllers: &[Controller], wanted: &Namespace) -> Waiting {
    if let Some(why) = NoAccess::of(controllers, &wanted.nqn, wanted.nsid, wanted.nid) {
        return Waiting::Inaccessible(why);
    }
    let of_subsystem = controllers.iter().filter(|controller| controller.nqn == wanted.nqn);
    let mut live = of_subsystem.clone().filter(|controller| controller.is_live()).peekable();
    if live.peek().is_none() {
        return match of_subsystem.clone().next() {
            Some(first) => Waiting::NotLive { controller: first.name.clone(), state: first.state.clone() },
            None => Waiting::NoController,
        };
    }
    let mut seen: Vec<String> = Vec::new();
    for namespace in live.flat_map(|controller| &controller.namespaces) {
        if namespace.is(wanted.nsid, wanted.nid) {
            return Waiting::NoDisk;
        }
        let text = namespace.to_string();
        if !seen.contains(&text) {
            seen.push(text);
        }
    }
    match seen.is_empty() {
        true => Waiting::NoNamespace,
        false => Waiting::OtherNamespaces(seen.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_that_is_not_told_yet_is_no_loss() {
        use AnaState::{Inaccessible, NonOptimized, Optimized, Unknown};
        let cases = [
            (None, Some(Unknown), None),
            (Some(Unknown), Some(Optimized), None),
            (Some(Unknown), Some(Inaccessible), Some(Access::Lost(Inaccessible))),
            (None, Some(Inaccessible), Some(Access::Lost(Inaccessible))),
            (Some(Inaccessible), Some(NonOptimized), Some(Access::Gained(NonOptimized))),
            (Some(Optimized), Some(NonOptimized), None),
            (Some(Optimized), None, None),
        ];
        for (before, now, wanted) in cases {
            assert_eq!(access(before, now), wanted, "{before:?}, {now:?}");
        }
    }

    #[test]
    fn a_namespace_is_lost_with_its_last_controller_only() {
        let nqn = "nqn.2014-08.org.example:one";
        let controller =
            |nqn: &str, state: &str| Controller { nqn: nqn.into(), state: state.into(), ..Controller::default() };
        let cases: [(&[(&str, &str)], bool); 5] = [
            (&[(nqn, "connecting")], true),
            (&[(nqn, "resetting"), (nqn, "deleting (no IO)")], true),
            (&[(nqn, "deleting")], false),
            (&[("nqn.2014-08.org.example:other", "live")], false),
            (&[], false),
        ];
        for (all, wanted) in cases {
            let all: Vec<Controller> = all.iter().map(|(nqn, state)| controller(nqn, state)).collect();
            assert_eq!(keeps_trying(&all, nqn), wanted, "{all:?}");
        }
    }
}
