//! Trials of paths in user space, before the device is given them.

use super::{Done, Engine};
use crate::connect::paths::Phase;
use crate::connect::target::Target;
use crate::nvme::fabrics::Fabrics;
use crate::nvme::probe::{self, ProbeFailure};
use libnbft::plan::{NetworkRef, Policy};
use std::time::{Duration, Instant};

/// How long a trial may take: three SYNs are sent meanwhile.
pub(super) const PROBE_LIMIT: Duration = Duration::from_secs(5);

/// One trial begins this long after the other: the first to be proved need not wait until all have begun, and the last of
/// sixteen has not waited for fifteen dead ones.
const PACE: Duration = Duration::from_millis(3);

impl<F: Fabrics + 'static> Engine<F> {
    /// Starts what waits for this interface, the boot namespaces' paths first.
    pub(super) fn start_paths_over(&mut self, at: NetworkRef) {
        let mut paths: Vec<usize> = (0..self.plan.paths.len())
            .filter(|path| self.plan.paths[*path].network == at)
            .filter(|path| matches!(self.phases[*path], Phase::WaitNetwork | Phase::Pause))
            .collect();
        let namespaces = &self.plan.namespaces;
        paths.sort_by_key(|path| !namespaces.iter().any(|n| n.boot && n.paths.contains(path)));
        for path in paths {
            self.start_path(path);
        }
    }

    /// Starts a try: with the trial where other paths could suffer from this one, without it where it is the only one.
    pub(super) fn start_path(&mut self, path: usize) {
        if self.phases[path] == Phase::Up {
            return;
        }
        let planned = &self.plan.paths[path];
        let Some(ready) = self.ready(planned.network) else {
            self.phases[path] = Phase::WaitNetwork;
            return;
        };
        if self.plan.paths.len() == 1 && !self.is_resident() {
            self.phases[path] = Phase::Queued;
            return;
        }
        let under_way = self.same_port(path).any(|other| self.phases[other] == Phase::Probing);
        let trial = Target::from(planned).probe(ready);
        self.phases[path] = Phase::Probing;
        if under_way {
            // Many subsystems may be served at one port: one trial tells for all.
            return;
        }
        let begins = self.next_probe.max(Instant::now());
        self.next_probe = begins + PACE;
        self.work.push(Box::pin(async move {
            tokio::time::sleep_until(begins.into()).await;
            Done::Proved(path, probe::probe(&trial, PROBE_LIMIT).await)
        }));
    }

    /// Takes a trial's result for all paths that waited for it; those whose controllers were found meanwhile do no longer.
    pub(super) fn proved(&mut self, path: usize, result: Result<(), ProbeFailure>) {
        let waiting: Vec<usize> =
            self.same_port(path).chain([path]).filter(|path| self.phases[*path] == Phase::Probing).collect();
        let failure = result.err();
        for path in waiting {
            match &failure {
                None => self.phases[path] = Phase::Queued,
                Some(failure) => self.path_failed(path, failure.clone().into()),
            }
        }
    }

    /// The other paths to the same port over the same interface.
    fn same_port(&self, path: usize) -> impl Iterator<Item = usize> {
        let port = |path: usize| {
            let planned = &self.plan.paths[path];
            let digests = (planned.hdr_digest, planned.data_digest);
            (
                planned.traddr,
                planned.trsvcid,
                planned.network,
                digests,
                planned.security.as_ref().is_some_and(Policy::secures),
            )
        };
        (0..self.plan.paths.len()).filter(move |other| *other != path && port(*other) == port(path))
    }
}
