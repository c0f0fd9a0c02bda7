//! What is to be reached: a subsystem's port, or a discovery controller.

use crate::nvme::probe::Probe;
use libnbft::plan::{DiscoveryController, NetworkRef, Path, Policy, Reach};
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

impl Target<'_> {
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
