//! Compares the controllers and namespaces in sysfs with the expected ones.

use super::access::{keeps_trying, why_missing};
use super::attempt::{AttemptId, Phase};
use super::state::{Expected, StateMachine, elapsed_ms};
use crate::connect::failure::{ConnectFailure, Waiting};
use crate::connect::paths::is_path;
use crate::nvme::security;
use crate::nvme::security::{Violation, check_cipher_suites, satisfies};
use crate::nvme::sock_diag::Since;
use crate::nvme::sysfs::{self, Controller, NoAccess};
use crate::output::logger;
use crate::status::schema::{PathStatus, Reason, State};
use libnbft::plan::Policy;
use nix::time::{ClockId, clock_gettime};
use std::collections::BTreeMap;
use std::time::Duration;

/// While a namespace is missing, the pause after a scan is this many times the scan's processor time.
const SHARE: u32 = 4;

/// The pause between two scans when no namespace is missing.
const AT_LEISURE: Duration = Duration::from_secs(1);

/// The pause between two scans while a namespace is out of reach by its ANA state: the kernel sends no uevent when this changes.
const ANA_PAUSE: Duration = Duration::from_secs(1);

/// In words, how a controller was authenticated and how it is secured, as far as that is known.
type SecurityState = (Option<String>, Option<String>);

impl StateMachine {
    /// Takes over a connected controller that matches this path.
    pub(super) fn adopt(&mut self, id: AttemptId, controllers: &[Controller]) -> bool {
        let Some(path) = self.attempts[id].path() else { return false };
        let endpoint = self.endpoint(path.planned.network);
        let Some(name) = controllers.iter().find(|c| is_path(c, &path.planned, endpoint)).map(|c| c.name.clone())
        else {
            return false;
        };
        if sysfs::is_deleting(&self.settings.root, &name) {
            return false;
        }
        let Ok(verified) = self.verify(id, controllers) else { return false };
        log::info!("{name} is there already");
        if let Some(path) = self.attempts[id].path_mut() {
            (path.status.authenticated, path.status.secured) = verified;
        }
        self.path_up(id, name);
        true
    }

    /// Verifies that a connected controller meets the path's security: how it was authenticated and is secured.
    ///
    /// # Errors
    ///
    /// The violation: it was not authenticated, it is in plaintext, or its cipher suite is not allowed.
    pub(super) fn verify(&self, id: AttemptId, controllers: &[Controller]) -> Result<SecurityState, Violation> {
        let Some(path) = self.attempts[id].path() else { return Ok(SecurityState::default()) };
        let planned = &path.planned;
        let made = controllers.iter().find(|c| is_path(c, planned, self.endpoint(planned.network)));
        match (planned.security.as_ref(), made) {
            (Some(policy), Some(made)) => self.verify_controller(policy, made),
            _ => Ok(SecurityState::default()),
        }
    }

    /// Verifies a connected controller against a policy.
    fn verify_controller(&self, policy: &Policy, made: &Controller) -> Result<SecurityState, Violation> {
        let (root, name) = (&self.settings.root, &made.name);
        satisfies(policy, root, name)?;
        let key = sysfs::tls_key(root, name);
        // Reuse what the previous run verified for this controller.
        let before = self.settings.before.iter().flat_map(|before| &before.paths);
        let mut known = before.filter(|known| known.nqn == made.nqn && known.controller.as_ref() == Some(name));
        let (authenticated, secured) =
            known.next().map(|known| (known.authenticated.clone(), known.secured.clone())).unwrap_or_default();
        if key.is_none() || secured.is_some() {
            return Ok((authenticated, secured));
        }
        let suites = security::suites(root, name, &Since::ever(&*self.settings.sockets));
        Ok((authenticated, Some(format!("TLS 1.3{}", check_cipher_suites(Some(policy), name, suites)?))))
    }

