//! Notes when each step of an interface, a path and a namespace ended.

use super::attempt::{AttemptId, Phase};
use super::state::{Expected, NetworkState, StateMachine};
use crate::net::{Timings, Waiting};
use crate::status::timeline::{InterfaceStep, InterfaceTimes, NamespaceTimes, PathTimes, Timeline};
use libnbft::plan::NetworkRef;
use std::time::Duration;

impl StateMachine {
    /// The times so far; those of a former run, if that run booted the machine.
    pub(super) fn timeline(&self) -> Timeline {
        if let Some(of_boot) = &self.header.timeline {
            return of_boot.clone();
        }
        let interfaces = self
            .networks
            .iter()
            .map(|network| InterfaceTimes { name: network.status.name.clone(), ..network.times.clone() });
        let paths = self.attempts.paths().map(|(.., path)| PathTimes {
            traddr: path.status.traddr.clone(),
            trsvcid: path.status.trsvcid,
            host_iface: path.status.host_iface.clone(),
            nqn: path.status.nqn.clone(),
            attempts: path.status.attempts,
            connected_ms: path.status.connected_ms,
            ..path.times.clone()
        });
        Timeline {
            started_uptime_ms: self.header.started_uptime_ms,
            ended_ms: self.elapsed_ms(),
            interfaces: interfaces.collect(),
            paths: paths.collect(),
            namespaces: self.namespaces.iter().map(|namespace| self.namespace_times(namespace)).collect(),
        }
    }

    fn namespace_times(&self, Expected { paths, status, .. }: &Expected) -> NamespaceTimes {
        let connected = paths.iter().filter_map(|id| self.attempts[*id].path()?.status.connected_ms);
        NamespaceTimes {
            nqn: status.nqn.clone(),
            nsid: status.nsid,
            nid_type: status.nid_type.clone(),
            nid: status.nid.clone(),
            boot: status.boot,
            connected_ms: connected.min(),
            present_ms: status.present_ms,
        }
    }

    /// Notes when the search for the interfaces begins.
    pub(super) fn note_begin(&mut self) {
        let now = self.elapsed_ms();
        self.networks.iter_mut().for_each(|network| network.times.begin_ms = Some(now));
    }

    /// Notes what a network waits for: the step before it has ended.
    pub(super) fn note_waiting(&mut self, at: NetworkRef, for_what: Waiting) {
        let step = match for_what {
            Waiting::Nic => return,
            Waiting::Udev => InterfaceStep::Nic,
            Waiting::Carrier => InterfaceStep::Udev,
            Waiting::Address | Waiting::Lease | Waiting::Advertisement | Waiting::Manager => InterfaceStep::Carrier,
        };
        let now = self.elapsed_ms();
        if let Some(network) = self.network_state_mut(at) {
            network.times.reach(step, now);
        }
    }

    /// Notes that a path enters a phase.
    pub(super) fn note_phase(&mut self, id: AttemptId, phase: Phase) {
        let now = self.elapsed_ms();
        let is_probed = self.attempts[id].phase == Phase::Probing;
        let Some(path) = self.attempts[id].path_mut() else { return };
        match phase {
            Phase::Probing => drop(path.times.probe_ms.get_or_insert(now)),
            Phase::Queued if is_probed => path.times.probed_ms = Some(now),
            Phase::Writing => path.times.connect_ms = Some(now),
            _ => {}
        }
    }
}

impl NetworkState {
    /// Notes the times of a network that is ready for the first time. `timings` is exact, also for steps that needed no wait.
    pub(super) fn note_ready(&mut self, now: u64, timings: &Timings) {
        if self.times.address_ms.is_some() {
            return;
        }
        let ms = |duration: Duration| duration.as_millis() as u64;
        let carrier = now.saturating_sub(ms(timings.address));
        let udev = carrier.saturating_sub(ms(timings.carrier));
        let nic = self.times.begin_ms.unwrap_or(0).saturating_add(ms(timings.nic)).min(udev);
        let times = &mut self.times;
        (times.nic_ms, times.udev_ms) = (Some(nic), Some(udev));
        (times.carrier_ms, times.address_ms) = (Some(carrier), Some(now));
    }
}
