//! Takes the events of the network: writes them into the status, and starts what waited for them.

use super::Engine;
use crate::connect::target::LinkEndpoint;
use crate::net::NetEvent;
use crate::nvme::fabrics::Fabrics;
use crate::status::schema::{HfiStatus, Reason, State, Status};
use libnbft::plan::NetworkRef;

impl<F: Fabrics + 'static> Engine<F> {
    pub(super) fn network(&mut self, event: NetEvent) {
        match event {
            NetEvent::Ready { at, link_name, ifindex, address, lease, timings } => {
                log::info!("{link_name}: ready with {address} after {} ms ({timings})", self.elapsed_ms());
                let elapsed = self.elapsed_ms();
                if let Some(interface) = self.interface(at) {
                    interface.state = State::Up;
                    interface.name.clone_from(&link_name);
                    interface.address = Some(address.to_string());
                    interface.lease = lease.map(|lease| *lease);
                    interface.set_reason(None);
                    interface.ready_ms.get_or_insert(elapsed);
                }
                self.ready.retain(|(network, _)| *network != at);
                self.ready.push((at, LinkEndpoint { link_name, ifindex, address }));
                // A controller that is there already is known for this path's only now.
                self.scan_sysfs();
                self.start_paths_over(at);
                self.ask_over(at);
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
                if let Some(interface) = self.interface(at) {
                    log::debug!("{}: waiting for {for_what}", interface.name);
                    interface.set_reason(Some(Reason {
                        code: for_what.code().to_owned(),
                        text: format!("waiting for {for_what}"),
                    }));
                }
            }
            NetEvent::Failed { at, reason } => {
                let reason = Reason { code: reason.code().to_owned(), text: reason.to_string() };
                let name = self.interface(at).map(|interface| {
                    interface.state = State::Failed;
                    interface.set_reason(Some(reason.clone()));
                    interface.name.clone()
                });
                log::warn!("{}: {}", name.unwrap_or_default(), reason.text);
                self.ready.retain(|(network, _)| *network != at);
            }
        }
    }

    pub(super) fn ready(&self, at: NetworkRef) -> Option<&LinkEndpoint> {
        self.ready.iter().find(|(network, _)| *network == at).map(|(_, ready)| ready)
    }

    pub(super) fn interface(&mut self, at: NetworkRef) -> Option<&mut HfiStatus> {
        let index = Status::interface_index(&self.plan, at)?;
        self.status.interfaces.get_mut(index)
    }
}
