//! Takes an attempt from phase to phase: starts it, notes its failure, pauses it, and notes its success.

use super::attempt::{Attempt, Phase, TargetId};
use super::event::Effect;
use super::state::StateMachine;
use crate::connect::failure::{ConnectFailure, Waiting};
use crate::connect::target::Target;
use crate::nvme::fabrics::options::{Connection, OptionError, OptionString, Supported};
use crate::nvme::security::Requirements;
use crate::status::schema::{Reason, State};
use libnbft::plan::NetworkRef;
use std::time::{Duration, Instant};

impl StateMachine {
    /// The attempt at a target.
    pub(super) fn attempt(&mut self, target: TargetId) -> Option<&mut Attempt> {
        self.attempts.iter_mut().find(|attempt| attempt.target == target)
    }

    pub(super) fn phase(&self, target: TargetId) -> Option<Phase> {
        self.attempts.iter().find(|attempt| attempt.target == target).map(|attempt| attempt.phase)
    }

    pub(super) fn set_phase(&mut self, target: TargetId, phase: Phase) {
        if let Some(attempt) = self.attempt(target) {
            attempt.phase = phase;
        }
    }

    /// The phases of all paths, in the plan's order.
    pub(super) fn path_phases(&self) -> Vec<Phase> {
        let mut phases = vec![Phase::WaitNetwork; self.plan.paths.len()];
        for attempt in &self.attempts {
            if let TargetId::Path(path) = attempt.target {
                phases[path] = attempt.phase;
            }
        }
        phases
    }

