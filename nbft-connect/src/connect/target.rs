//! Names a target: a subsystem's port, or a discovery controller.

use crate::nvme::exclusions::Identity;
use crate::nvme::probe::Probe;
use libnbft::plan::{DiscoveryController, HostIdentity, NetworkRef, Path, Policy, Reach};
use std::net::IpAddr;

/// The interface that a path goes through, as it came up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LinkEndpoint {
    pub(crate) link_name: String,
    pub(crate) ifindex: u32,
    pub(crate) address: IpAddr,
}

/// A controller of either kind, as it is planned.
pub(crate) struct Target<'a> {
    pub(crate) nqn: &'a str,
    pub(crate) traddr: IpAddr,
    pub(crate) trsvcid: u16,
    pub(crate) network: NetworkRef,
    pub(crate) host_iface: &'a str,
    pub(crate) host_traddr: Option<IpAddr>,
    pub(crate) reach: Reach,
    /// Header and data digest.
    pub(crate) digests: (bool, bool),
    pub(crate) security: Option<&'a Policy>,
}

impl<'a> From<&'a Path> for Target<'a> {
    fn from(path: &'a Path) -> Self {
        Self {
            nqn: &path.nqn,
            traddr: path.traddr,
            trsvcid: path.trsvcid,
            network: path.network,
            host_iface: &path.host_iface,
            host_traddr: path.host_traddr,
            reach: path.reach,
            digests: (path.hdr_digest, path.data_digest),
            security: path.security.as_ref(),
        }
    }
}

impl<'a> From<&'a DiscoveryController> for Target<'a> {
    fn from(controller: &'a DiscoveryController) -> Self {
        Self {
            nqn: &controller.nqn,
            traddr: controller.traddr,
            trsvcid: controller.trsvcid,
            network: controller.network,
            host_iface: &controller.host_iface,
            host_traddr: controller.host_traddr,
            reach: controller.reach,
            digests: (false, false),
            security: controller.security.as_ref(),
        }
    }
}

impl<'a> Target<'a> {
    /// The source address: the interface's as it came up, else the table's.
    pub(crate) fn source(&self, endpoint: Option<&LinkEndpoint>) -> Option<IpAddr> {
        endpoint.map(|endpoint| endpoint.address).or(self.host_traddr)
    }

    /// The interface's name: as it came up, else as planned.
    pub(crate) fn iface(&self, endpoint: Option<&'a LinkEndpoint>) -> &'a str {
        endpoint.map_or(self.host_iface, |endpoint| &endpoint.link_name)
    }

    /// The connection as lists of exclusions name it.
    pub(crate) fn identity(&self, host: &'a HostIdentity, endpoint: Option<&'a LinkEndpoint>) -> Identity<'a> {
        Identity {
            nqn: self.nqn,
            traddr: self.traddr,
            trsvcid: self.trsvcid,
            host_traddr: self.source(endpoint),
            host_iface: Some(self.iface(endpoint)),
            hostnqn: &host.nqn,
            hostid: host.id,
        }
    }

    /// The probe in user space, through an interface that is ready.
    pub(crate) fn probe(&self, endpoint: &LinkEndpoint) -> Probe {
        let (hdr_digest, data_digest) = self.digests;
        Probe {
            target: self.traddr,
            port: self.trsvcid,
            source: Some(endpoint.address),
            interface: (endpoint.link_name.clone(), endpoint.ifindex),
            hdr_digest,
            data_digest,
            tls: self.security.is_some_and(Policy::secures),
        }
    }
}
