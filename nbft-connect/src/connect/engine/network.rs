//! Records the progress of each interface, and starts the attempts over it when it is ready.

use super::state::StateMachine;
use crate::connect::target::LinkEndpoint;
use crate::net::{BondOutcome, NetEvent, NetFailure};
use crate::output::logger;
use crate::status::schema::{HfiStatus, Reason, State};
use libnbft::plan::NetworkRef;

impl StateMachine {
    pub(super) fn network(&mut self, event: NetEvent) {
        let now = self.clock.now();
        match event {
            NetEvent::Ready { at, link_name, ifindex, address, lease, timings, port, bond } => {
                let elapsed = self.elapsed_ms();
                let has_warned = self.network_state(at).is_some_and(|network| network.status.state == State::Failed);
                let target = logger::target_after(has_warned);
                log::info!(target: target, "{link_name}: ready with {address} after {elapsed} ms ({timings})");
                if let Some(network) = self.network_state_mut(at) {
                    network.turn(State::Up, None, now);
                    network.note_ready(elapsed, &timings);
                    let interface = &mut network.status;
                    // The HFI's own link, even if its master has the address.
                    interface.name.clone_from(port.as_ref().unwrap_or(&link_name));
                    interface.address = Some(address.to_string());
                    interface.lease = lease.map(|lease| *lease);
                    let master = port.map(|port| Reason {
                        code: NetFailure::LINK_HAS_MASTER.to_owned(),
                        text: format!("{port} is a port of {link_name}, which has the address"),
                    });
                    let (ports, without) = match bond {
                        Some(BondOutcome::Ports(ports)) => (ports, None),
                        Some(BondOutcome::Without(failure)) => (Vec::new(), Some(failure)),
                        None => (Vec::new(), None),
                    };
                    interface.ports = ports;
                    interface.set_reason(master.or_else(|| without.map(|failure| without_bond(&failure, &link_name))));
                    interface.ready_ms.get_or_insert(elapsed);
                    network.endpoint = Some(LinkEndpoint { link_name, ifindex, address });
                }
                // Only now can a controller that is connected already be recognised as this path's.
                self.scan_sysfs();
                self.start_over(at);
            }
            NetEvent::Renewed { at, lease } => {
                if let Some(interface) = self.interface(at) {
                    interface.lease = Some(*lease);
                }
            }
            NetEvent::Informed { at, information } => {
                if let Some(interface) = self.interface(at) {
                    log::info!("{}: {} told: {information}", interface.name, information.server);
                    interface.information = Some(*information);
                }
            }
            NetEvent::Waiting { at, for_what } => {
                self.note_waiting(at, for_what);
                if let Some(network) = self.network_state_mut(at) {
                    log::debug!("{}: waiting for {for_what}", network.status.name);
                    network.turn(network.status.state, Some(for_what), now);
                    network.status.set_reason(Some(Reason {
                        code: for_what.code().to_owned(),
                        text: format!("waiting for {for_what}"),
                    }));
                }
            }
            NetEvent::Failed { at, reason } => {
                let reason = Reason { code: reason.code().to_owned(), text: reason.to_string() };
                if let Some(network) = self.network_state_mut(at) {
                    log::warn!("{}: {}", network.status.name, reason.text);
                    network.turn(State::Failed, None, now);
                    network.status.set_reason(Some(reason));
                    network.endpoint = None;
                }
            }
        }
    }

    fn interface(&mut self, at: NetworkRef) -> Option<&mut HfiStatus> {
        Some(&mut self.network_state_mut(at)?.status)
    }
}

/// Why a network uses one port of its bond: the bond failed.
fn without_bond(failure: &NetFailure, link_name: &str) -> Reason {
    Reason { code: failure.code().to_owned(), text: format!("{failure}; {link_name} is used without the bond") }
}
