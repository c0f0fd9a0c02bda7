//! Route, neighbour, TCP port, ICReq.

use super::cause::Cause;
use super::machine::Machine;
use super::model::Broken;
use crate::connect::{LinkEndpoint, Target};
use crate::net::{Address, Link, Neighbour};
use crate::nvme::icresp::BadAnswer;
use crate::nvme::probe::{self, ProbeFailure, Stage};
use libnbft::plan::{Plan, Reach};
use std::net::IpAddr;

/// The way from the address to the target: its gateway, or none on the link.
pub(super) async fn route(
    machine: &Machine,
    plan: &Plan,
    to: &Target<'_>,
    link: &Link,
    from: &Address,
) -> Result<Option<IpAddr>, Broken> {
    let refused = match machine.view.route(link.index, from.ip, to.traddr).await {
        Ok(gateway) => return Ok(gateway),
        Err(refused) => refused,
    };
    let (own, target, name) = (from.ip, to.traddr, &link.name);
    let gateway = plan.network(to.network).and_then(|network| network.gateway);
    let hfi = plan.network(to.network).map(|network| format!("HFI {} of {}", network.hfi.index, network.hfi.table));
    Err(match (to.reach, gateway) {
        (Reach::NoRoute, _) if target.is_ipv6() => Broken::new(
            Cause::NoGateway,
            format!(
                "{target} is not in the subnet {own}/{} of {name}, the NBFT names no gateway, and no router advertises a \
                 route.",
                from.prefix
            ),
            format!(
                "Let the router send advertisements with a lifetime, or name the gateway of {} in the firmware's setup.",
                hfi.unwrap_or_default()
            ),
        ),
        (Reach::NoRoute, _) => Broken::new(
            Cause::NoGateway,
            format!("{target} is not in the subnet {own}/{} of {name}, and the NBFT names no gateway.", from.prefix),
            format!("Correct prefix length or gateway of {} in the firmware's setup.", hfi.unwrap_or_default()),
        ),
        (_, Some(gateway)) => Broken::new(
            Cause::NoRoute,
            format!("There is no route from {own} to {target} over {name} ({refused})."),
            format!("Run nbft connect, which sets it through the gateway {gateway}."),
        ),
        (_, None) => Broken::new(
            Cause::NoRoute,
            format!("There is no route from {own} to {target} over {name} ({refused})."),
            "Run nbft connect, which sets it; if the target is behind a router, the HFI needs a gateway.",
        ),
    })
}

/// What a path's packets go through.
pub(super) struct Way<'a> {
    pub(super) link: &'a Link,
    pub(super) from: IpAddr,
    pub(super) gateway: Option<IpAddr>,
}

/// Knocks: TCP, then ICReq.
pub(super) async fn knock(machine: &Machine, to: &Target<'_>, way: &Way<'_>) -> Result<(), Broken> {
    let ready = LinkEndpoint { link_name: way.link.name.clone(), ifindex: way.link.index, address: way.from };
    let trial = to.probe(&ready);
    match probe::trace(&trial, machine.limit).await {
        Ok(()) => Ok(()),
        Err((Stage::Connect, failure)) => Err(no_tcp(machine, to, way, &failure).await),
        Err((Stage::Initialize, failure)) => Err(no_icresp(to, way, &failure)),
    }
}

/// What the system said, where it said something.
const fn errno_of(failure: &ProbeFailure) -> Option<i32> {
    match failure {
        ProbeFailure::Refused(refusal) => Some(refusal.errno),
        _ => None,
    }
}

async fn no_tcp(machine: &Machine, to: &Target<'_>, way: &Way<'_>, failure: &ProbeFailure) -> Broken {
    let (target, port, name) = (to.traddr, to.trsvcid, &way.link.name);
    let errno = errno_of(failure);
    if errno == Some(libc::ECONNREFUSED) {
        return Broken::new(
            Cause::PortClosed,
            format!("{target} refuses connections to port {port}."),
            "The host is up, but nothing listens there: start the target's service, or correct the port in the \
             firmware's setup.",
        );
    }
    let next = way.gateway.unwrap_or(target);
    let asked = if next.is_ipv6() { "neighbour discovery" } else { "ARP" };
    if machine.view.neighbour(way.link.index, next).await == Neighbour::Silent {
        return match way.gateway {
            Some(gateway) => Broken::new(
                Cause::GatewaySilent,
                format!("The gateway {gateway} does not answer on {name} ({asked})."),
                "Check the gateway's address in the firmware's setup, the VLAN and the switch port.",
            ),
            None => Broken::new(
                Cause::HostSilent,
                format!("Nobody answers for {target} on {name} ({asked})."),
                "Check that the target is up and has this address, and that both are in one VLAN and subnet.",
            ),
        };
    }
    match errno {
        _ if *failure == ProbeFailure::TimedOut || errno == Some(libc::ETIMEDOUT) => Broken::new(
            Cause::Dropped,
            format!("{target} does not answer on port {port}: packets are dropped, there or on the way."),
            format!("Check firewalls on the target and on the way, and the target's route back to {}.", way.from),
        ),
        Some(libc::EHOSTUNREACH | libc::ENETUNREACH) => Broken::new(
            Cause::Unreachable,
            format!("A router on the way says that {target} cannot be reached."),
            "Check the routes of the gateway, and that the target is up.",
        ),
        _ => Broken::new(
            Cause::TcpFailed,
            format!("No TCP connection to {target} port {port}: {}.", failure),
            "If this machine refuses it, look at its own firewall (nft list ruleset).",
        ),
    }
}

fn no_icresp(to: &Target<'_>, way: &Way<'_>, failure: &ProbeFailure) -> Broken {
    let (target, port) = (to.traddr, to.trsvcid);
    let closed = matches!(failure, ProbeFailure::BadAnswer(BadAnswer::Short(_)))
        || matches!(errno_of(failure), Some(libc::ECONNRESET | libc::EPIPE));
    match failure {
        _ if *failure == ProbeFailure::TimedOut || errno_of(failure) == Some(libc::ETIMEDOUT) => Broken::new(
            Cause::IcreqSilent,
            format!("{target} accepts connections to port {port} and does not answer ICReq."),
            format!(
                "Look at the target's NVMe/TCP service; if it serves other hosts, compare the MTU of target and switch with \
                 {}'s, which is {}.",
                way.link.name, way.link.mtu
            ),
        ),
        _ if closed => Broken::new(
            Cause::IcreqClosed,
            format!("{target} closes the connection to port {port} when ICReq comes."),
            "Check that this is an NVMe/TCP port, and whether the target requires TLS or other digests there.",
        ),
        _ => Broken::new(
            Cause::BadIcresp,
            format!("{target} port {port}: {}.", failure),
            match failure {
                ProbeFailure::BadAnswer(BadAnswer::Type(_)) => {
                    "Another service has this port: correct it in the firmware's setup."
                }
                ProbeFailure::BadAnswer(BadAnswer::DigestOff(_) | BadAnswer::DigestOn(_)) => {
                    "Set the same digests in the firmware's setup and on the target."
                }
                _ => {
                    "The target breaks the NVMe/TCP specification or has a setting that Linux lacks: update or correct the target."
                }
            },
        ),
    }
}
