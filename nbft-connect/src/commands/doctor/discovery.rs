//! Discovery controllers, to the answer that `connect` had from them.

use super::cause::{Cause, Step};
use super::machine::Machine;
use super::model::{Broken, DiscoveryReport, PathReport};
use super::walk::Chain;
use crate::status::names;
use crate::status::schema::{DiscoveryStatus, State};
use libnbft::plan::{DiscoveryController, DiscoveryMode, Plan};

/// Those that `connect` would ask: at once, or since a path that came from them does not hold.
pub(super) fn asked<'p>(plan: &'p Plan, paths: &'p [PathReport]) -> impl Iterator<Item = &'p DiscoveryController> {
    let broken = |controller: &DiscoveryController| {
        let names = names(&controller.ssns, "SSNS");
        paths.iter().any(|path| path.broken.is_some() && path.ssns.iter().any(|ssns| names.contains(ssns)))
    };
    plan.discovery.iter().filter(move |controller| controller.mode == DiscoveryMode::Immediate || broken(controller))
}

/// Follows the chain to one.
pub(super) async fn walk(machine: &Machine, plan: &Plan, controller: &DiscoveryController) -> DiscoveryReport {
    let mut chain = Chain::default();
    let broken = follow(machine, plan, controller, &mut chain).await.err();
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
) -> Result<(), Broken> {
    let (link, from) = chain.ground(machine, plan, controller.network).await?;
    chain.target(machine, plan, &controller.into(), (&link, &from)).await?;
    let Some(status) = machine.discovery_status(controller) else {
        let (cause, problem, remedy) = match machine.kernel.nbft_off() {
            Some(parameter) => (
                Cause::DiscoverySwitchedOff,
                format!("The discovery controller answers, and {parameter} keeps nbft from asking it."),
                "Take it off the kernel's command line.",
            ),
            None => (
                Cause::DiscoveryNotAsked,
                "The discovery controller answers, but nothing has asked it.".into(),
                "Run nbft connect.",
            ),
        };
        return Err(Broken::new(cause, problem, remedy));
    };
    let ways = answered(machine, plan, status)?;
    chain.holds(Step::Discovery, format!("tells of {ways} way(s) to subsystems"));
    Ok(())
}

/// How many ways to subsystems its last answer told of.
fn answered(machine: &Machine, plan: &Plan, status: &DiscoveryStatus) -> Result<u64, Broken> {
    match (status.state, status.ways, &status.reason) {
        (State::Up, Some(0) | None, _) => {
            let host = plan.host.as_ref().map(|host| host.nqn.as_str()).unwrap_or_default();
            Err(Broken::new(
                Cause::DiscoveryEmpty,
                "The discovery controller tells this host of no subsystem.",
                format!("Let the host NQN {host} have a subsystem on the target."),
            ))
        }
        (State::Up, Some(ways), _) => Ok(ways),
        (State::Failed, _, Some(reason)) => Err(Broken::new(
            Cause::DiscoveryFailed,
            format!("The discovery controller answers, but nbft connect failed to ask it: {reason}."),
            "Run nbft connect, which asks again; the target's log has the other half.",
        )
        .because(status.code.as_ref())),
        _ if machine.is_connecting() => Err(Broken::new(
            Cause::DiscoveryUnderWay,
            "The discovery controller answers, and nbft connect is still at work.",
            "Ask again in a moment.",
        )),
        _ => Err(Broken::new(
            Cause::DiscoveryNotAsked,
            "The discovery controller answers, but nbft connect has not asked it.",
            "Run nbft connect.",
        )),
    }
}
