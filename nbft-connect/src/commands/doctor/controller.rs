//! Finds the kernel's controller for a path, or says why there is none.

use super::cause::{ConnectFault, ConnectReason, ControllerFault};
use super::machine::Machine;
use crate::connect::{LinkEndpoint, is_path};
use crate::nvme::sysfs::Controller;
use crate::status::schema::{PathStatus, State};
use libnbft::plan::{Path, Plan};

/// The kernel's controller for a path, in whatever state.
pub(super) fn of_path<'m>(machine: &'m Machine, path: &Path, ready: Option<&LinkEndpoint>) -> Option<&'m Controller> {
    machine.controllers.iter().find(|controller| is_path(controller, path, ready))
}

/// Why a controller that is there cannot be used.
pub(super) fn not_live(machine: &Machine, plan: &Plan, number: usize, controller: &Controller) -> ControllerFault {
    let status = machine.path_status(plan, number);
    let reason = status.and_then(|status| reason(machine, plan, status));
    ControllerFault::NotLive {
        name: controller.name.clone(),
        state: controller.state.clone(),
        lost: reason.filter(|reason| reason.fault == ConnectFault::TargetLost).map(Box::new),
    }
}

/// A connection to the same target that another program made without an interface.
fn unbound<'m>(machine: &'m Machine, path: &Path) -> Option<&'m Controller> {
    machine.controllers.iter().find(|controller| {
        let target = (&controller.nqn, controller.traddr.parse(), controller.trsvcid.parse());
        controller.host_traddr.is_empty()
            && controller.host_iface.is_empty()
            && target == (&path.nqn, Ok(path.traddr), Ok(path.trsvcid))
    })
}

/// Why there is no controller for a path whose target answers.
pub(super) fn missing(machine: &Machine, plan: &Plan, number: usize) -> ControllerFault {
    if let Some(other) = unbound(machine, &plan.paths[number]) {
        return ControllerFault::Unbound { name: other.name.clone() };
    }
    if let Some(parameter) = machine.kernel.nbft_off() {
        return ControllerFault::SwitchedOff { parameter };
    }
    if plan.host.is_none() {
        return ControllerFault::NoHostIdentity;
    }
    if !machine.has_driver() || !machine.has_device() {
        return ControllerFault::NoDriver;
    }
    let Some(status) = machine.path_status(plan, number) else {
        return ControllerFault::NotConnected;
    };
    let is_connecting = machine.is_connecting();
    match (status.state, reason(machine, plan, status)) {
        (State::Up, _) => ControllerFault::Gone { name: status.controller.clone(), is_connecting },
        (State::Failed, Some(reason)) => ControllerFault::ConnectFailed(reason),
        _ if is_connecting => ControllerFault::ConnectUnderWay,
        // The list has been changed since.
        (State::Excluded, Some(reason)) => ControllerFault::ConnectFailed(reason),
        _ => ControllerFault::ConnectEnded,
    }
}

/// Why `nbft connect` does not have the path up. The reason may be outdated: the network may have been repaired since.
fn reason(machine: &Machine, plan: &Plan, status: &PathStatus) -> Option<ConnectReason> {
    let text = status.reason.as_deref()?;
    Some(ConnectReason::new(text, status.code.as_deref(), &machine.host(plan), machine.generator))
}
