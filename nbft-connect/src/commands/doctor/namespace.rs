//! Finds the namespaces by NID, or says why one is missing.

use super::cause::NamespaceFault;
use super::machine::Machine;
use super::model::NamespaceReport;
use crate::nvme::security::satisfies;
use crate::nvme::sysfs::{self, Controller, PathNamespace};
use libnbft::plan::{Namespace, Plan};

/// Whether a live controller shows the namespaces of a path.
pub(super) fn of_path(
    machine: &Machine,
    plan: &Plan,
    number: usize,
    controller: &Controller,
) -> Result<(), NamespaceFault> {
    let wanted = plan.namespaces.iter().filter(|namespace| namespace.paths.contains(&number));
    for namespace in wanted {
        let seen = controller.namespaces.iter().find(|seen| seen.is(namespace.nsid, namespace.nid));
        match seen {
            None => return Err(missing(machine, plan, namespace, controller)),
            Some(seen) => usable(machine, namespace, controller, seen)?,
        }
    }
    Ok(())
}

/// The name of a namespace in sentences.
pub(super) fn name(namespace: &Namespace) -> String {
    match (namespace.nid, namespace.nsid) {
        (Some(nid), _) => format!("{} {nid}", nid.kind()),
        (None, 0) => "any".to_owned(),
        (None, nsid) => format!("NSID {nsid}"),
    }
}

fn missing(machine: &Machine, plan: &Plan, namespace: &Namespace, controller: &Controller) -> NamespaceFault {
    let (wanted, host, controller_name) = (name(namespace), machine.host(plan), controller.name.clone());
    if controller.namespaces.is_empty() {
        return NamespaceFault::Missing { controller: controller_name, wanted, host };
    }
    let seen = controller.namespaces.iter().map(ToString::to_string).collect();
    NamespaceFault::Other { controller: controller_name, wanted, seen, host }
}

/// Whether I/O can go to a namespace that the controller shows.
fn usable(
    machine: &Machine,
    namespace: &Namespace,
    controller: &Controller,
    seen: &PathNamespace,
) -> Result<(), NamespaceFault> {
    let (wanted, device) = (name(namespace), seen.device());
    // A disk from another path or an earlier time stays, even if this path gives no access.
    if let Some(ana) = seen.ana.filter(|ana| !ana.is_usable()) {
        return Err(NamespaceFault::Inaccessible { controller: controller.name.clone(), wanted, ana });
    }
    if machine.root.join("sys/block").join(&device).exists() {
        return Ok(());
    }
    Err(NamespaceFault::NoDisk { wanted, device })
}

/// Each namespace of the plan. A connection without the security that the tables require shows none.
pub(super) fn all(machine: &Machine, plan: &Plan) -> Vec<NamespaceReport> {
    let counts = |controller: &&Controller| {
        let meets = |policy| satisfies(policy, &machine.root, &controller.name).is_ok();
        plan.requirement(&controller.nqn).is_ok_and(|policy| policy.is_none_or(meets))
    };
    let controllers: Vec<Controller> = machine.controllers.iter().filter(counts).cloned().collect();
    let report = |namespace: &Namespace| {
        let (nqn, nsid, nid) = (&namespace.nqn, namespace.nsid, namespace.nid);
        NamespaceReport {
            nqn: nqn.clone(),
            nsid,
            nid_type: nid.map(|nid| nid.kind()),
            nid: nid.map(|nid| nid.to_string()),
            boot: namespace.boot,
            device: sysfs::find_namespace(&machine.root, &controllers, nqn, nsid, nid)
                .map(|device| format!("/dev/{device}")),
        }
    };
    plan.namespaces.iter().map(report).collect()
}
