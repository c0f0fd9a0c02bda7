//! Follows the steps to a discovery controller, up to the answer that `nbft connect` had from it.

use super::cause::{Cause, ConnectReason, ControllerFault, DiscoveryFault, Step};
use super::machine::Machine;
use super::model::{DiscoveryReport, PathReport};
use super::walk::{Chain, endpoint};
use crate::status::names;
use crate::status::schema::{DiscoveryStatus, State};
use libnbft::plan::{DiscoveryController, DiscoveryMode, Plan};

/// The discovery controllers that `connect` would ask: immediately, or because a path that they listed fails.
pub(super) fn asked<'p>(plan: &'p Plan, paths: &'p [PathReport]) -> impl Iterator<Item = &'p DiscoveryController> {
    let broken = |controller: &DiscoveryController| {
        let names = names(&controller.ssns, "SSNS");
        paths.iter().any(|path| path.has_failed() && path.ssns.iter().any(|ssns| names.contains(ssns)))
    };
    plan.discovery.iter().filter(move |controller| controller.mode == DiscoveryMode::Immediate || broken(controller))
}

/// Follows the steps to one discovery controller.
pub(super) async fn walk(machine: &Machine, plan: &Plan, controller: &DiscoveryController) -> DiscoveryReport {
    let mut chain = Chain::default();
    let broken = follow(machine, plan, controller, &mut chain).await.err().map(Into::into);
    DiscoveryReport {
        nqn: controller.nqn.clone(),
        traddr: controller.traddr.to_string(),
        trsvcid: controller.trsvcid,
        host_iface: controller.host_iface.clone(),
        descriptors: names(&controller.descriptors, "discovery"),
        found: chain.found,
        broken,
    }
}

async fn follow(
    machine: &Machine,
    plan: &Plan,
    controller: &DiscoveryController,
    chain: &mut Chain,
) -> Result<(), Cause> {
    let ground = chain.ground(machine, plan, controller.network).await;
    let ready = ground.as_ref().ok().map(endpoint);
    if let Some(place) = machine.exclusion(plan, &controller.into(), ready.as_ref()) {
        return Err(ControllerFault::Excluded(place).into());
    }
    let (link, from) = ground?;
    chain.target(machine, plan, &controller.into(), (&link, &from)).await?;
    let listed = listed(machine, plan, machine.discovery_status(controller))?;
    chain.holds(Step::Discovery, format!("lists {listed} way(s) to subsystems"));
    Ok(())
}

/// How many subsystem entries its last answer lists.
fn listed(machine: &Machine, plan: &Plan, status: Option<&DiscoveryStatus>) -> Result<u64, DiscoveryFault> {
    let Some(status) = status else {
        return Err(match machine.kernel.nbft_off() {
            Some(parameter) => DiscoveryFault::SwitchedOff { parameter },
            None => DiscoveryFault::NotAsked { connect_has_run: false },
        });
    };
    match (status.state, status.ways, &status.reason) {
        (State::Up, Some(0) | None, _) => Err(DiscoveryFault::Empty { host: machine.host(plan) }),
        (State::Up, Some(ways), _) => Ok(ways),
        (State::Failed, _, Some(text)) => {
            let (host, generator) = (machine.host(plan), machine.generator);
            Err(DiscoveryFault::Failed(ConnectReason::new(text, status.code.as_deref(), &host, generator)))
        }
        _ if machine.is_connecting() => Err(DiscoveryFault::UnderWay),
        _ => Err(DiscoveryFault::NotAsked { connect_has_run: true }),
    }
}
