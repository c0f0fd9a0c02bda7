//! Tries the way to a target: route, neighbour, TCP port, ICReq.

use super::cause::{NetworkFault, TargetFault};
use super::machine::Machine;
use crate::connect::{LinkEndpoint, Target};
use crate::net::{Address, Link, Neighbour};
use crate::nvme::icresp::BadAnswer;
use crate::nvme::probe::{self, ProbeFailure, Stage};
use libnbft::plan::{Plan, Reach};
use std::net::IpAddr;

/// The route from the address to the target: its gateway, or `None` if the target is on the link.
pub(super) async fn route(
    machine: &Machine,
    plan: &Plan,
    to: &Target<'_>,
    link: &Link,
    from: &Address,
) -> Result<Option<IpAddr>, NetworkFault> {
    let error = match machine.view.route(link.index, from.ip, to.traddr).await {
        Ok(gateway) => return Ok(gateway),
        Err(error) => error,
    };
    let (target, ip, name) = (to.traddr, from.ip, link.name.clone());
    let network = plan.network(to.network);
    if to.reach == Reach::NoRoute {
        let hfi = network.map(|network| format!("HFI {} of {}", network.hfi.index, network.hfi.table));
        return Err(NetworkFault::NoGateway { target, ip, prefix: from.prefix, name, hfi: hfi.unwrap_or_default() });
    }
    Err(NetworkFault::NoRoute { target, ip, name, error, gateway: network.and_then(|network| network.gateway) })
}

/// What a path's packets go through.
pub(super) struct Way<'a> {
    pub(super) link: &'a Link,
    pub(super) from: IpAddr,
    pub(super) gateway: Option<IpAddr>,
}

/// Probes the target: TCP, then ICReq.
pub(super) async fn probe(machine: &Machine, to: &Target<'_>, way: &Way<'_>) -> Result<(), TargetFault> {
    let ready = LinkEndpoint { link_name: way.link.name.clone(), ifindex: way.link.index, address: way.from };
    match probe::trace(&to.probe(&ready), machine.limit).await {
        Ok(()) => Ok(()),
        Err((Stage::Connect, failure)) => Err(no_tcp(machine, to, way, failure).await),
        Err((Stage::Initialize, failure)) => Err(no_icresp(to, way, failure)),
    }
}

/// The system's error number, if there is one.
const fn errno_of(failure: &ProbeFailure) -> Option<i32> {
    match failure {
        ProbeFailure::Refused(refusal) => Some(refusal.errno),
        _ => None,
    }
}

async fn no_tcp(machine: &Machine, to: &Target<'_>, way: &Way<'_>, failure: ProbeFailure) -> TargetFault {
    let (target, port, name) = (to.traddr, to.trsvcid, || way.link.name.clone());
    let errno = errno_of(&failure);
    if errno == Some(libc::ECONNREFUSED) {
        return TargetFault::PortClosed { target, port };
    }
    let next = way.gateway.unwrap_or(target);
    if machine.view.neighbour(way.link.index, next).await == Neighbour::Silent {
        return match way.gateway {
            Some(gateway) => TargetFault::GatewaySilent { gateway, name: name() },
            None => TargetFault::HostSilent { target, name: name() },
        };
    }
    match errno {
        _ if failure == ProbeFailure::TimedOut || errno == Some(libc::ETIMEDOUT) => {
            TargetFault::Dropped { target, port, from: way.from }
        }
        Some(libc::EHOSTUNREACH | libc::ENETUNREACH) => TargetFault::Unreachable { target },
        _ => TargetFault::TcpFailed { target, port, failure },
    }
}

fn no_icresp(to: &Target<'_>, way: &Way<'_>, failure: ProbeFailure) -> TargetFault {
    let (target, port) = (to.traddr, to.trsvcid);
    let errno = errno_of(&failure);
    let closed = matches!(failure, ProbeFailure::BadAnswer(BadAnswer::Short(_)))
        || matches!(errno, Some(libc::ECONNRESET | libc::EPIPE));
    match failure {
        _ if failure == ProbeFailure::TimedOut || errno == Some(libc::ETIMEDOUT) => {
            TargetFault::IcreqSilent { target, port, name: way.link.name.clone(), mtu: way.link.mtu }
        }
        _ if closed => TargetFault::IcreqClosed { target, port },
        failure => TargetFault::BadIcresp { target, port, failure },
    }
}
