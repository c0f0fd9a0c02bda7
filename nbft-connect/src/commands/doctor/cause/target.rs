//! Describes the failures between this machine and the target, and of the target's port.

use super::step::Step;
use crate::nvme::icresp::BadAnswer;
use crate::nvme::probe::ProbeFailure;
use libnbft::codes;
use std::net::IpAddr;

/// What is wrong on the way to the target, or with its port. Display is a sentence. `name` is the link's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TargetFault {
    /// The target refuses connections to the port.
    #[error("{target} refuses connections to port {port}.")]
    PortClosed { target: IpAddr, port: u16 },
    /// The gateway does not answer.
    #[error("The gateway {gateway} does not answer on {name} ({}).", resolution(*gateway))]
    GatewaySilent { gateway: IpAddr, name: String },
    /// No host answers at the target's address.
    #[error("No host answers for {target} on {name} ({}).", resolution(*target))]
    HostSilent { target: IpAddr, name: String },
    /// The target does not answer on the port.
    #[error("{target} does not answer on port {port}: packets are dropped, there or on the way.")]
    Dropped { target: IpAddr, port: u16, from: IpAddr },
    /// A router says that the target cannot be reached.
    #[error("A router on the way says that {target} cannot be reached.")]
    Unreachable { target: IpAddr },
    /// TCP cannot be connected for another reason.
    #[error("No TCP connection to {target} port {port}: {failure}.")]
    TcpFailed { target: IpAddr, port: u16, failure: ProbeFailure },
    /// The target does not answer ICReq.
    #[error("{target} accepts connections to port {port} and does not answer ICReq.")]
    IcreqSilent { target: IpAddr, port: u16, name: String, mtu: u32 },
    /// The target closes the connection when ICReq comes.
    #[error("{target} closes the connection to port {port} when ICReq comes.")]
    IcreqClosed { target: IpAddr, port: u16 },
    /// Linux does not take the answer to ICReq.
    #[error("{target} port {port}: {failure}.")]
    BadIcresp { target: IpAddr, port: u16, failure: ProbeFailure },
}

codes!(TargetFault {
    PortClosed => "port-closed",
    GatewaySilent => "gateway-silent",
    HostSilent => "host-silent",
    Dropped => "packets-dropped",
    Unreachable => "host-unreachable",
    TcpFailed => "tcp-failed",
    IcreqSilent => "icreq-silent",
    IcreqClosed => "icreq-closed",
    BadIcresp => "bad-icresp",
});

impl TargetFault {
    pub(super) const fn step(&self) -> Step {
        match self {
            Self::PortClosed { .. }
            | Self::GatewaySilent { .. }
            | Self::HostSilent { .. }
            | Self::Dropped { .. }
            | Self::Unreachable { .. }
            | Self::TcpFailed { .. } => Step::Tcp,
            Self::IcreqSilent { .. } | Self::IcreqClosed { .. } | Self::BadIcresp { .. } => Step::Icreq,
        }
    }

    pub(super) fn remedy(&self) -> String {
        match self {
            Self::PortClosed { .. } => {
                "The host is up, but nothing listens there: start the target's service, or correct the port in the \
                 firmware's setup."
            }
            Self::GatewaySilent { .. } => {
                "Check the gateway's address in the firmware's setup, the VLAN and the switch port."
            }
            Self::HostSilent { .. } => {
                "Check that the target is up and has this address, and that both are in one VLAN and subnet."
            }
            Self::Dropped { from, .. } => {
                return format!("Check firewalls on the target and on the way, and the target's route back to {from}.");
            }
            Self::Unreachable { .. } => "Check the routes of the gateway, and that the target is up.",
            Self::TcpFailed { .. } => "If this machine refuses it, look at its own firewall (nft list ruleset).",
            Self::IcreqSilent { name, mtu, .. } => {
                return format!(
                    "Look at the target's NVMe/TCP service; if it serves other hosts, compare the MTU of target and switch \
                     with {name}'s, which is {mtu}."
                );
            }
            Self::IcreqClosed { .. } => {
                "Check that this is an NVMe/TCP port, and whether the target requires TLS or other digests there."
            }
            Self::BadIcresp { failure: ProbeFailure::BadAnswer(BadAnswer::Type(_)), .. } => {
                "Another service has this port: correct it in the firmware's setup."
            }
            Self::BadIcresp {
                failure: ProbeFailure::BadAnswer(BadAnswer::DigestOff(_) | BadAnswer::DigestOn(_)),
                ..
            } => "Set the same digests in the firmware's setup and on the target.",
            Self::BadIcresp { .. } => {
                "The target breaks the NVMe/TCP specification or has a setting that Linux lacks: update or correct the target."
            }
        }
        .into()
    }
}

/// The protocol that asks for the neighbour with this address.
const fn resolution(neighbour: IpAddr) -> &'static str {
    if neighbour.is_ipv6() { "neighbour discovery" } else { "ARP" }
}
