//! The namespaces, by NID.

use super::cause::Cause;
use super::machine::Machine;
use super::model::{Broken, NamespaceReport};
use crate::nvme::security::satisfies;
use crate::nvme::sysfs::{self, Controller, PathNamespace};
use libnbft::plan::{Namespace, Plan};

/// Whether a live controller shows the namespaces for which a path is there.
pub(super) fn of_path(machine: &Machine, plan: &Plan, number: usize, controller: &Controller) -> Result<(), Broken> {
    let wanted = plan.namespaces.iter().filter(|namespace| namespace.paths.contains(&number));
    for namespace in wanted {
        let seen = controller.namespaces.iter().find(|seen| seen.is(namespace.nsid, namespace.nid));
        match seen {
            None => return Err(missing(plan, namespace, controller)),
            Some(seen) => usable(machine, namespace, controller, seen)?,
        }
    }
    Ok(())
}

/// How a namespace is called in sentences.
pub(super) fn name(namespace: &Namespace) -> String {
    match (namespace.nid, namespace.nsid) {
        (Some(nid), _) => format!("{} {nid}", nid.kind()),
        (None, 0) => "any".to_owned(),
        (None, nsid) => format!("NSID {nsid}"),
    }
}

fn missing(plan: &Plan, namespace: &Namespace, controller: &Controller) -> Broken {
    let (wanted, name) = (name(namespace), &controller.name);
    let host = plan.host.as_ref().map(|host| host.nqn.as_str()).unwrap_or_default();
    if controller.namespaces.is_empty() {
        return Broken::new(
            Cause::NamespaceMissing,
            format!("{name} is connected and shows this host no namespace; {wanted} is expected."),
            format!("Map the namespace to the host NQN {host} on the target."),
        );
    }
    let seen: Vec<String> = controller.namespaces.iter().map(ToString::to_string).collect();
    Broken::new(
        Cause::NamespaceOther,
        format!("{name} is connected and has {}, not {wanted}.", seen.join(", ")),
        format!(
            "Map the namespace to the host NQN {host} on the target, or choose in the firmware's setup what is there."
        ),
    )
}

/// Whether I/O can go to a namespace that the controller shows.
fn usable(
    machine: &Machine,
    namespace: &Namespace,
    controller: &Controller,
    seen: &PathNamespace,
) -> Result<(), Broken> {
    let (wanted, name, device) = (name(namespace), &controller.name, seen.device());
    // A disk that was made by another path, or before, stays where this one gives no access.
    if let Some(ana) = seen.ana.filter(|ana| !ana.is_usable()) {
        return Err(Broken::new(
            Cause::NamespaceInaccessible,
            format!("{wanted} is there, but its ANA state through {name} is {ana}."),
            "Look at the storage system: it serves the namespace through other controllers, or through none.",
        ));
    }
    if machine.root.join("sys/block").join(&device).exists() {
        return Ok(());
    }
    Err(Broken::new(
        Cause::NamespaceNoDisk,
        format!("{wanted} is there, but the kernel has made no disk {device} of it."),
        "Look in dmesg for why: an unknown format or a missing command set are the usual reasons.",
    ))
}

/// Each namespace of the plan; those behind connections that are not secured as the tables want it are not there.
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