    /// The controllers whose namespaces count: not those being verified, nor those that violate security. Notes the violations.
    fn retain_trusted(&mut self, mut controllers: Vec<Controller>) -> Vec<Controller> {
        let mut unsecured = BTreeMap::new();
        let any_secured =
            !self.plan.secured.is_empty() || self.attempts.paths().any(|(.., path)| path.planned.security.is_some());
        controllers.retain(|controller| {
            if self.is_being_verified(controller) {
                return false;
            }
            let reason = any_secured.then(|| self.unsecured(controller)).flatten();
            let counts = reason.is_none();
            unsecured.extend(reason.map(|reason| (controller.nqn.clone(), reason)));
            counts
        });
        for (nqn, reason) in unsecured.iter().filter(|(nqn, reason)| self.unsecured.get(*nqn) != Some(reason)) {
            log::warn!("{nqn}: {reason}; what is behind it does not count");
        }
        self.unsecured = unsecured;
        controllers
    }

    /// Why a foreign controller does not satisfy the tables' security.
    fn unsecured(&self, controller: &Controller) -> Option<Violation> {
        let is_ours = |status: &PathStatus| {
            status.state == State::Up
                && status.controller.as_ref() == Some(&controller.name)
                && status.nqn == controller.nqn
        };
        if self.attempts.paths().any(|(.., path)| is_ours(&path.status)) {
            return None;
        }
        let mut planned = self.attempts.paths().map(|(.., path)| &path.planned);
        if let Some(path) = planned.find(|path| is_path(controller, path, self.endpoint(path.network))) {
            return self.verify_controller(path.security.as_ref()?, controller).err();
        }
        // No path in the tables matches: their requirement for the subsystem applies.
        match self.plan.requirement(&controller.nqn) {
            Ok(policy) => self.verify_controller(policy?, controller).err(),
            Err(error) => Some(Violation::SubsystemUnmet { controller: controller.name.clone(), error: error.clone() }),
        }
    }

    /// Finds paths whose controllers are of no use any more. The kernel removes a controller for good if a target refuses a reconnection
    /// with "do not retry", whatever ctrl_loss_tmo says. A controller bound to a link that has become a port receives nothing.
    fn find_lost(&mut self, controllers: &[Controller]) {
        let mut lost = Vec::new();
        for (id, attempt) in self.attempts.in_phase(|phase| phase == Phase::Up) {
            let Some(path) = attempt.path() else { continue };
            let Some(name) = path.status.controller.clone() else { continue };
            let is_own = |c: &&Controller| c.name == name && c.nqn == path.planned.nqn && !c.is_deleting();
            let bound = match controllers.iter().find(is_own) {
                Some(controller) => &controller.host_iface,
                None => {
                    lost.push((id, ConnectFailure::Removed { controller: name }));
                    continue;
                }
            };
            let endpoint = self.endpoint(path.planned.network);
            if let Some(link) = endpoint.filter(|now| !bound.is_empty() && now.link_name != *bound) {
                let (bound, link) = (bound.clone(), link.link_name.clone());
                lost.push((id, ConnectFailure::BoundElsewhere { controller: name, bound, link }));
            }
        }
        for (id, failure) in lost {
            if let Some(path) = self.attempts[id].path_mut() {
                (path.status.controller, path.status.attempts) = (None, 0);
                path.forget_loss();
            }
            self.failed(id, failure);
        }
    }

    /// Whether to listen to uevents: with many paths, the kernel sends many that nothing waits for.
    pub(super) fn needs_uevents(&self) -> bool {
        self.watches() || self.settings.persistent_discovery
    }

    /// Whether to scan sysfs: another program may connect a path, and the kernel then refuses to connect it again.
    fn watches(&self) -> bool {
        self.is_resident() || self.is_missing_some()
    }

    /// Scans sysfs now, or a little later when the last scan was just now: a scan costs more with each controller, and each new
    /// controller causes several events.
    pub(super) fn scan_soon(&mut self) {
        if !self.watches() {
            return;
        }
        if self.no_scan_before <= self.clock.now() {
            self.scan_sysfs();
        } else {
            self.next_scan.get_or_insert(self.no_scan_before);
        }
    }

    /// Whether this controller's security is being verified. It may be disconnected again, so its namespaces do not count yet.
    fn is_being_verified(&self, controller: &Controller) -> bool {
        self.attempts.in_phase(|phase| phase == Phase::Writing).any(|(_, attempt)| {
            let Some(path) = attempt.path().map(|path| &path.planned) else { return false };
            path.security.is_some() && is_path(controller, path, self.endpoint(path.network))
        })
    }