    /// What is planned for a target.
    pub(super) fn planned(&self, target: TargetId) -> Target<'_> {
        match target {
            TargetId::Path(path) => Target::from(&self.plan.paths[path]),
            TargetId::Discovery(index) => Target::from(&self.plan.discovery[index]),
        }
    }

    /// Starts the attempts over an interface that is ready: the boot namespaces' paths first, then other paths, then discovery.
    pub(super) fn start_over(&mut self, at: NetworkRef) {
        let namespaces = &self.plan.namespaces;
        let rank = |target: &TargetId| match target {
            TargetId::Path(path) if namespaces.iter().any(|n| n.boot && n.paths.contains(path)) => 0,
            TargetId::Path(_) => 1,
            TargetId::Discovery(_) => 2,
        };
        let over = self.attempts.iter().filter(|attempt| self.planned(attempt.target).network == at);
        let waits = over.filter(|attempt| match (attempt.phase, attempt.target) {
            (Phase::WaitNetwork, _) | (Phase::Pause, TargetId::Path(_)) => true,
            (Phase::Pause, TargetId::Discovery(index)) => self.helps(index),
            _ => false,
        });
        let mut targets: Vec<TargetId> = waits.map(|attempt| attempt.target).collect();
        targets.sort_by_key(rank);
        for target in targets {
            self.start(target);
        }
    }

    /// Starts a try. It begins with a probe, so that no dead target holds the device.
    pub(super) fn start(&mut self, target: TargetId) {
        if self.phase(target) == Some(Phase::Up) {
            return;
        }
        let planned = self.planned(target);
        let Some(endpoint) = self.endpoint(planned.network) else {
            self.set_phase(target, Phase::WaitNetwork);
            return;
        };
        let probe = planned.probe(endpoint);
        if self.needs_no_probe(target) {
            self.set_phase(target, Phase::Queued);
            return;
        }
        let is_under_way = self.is_port_probed(target);
        self.set_phase(target, Phase::Probing);
        if is_under_way {
            return;
        }
        let begins = match target {
            TargetId::Path(_) => self.next_probe_at(),
            TargetId::Discovery(_) => Instant::now(),
        };
        self.effects.push(Effect::Probe { target, probe, begins });
    }

    /// A try has failed: notes why, and pauses before the next.
    pub(super) fn failed(&mut self, target: TargetId, failure: ConnectFailure) {
        let reason = failure.reason();
        let (attempts, before, is_quiet) = match target {
            TargetId::Path(path) => {
                let status = &mut self.status.paths[path];
                (status.authenticated, status.secured) = (None, None);
                status.state = State::Failed;
                (&mut status.attempts, &status.reason, status.unavailable)
            }
            TargetId::Discovery(index) => {
                let status = &mut self.status.discovery[index];
                status.state = State::Failed;
                (&mut status.attempts, &status.reason, false)
            }
        };
        *attempts += 1;
        let attempts = *attempts;
        // Unavailable entries fail quietly, and nobody needs the same line every second.
        let level =
            if is_quiet || before.as_ref() == Some(&reason.text) { log::Level::Debug } else { log::Level::Warn };
        log::log!(level, "{}: {failure}", self.name(target));
        self.set_reason(target, Some(reason));
        self.save_soon();
        self.pause(target, self.pause_after(attempts));
        if let TargetId::Path(path) = target {
            self.fall_back(path);
        }
    }

    /// Names a target in the log.
    fn name(&self, target: TargetId) -> String {
        match target {
            TargetId::Path(path) => {
                let status = &self.status.paths[path];
                format!("{} port {} over {}", status.traddr, status.trsvcid, status.host_iface)
            }
            TargetId::Discovery(index) => format!("discovery controller at {}", self.plan.discovery[index]),
        }
    }

    pub(super) fn set_reason(&mut self, target: TargetId, reason: Option<Reason>) {
        match target {
            TargetId::Path(path) => self.status.paths[path].set_reason(reason),
            TargetId::Discovery(index) => self.status.discovery[index].set_reason(reason),
        }
    }

    pub(super) fn pause(&mut self, target: TargetId, pause: Duration) {
        self.set_phase(target, Phase::Pause);
        self.effects.push(Effect::Pause { target, pause });
    }

    /// A controller of this path is connected.
    pub(super) fn path_up(&mut self, path: usize, controller: String) {
        let elapsed = self.elapsed_ms();
        self.set_phase(TargetId::Path(path), Phase::Up);
        self.effects.push(Effect::Register { controller: controller.clone() });
        let planned = &self.plan.paths[path];
        let (traddr, trsvcid, nqn) = (planned.traddr, planned.trsvcid, &planned.nqn);
        let source = self.endpoint(planned.network).map(|endpoint| (endpoint.link_name.clone(), endpoint.address));
        let status = &mut self.status.paths[path];
        status.attempts += 1;
        status.state = State::Up;
        status.set_reason(None);
        status.connected_ms = Some(elapsed);
        if let Some((name, address)) = source {
            status.host_iface = name;
            status.host_traddr = Some(address.to_string());
        }
        let how = status.how();
        let iface = &status.host_iface;
        log::info!("{controller}: {traddr} port {trsvcid} over {iface} after {elapsed} ms ({nqn}){how}");
        status.controller = Some(controller);
    }

    /// The connection, by the interface's name and address as they are now.
    fn connection<'s>(&'s self, target: &Target<'s>, supported: &Supported) -> Result<Connection<'s>, ConnectFailure> {
        let host = self.plan.host.as_ref().ok_or(ConnectFailure::NoHost)?;
        let endpoint = self.endpoint(target.network);
        let (hdr_digest, data_digest) = target.digests;
        let secrets = self.secrets(target, supported)?;
        Ok(Connection {
            nqn: target.nqn,
            traddr: target.traddr,
            trsvcid: target.trsvcid,
            hostnqn: &host.nqn,
            hostid: host.id,
            host_traddr: endpoint.map(|endpoint| endpoint.address).or(target.host_traddr),
            host_iface: Some(endpoint.map_or(target.host_iface, |endpoint| &endpoint.link_name)),
            hdr_digest,
            data_digest,
            ctrl_loss_tmo: self.settings.ctrl_loss_tmo,
            tls: self.tls(target, supported, secrets.is_some())?,
            secrets,
        })
    }

    /// What the device is given for a target, and the requirements that the connection must meet; `string` makes the options of its
    /// kind of controller.
    ///
    /// # Errors
    ///
    /// What keeps it from being connected.
    pub(super) fn prepare<'s>(
        &'s self,
        target: &Target<'s>,
        supported: &Supported,
        string: impl FnOnce(&Connection<'s>, &Supported) -> Result<OptionString, OptionError>,
    ) -> Result<(OptionString, Requirements), ConnectFailure> {
        let connection = self.connection(target, supported)?;
        let options = string(&connection, supported)?;
        let requirements =
            Requirements::new(target.security, connection.secrets.as_deref()).with_tls(connection.tls.as_ref());
        Ok((options, requirements))
    }

    /// Why the interface of a target that was never tried is not ready.
    pub(super) fn blamed_interface(&self, target: &Target<'_>) -> Option<Waiting> {
        let index = crate::status::schema::Status::interface_index(&self.plan, target.network)?;
        let reason = self.status.interfaces[index].reason.clone()?;
        Some(Waiting::Interface { interface: target.host_iface.to_owned(), reason })
    }
}
