//! Moves an attempt from phase to phase: starts it, pauses it, and notes its failure or success.

use super::attempt::{AttemptId, Phase};
use super::event::Effect;
use super::state::StateMachine;
use crate::cli::Bind;
use crate::connect::failure::{ConnectFailure, Waiting};
use crate::connect::target::Target;
use crate::nvme::fabrics::options::{Connection, OptionError, OptionString, Supported};
use crate::nvme::security::Requirements;
use crate::output::logger;
use crate::status::schema::State;
use libnbft::plan::NetworkRef;
use std::time::Duration;

impl StateMachine {
    pub(super) fn set_phase(&mut self, id: AttemptId, phase: Phase) {
        self.note_phase(id, phase);
        self.attempts[id].set_phase(phase, self.clock.now());
    }

    /// Starts the attempts over an interface that is ready: the boot namespaces' paths first, then other paths, then discovery.
    pub(super) fn start_over(&mut self, at: NetworkRef) {
        let mut ranks: Vec<u8> =
            self.attempts.iter().map(|(_, attempt)| if attempt.is_path() { 1 } else { 2 }).collect();
        for namespace in self.namespaces.iter().filter(|namespace| namespace.planned.boot) {
            namespace.paths.iter().for_each(|path| ranks[path.0] = 0);
        }
        let over = self.attempts.iter().filter(|(_, attempt)| attempt.target().network == at);
        let waits = over.filter(|(id, attempt)| match attempt.phase {
            Phase::WaitNetwork => true,
            Phase::Pause => attempt.is_path() || self.helps(*id),
            _ => false,
        });
        let mut ids: Vec<AttemptId> = waits.map(|(id, _)| id).collect();
        ids.sort_by_key(|id| ranks[id.0]);
        for id in ids {
            self.start(id);
        }
    }

    /// Starts a try with a probe, so that a dead target does not occupy the fabrics device.
    pub(super) fn start(&mut self, id: AttemptId) {
        let attempt = &self.attempts[id];
        if attempt.phase == Phase::Up {
            return;
        }
        let (target, is_path) = (attempt.target(), attempt.is_path());
        let Some(endpoint) = self.endpoint(target.network) else {
            self.set_phase(id, Phase::WaitNetwork);
            return;
        };
        let probe = target.probe(endpoint);
        if self.is_excluded(id) {
            return;
        }
        if self.needs_no_probe(id) {
            self.set_phase(id, Phase::Queued);
            return;
        }
        let is_under_way = self.is_port_probed(id);
        self.set_phase(id, Phase::Probing);
        if is_under_way {
            return;
        }
        let begins = if is_path { self.next_probe_at() } else { self.clock.now() };
        self.effects.push(Effect::Probe { attempt: id, probe, begins });
    }

    /// A try has failed: notes why, and pauses before the next.
    pub(super) fn failed(&mut self, id: AttemptId, failure: ConnectFailure) {
        let reason = failure.reason();
        let attempt = &mut self.attempts[id];
        // A path that is not expected fails quietly, and a repeated reason is not logged again.
        let is_quiet = attempt.path().is_some_and(|path| !path.status.is_expected());
        let is_said = attempt.state().1 == Some(&reason.text);
        let level = if is_quiet || is_said { log::Level::Debug } else { log::Level::Warn };
        log::log!(level, "{}: {failure}", attempt.name());
        let failures = attempt.set_failed(reason);
        self.save_soon();
        self.pause(id, self.pause_after(failures));
        self.fall_back(id);
    }

    pub(super) fn pause(&mut self, id: AttemptId, pause: Duration) {
        self.set_phase(id, Phase::Pause);
        self.effects.push(Effect::Pause { attempt: id, pause });
    }

    /// A controller of this path is connected.
    pub(super) fn path_up(&mut self, id: AttemptId, controller: String) {
        let elapsed = self.elapsed_ms();
        let endpoint = self.endpoint(self.attempts[id].target().network);
        let source = endpoint.map(|endpoint| (endpoint.link_name.clone(), endpoint.address));
        self.set_phase(id, Phase::Up);
        self.effects.push(Effect::Register { controller: controller.clone() });
        let Some(path) = self.attempts[id].path_mut() else { return };
        path.is_number_taken = false;
        let status = &mut path.status;
        let target = logger::target_after(status.state == State::Failed && status.is_expected());
        status.attempts += 1;
        status.state = State::Up;
        status.set_reason(None);
        status.connected_ms = Some(elapsed);
        if let Some((name, address)) = source {
            status.host_iface = name;
            status.host_traddr = Some(address.to_string());
        }
        let (how, iface, planned) = (status.how(), &status.host_iface, &path.planned);
        let (traddr, trsvcid, nqn) = (planned.traddr, planned.trsvcid, &planned.nqn);
        log::info!(target: target, "{controller}: {traddr} port {trsvcid} over {iface} after {elapsed} ms ({nqn}){how}");
        status.controller = Some(controller);
    }

    /// The connection, with the interface's current name and address.
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
            host_traddr: target.source(endpoint),
            host_iface: Some(target.iface(endpoint)),
            bind_iface: self.settings.bind == Bind::Interface,
            hdr_digest,
            data_digest,
            tunables: self.settings.connections.of(target.nqn),
            tls: self.tls(target, supported, secrets.is_some())?,
            secrets,
        })
    }

    /// The options to write for a target, and the requirements that its connection must meet. `string` formats the options for its kind of
    /// controller.
    ///
    /// # Errors
    ///
    /// Why the target cannot be connected.
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
        let reason = self.network_state(target.network)?.status.reason.clone()?;
        Some(Waiting::Interface { interface: target.host_iface.to_owned(), reason })
    }
}