    /// Whether a namespace is missing.
    pub(super) fn is_missing_some(&self) -> bool {
        self.namespaces.iter().any(|namespace| namespace.status.state != State::Up)
    }

    /// Compares what sysfs shows with what is expected.
    pub(super) fn scan_sysfs(&mut self) {
        let begun = processor_time();
        self.next_scan = None;
        self.compare_with_sysfs();
        let pause = if self.is_missing_some() { SHARE * processor_time().saturating_sub(begun) } else { AT_LEISURE };
        // The pause begins after the scan.
        let now = self.clock.read();
        self.no_scan_before = now + pause;
        if self.namespaces.iter().any(|namespace| namespace.status.code.as_deref() == Some(NoAccess::CODE)) {
            self.next_scan = Some(now + pause.max(ANA_PAUSE));
        }
    }

    fn compare_with_sysfs(&mut self) {
        // Namespaces that are present need no scan, except in the resident process.
        let missing = |nqn: &str| {
            let mut of_subsystem = self.namespaces.iter().filter(|namespace| namespace.planned.nqn == nqn);
            of_subsystem.any(|namespace| namespace.status.state != State::Up)
        };
        let is_resident = self.is_resident();
        let controllers = self.watch.controllers(&self.settings.root, |nqn| is_resident || missing(nqn));
        self.clock.read();
        if is_resident {
            self.find_lost(&controllers);
            self.find_lost_discovery(&controllers);
        }
        let open = self.attempts.in_phase(|phase| !matches!(phase, Phase::Up | Phase::Writing));
        let open: Vec<AttemptId> = open.map(|(id, _)| id).collect();
        for id in open {
            self.adopt(id, &controllers);
        }
        self.note_ana(&controllers);
        let controllers = self.retain_trusted(controllers);
        for Expected { planned, status, .. } in &mut self.namespaces {
            if status.state == State::Up && !is_resident {
                continue;
            }
            let found =
                sysfs::find_namespace(&self.settings.root, &controllers, &planned.nqn, planned.nsid, planned.nid);
            match found {
                Some(_) if status.state == State::Up => {}
                Some(device) => {
                    warn_if_other(status.device.as_deref(), &device);
                    self.clock.read();
                    let elapsed = elapsed_ms(&self.settings, &self.clock);
                    let target = logger::target_after(status.device.is_some());
                    log::info!(target: target, "/dev/{device}: namespace of {} is there after {elapsed} ms", planned.nqn);
                    status.state = State::Up;
                    status.device = Some(format!("/dev/{device}"));
                    status.set_reason(None);
                    status.present_ms = Some(elapsed);
                }
                None => {
                    let unsecured = self.unsecured.get(&planned.nqn);
                    let missing = why_missing(&controllers, planned);
                    match (status.state, &status.device, unsecured, &missing) {
                        (State::Up, Some(device), None, Waiting::Inaccessible(why)) => {
                            log::error!("{device}: {why}: its I/O waits until a path gives access");
                        }
                        (State::Up, Some(device), None, Waiting::NotLive { controller, state })
                            if keeps_trying(&controllers, &planned.nqn) =>
                        {
                            log::warn!("{device}: {controller} is {state}: its I/O waits until a path is live again");
                        }
                        (State::Up, Some(device), None, _) => log::error!(
                            "{device} is gone with its last controller: file systems on it fail from now on, even when the \
                             namespace comes back; restart the machine"
                        ),
                        _ => {}
                    }
                    status.state = State::Pending;
                    let reason = unsecured.map(|why| Reason { code: why.code().to_owned(), text: why.to_string() });
                    status.set_reason(Some(reason.unwrap_or_else(|| missing.reason())));
                }
            }
        }
    }
}

/// The processor time of this thread: wall-clock time says little while the kernel is busy with connections.
fn processor_time() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map_or(Duration::ZERO, Duration::from)
}

/// Warns if a namespace that lost its last controller has come back as a new device: file systems of the old device stay dead.
fn warn_if_other(before: Option<&str>, device: &str) {
    if let Some(before) = before.and_then(|before| before.strip_prefix("/dev/")).filter(|before| *before != device) {
        log::error!("/dev/{before} has come back as /dev/{device}: what is mounted from /dev/{before} needs a restart");
    }
}
