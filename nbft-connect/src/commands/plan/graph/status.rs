//! Finds the state of each part of a plan in the status of its run.

use super::builder::Builder;
use super::model::{Health, State};
use crate::status::schema::{self, NamespaceStatus, PathStatus, Status};
use libnbft::plan::{DiscoveryController, Namespace, Network, Path, Plan, Reach};

/// Whether a status is that of this plan.
pub(super) fn is_of(status: &Status, plan: &Plan) -> bool {
    let mut networks = plan.networks();
    status.tables == plan.tables
        && status.hostnqn.as_ref() == plan.host.as_ref().map(|host| &host.nqn)
        && networks.all(|(at, network)| {
            let known = status.interface(&network.hfi.table, network.hfi.index);
            let nic = plan.interfaces.get(at.interface);
            known.is_some_and(|known| nic.is_some_and(|nic| known.mac == nic.mac.to_string()))
        })
        && (0..plan.paths.len()).all(|number| of_path(status, plan, number).is_some())
}

fn of_path<'s>(status: &'s Status, plan: &Plan, number: usize) -> Option<&'s PathStatus> {
    let path = plan.paths.get(number)?;
    let is_it = |status: &&PathStatus| {
        (&status.nqn, status.trsvcid) == (&path.nqn, path.trsvcid) && status.traddr == path.traddr.to_string()
    };
    status.paths.get(number).filter(is_it)
}

/// The state of an item in a status.
fn state(builder: &mut Builder, name: String, state: schema::State, reason: Option<&str>) -> State {
    let remark = reason.filter(|_| state != schema::State::Up).map(|reason| builder.remark(name, reason));
    let (health, word) = match state {
        schema::State::Up => (Health::Good, "up"),
        schema::State::Pending => (Health::Doubtful, "not yet"),
        schema::State::Failed => (Health::Dead, "down"),
        schema::State::Excluded => (Health::Dead, "out of service"),
    };
    State::new(health, word, remark)
}

pub(super) fn network(builder: &mut Builder, status: Option<&Status>, name: &str, network: &Network) -> State {
    let Some(known) = status.and_then(|status| status.interface(&network.hfi.table, network.hfi.index)) else {
        return State::default();
    };
    state(builder, name.to_owned(), known.state, known.reason.as_deref())
}

/// The state of a path of the plan; without a status, what is unusual about it.
pub(super) fn path(builder: &mut Builder, status: Option<&Status>, plan: &Plan, number: usize, path: &Path) -> State {
    if let Some(known) = status.and_then(|status| of_path(status, plan, number)) {
        return path_status(builder, known);
    }
    match path.reach {
        _ if path.unavailable => State::new(Health::Doubtful, "unavailable", None),
        Reach::NoRoute => State::new(Health::Doubtful, "no route", None),
        _ => State::default(),
    }
}

pub(super) fn path_status(builder: &mut Builder, known: &PathStatus) -> State {
    let name = format!("{} over {}", target_name(&known.traddr, known.trsvcid), known.host_iface);
    state(builder, name, known.state, known.reason.as_deref())
}

/// `192.0.2.1:4420`, `[2001:db8::1]:4420`.
pub(super) fn target_name(traddr: &str, port: impl std::fmt::Display) -> String {
    if traddr.contains(':') { format!("[{traddr}]:{port}") } else { format!("{traddr}:{port}") }
}

/// The state of a namespace, and its device.
pub(super) fn namespace(
    builder: &mut Builder,
    status: Option<&Status>,
    number: usize,
    namespace: &Namespace,
) -> (State, Option<String>) {
    let known = status.and_then(|status| status.namespaces.get(number));
    let Some(known) = known.filter(|known| (&known.nqn, known.nsid) == (&namespace.nqn, namespace.nsid)) else {
        return (State::default(), None);
    };
    (namespace_status(builder, number, known), known.device.clone())
}

pub(super) fn namespace_status(builder: &mut Builder, number: usize, known: &NamespaceStatus) -> State {
    state(builder, format!("namespace {}", number + 1), known.state, known.reason.as_deref())
}

pub(super) fn discovery(builder: &mut Builder, status: Option<&Status>, controller: &DiscoveryController) -> State {
    let known = status.and_then(|status| {
        status.discovery.iter().find(|known| {
            (&known.nqn, known.trsvcid) == (&controller.nqn, controller.trsvcid)
                && known.traddr == controller.traddr.to_string()
        })
    });
    match known {
        None => State::default(),
        // No path needed it.
        Some(known) if known.code.as_deref() == Some(crate::status::FALLBACK_CODE) => State::default(),
        Some(known) => {
            let name = format!("discovery at {}", target_name(&known.traddr, known.trsvcid));
            state(builder, name, known.state, known.reason.as_deref())
        }
    }
}
