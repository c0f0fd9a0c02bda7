//! What trying a subsystem's port and asking a discovery controller have in common.

use super::Engine;
use crate::connect::backoff::{LONGEST, LONGEST_STAYING, pause};
use crate::connect::failure::{ConnectFailure, Waiting};
use crate::connect::target::Target;
use crate::nvme::fabrics::Fabrics;
use crate::nvme::fabrics::options::{Connection, Supported};
use crate::status::schema::Status;
use std::time::Duration;

impl<F: Fabrics + 'static> Engine<F> {
    /// The connection, by the interface's name and address as they are now.
    pub(super) fn connection<'s>(
        &'s self,
        target: &Target<'s>,
        supported: &Supported,
    ) -> Result<Connection<'s>, ConnectFailure> {
        let host = self.plan.host.as_ref().ok_or(ConnectFailure::NoHost)?;
        let ready = self.ready(target.network);
        let (hdr_digest, data_digest) = target.digests;
        let secrets = self.secrets(target, supported)?;
        Ok(Connection {
            nqn: target.nqn,
            traddr: target.traddr,
            trsvcid: target.trsvcid,
            hostnqn: &host.nqn,
            hostid: host.id,
            host_traddr: ready.map(|ready| ready.address).or(target.host_traddr),
            host_iface: Some(ready.map_or(target.host_iface, |ready| &ready.link_name)),
            hdr_digest,
            data_digest,
            ctrl_loss_tmo: self.settings.ctrl_loss_tmo,
            tls: self.tls(target, supported, secrets.is_some())?,
            secrets,
        })
    }

    /// The longest pause between two tries.
    pub(super) const fn longest(&self) -> Duration {
        if self.is_resident() { LONGEST_STAYING } else { LONGEST }
    }

    /// The pause after the `attempts`th failure.
    pub(super) fn pause_after(&self, attempts: u32) -> Duration {
        pause(attempts, self.longest())
    }

    /// What the interface has to say to one that was never tried.
    pub(super) fn blamed_interface(&self, target: &Target<'_>) -> Option<Waiting> {
        let interface = &self.status.interfaces[Status::interface_index(&self.plan, target.network)?];
        Some(Waiting::Interface { interface: target.host_iface.to_owned(), reason: interface.reason.clone()? })
    }
}
