//! Makes the status of a plan: one entry for each interface, path, namespace and discovery controller.

use super::schema::{DiscoveryStatus, HfiStatus, NamespaceStatus, PathStatus, Status, VERSION};
use crate::net::Lease;
use libnbft::plan::{DiscoveryController, DiscoveryMode, Namespace, Network, NetworkRef, Origin, Path, Plan};

impl Status {
    /// The status of a plan before anything is done.
    #[must_use]
    pub fn of_plan(plan: &Plan) -> Self {
        let interfaces = plan.networks().map(|(at, network)| HfiStatus {
            name: plan.link(at).map(|link| link.name.clone()).unwrap_or_default(),
            mac: mac(plan, at),
            table: network.hfi.table.clone(),
            hfi: network.hfi.index,
            ..HfiStatus::default()
        });
        Self {
            version: VERSION,
            written_by: concat!("nbft ", env!("CARGO_PKG_VERSION")).to_owned(),
            tables: plan.tables.clone(),
            hostnqn: plan.host.as_ref().map(|host| host.nqn.clone()),
            hostid: plan.host.as_ref().map(|host| host.id.to_string()),
            interfaces: interfaces.collect(),
            paths: plan.paths.iter().map(path_status).collect(),
            namespaces: plan.namespaces.iter().map(namespace_status).collect(),
            discovery: plan.discovery.iter().map(discovery_status).collect(),
            boots_by_discovery: plan.boots_by_discovery(),
            left_out: {
                let bonds = plan.refused_bonds.iter().map(ToString::to_string);
                plan.left_out.iter().map(ToString::to_string).chain(bonds).collect()
            },
            boot_entries_left_out: plan.left_out.iter().filter(|left| left.boot).count(),
            ..Self::default()
        }
    }

    /// The leases of those networks that the plan has on the same NICs.
    #[must_use]
    pub fn leases(&self, plan: &Plan) -> Vec<(NetworkRef, Lease)> {
        let lease = |(at, network): (NetworkRef, &Network)| {
            let known = self.interface(&network.hfi.table, network.hfi.index)?;
            Some((at, known.lease.clone().filter(|_| known.mac == mac(plan, at))?))
        };
        plan.networks().filter_map(lease).collect()
    }
}

/// MAC of the NIC that a network is on.
fn mac(plan: &Plan, at: NetworkRef) -> String {
    plan.interfaces.get(at.interface).map(|interface| interface.mac.to_string()).unwrap_or_default()
}

/// The descriptors by name: `TABLE SSNS N`.
pub(crate) fn names(origins: &[Origin], what: &str) -> Vec<String> {
    origins.iter().map(|origin| format!("{} {what} {}", origin.table, origin.index)).collect()
}

/// The status of a path that has not been tried.
pub(crate) fn path_status(path: &Path) -> PathStatus {
    PathStatus {
        nqn: path.nqn.clone(),
        traddr: path.traddr.to_string(),
        trsvcid: path.trsvcid,
        host_iface: path.host_iface.clone(),
        host_traddr: path.host_traddr.map(|ip| ip.to_string()),
        ssns: names(&path.ssns, "SSNS"),
        discovered: path.discovered.clone(),
        unavailable: path.unavailable,
        spare: path.spare,
        security: path.security.as_ref().map(ToString::to_string),
        ..PathStatus::default()
    }
}

/// The status of a namespace that has not been looked for.
pub(crate) fn namespace_status(namespace: &Namespace) -> NamespaceStatus {
    NamespaceStatus {
        nqn: namespace.nqn.clone(),
        nsid: namespace.nsid,
        nid_type: namespace.nid.map(|nid| nid.kind().to_owned()),
        nid: namespace.nid.map(|nid| nid.to_string()),
        boot: namespace.boot,
        discovered: namespace.ssns.is_empty(),
        ..NamespaceStatus::default()
    }
}

/// Why a fallback was not asked, and its code.
const FALLBACK: &str = "a fall-back: asked when a subsystem that came from it does not answer";
pub(crate) const FALLBACK_CODE: &str = "fallback-not-needed";

/// The status of a discovery controller that has not been asked.
pub(crate) fn discovery_status(controller: &DiscoveryController) -> DiscoveryStatus {
    let is_fallback = controller.mode == DiscoveryMode::Fallback;
    DiscoveryStatus {
        nqn: controller.nqn.clone(),
        traddr: controller.traddr.to_string(),
        trsvcid: controller.trsvcid,
        host_iface: controller.host_iface.clone(),
        descriptors: names(&controller.descriptors, "discovery"),
        code: is_fallback.then(|| FALLBACK_CODE.to_owned()),
        reason: is_fallback.then(|| FALLBACK.to_owned()),
        ..DiscoveryStatus::default()
    }
}
