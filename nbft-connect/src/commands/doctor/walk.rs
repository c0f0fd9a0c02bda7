//! Follows a path step by step, up to the first that fails.

use super::cause::{Cause, ControllerFault, Step};
use super::machine::Machine;
use super::model::{Found, PathReport};
use super::reach::{self, Way};
use super::{address, controller, firmware, master, namespace, nic};
use crate::connect::{LinkEndpoint, Target};
use crate::input::plan::Tables;
use crate::net::{Address, Link};
use crate::nvme::security::satisfies;
use crate::nvme::sysfs::Controller;
use crate::status::names;
use crate::status::schema::PathStatus;
use libnbft::plan::{NetworkRef, Path, Plan, Policy};

/// Walks path `number` of the plan.
pub(super) async fn walk(machine: &Machine, tables: &Tables, plan: &Plan, number: usize) -> PathReport {
    let path = &plan.paths[number];
    let mut walk = Walk { machine, plan, path, number, chain: Chain::default(), controller: None };
    let broken = walk.follow().await.err().map(Into::into);
    PathReport {
        nqn: path.nqn.clone(),
        traddr: path.traddr.to_string(),
        trsvcid: path.trsvcid,
        host_iface: path.host_iface.clone(),
        discovered: path.discovered.clone(),
        ssns: names(&path.ssns, "SSNS"),
        unavailable: path.unavailable,
        spare: path.spare,
        found: walk.chain.found,
        broken,
        controller: walk.controller,
        firmware: firmware::of(tables, &path.ssns),
    }
}

/// The steps that work, as they are found.
#[derive(Default)]
pub(super) struct Chain {
    pub(super) found: Vec<Found>,
}

impl Chain {
    pub(super) fn holds(&mut self, step: Step, what: impl Into<String>) {
        self.found.push(Found { step, what: what.into() });
    }

    /// From the NIC to the address.
    pub(super) async fn ground(
        &mut self,
        machine: &Machine,
        plan: &Plan,
        at: NetworkRef,
    ) -> Result<(Link, Address), Cause> {
        let interface = &plan.interfaces[at.interface];
        let planned = &interface.links[at.link];
        let nic = nic::nic(machine, interface)?;
        self.holds(Step::Nic, format!("NIC {}", nic.name));
        nic::carrier(&nic)?;
        self.holds(Step::Carrier, "carrier");
        let link = nic::vlan(machine, nic, planned)?;
        if planned.vlan.is_some() {
            self.holds(Step::Vlan, format!("VLAN {}", link.name));
        }
        if let Some(above) = master::above(machine, plan, at, &link) {
            let (link, from) = above?;
            self.holds(Step::Address, format!("{}/{} on {}", from.ip, from.prefix, link.name));
            return Ok((link, from));
        }
        let from = address::address(machine, plan, at, &link).await?;
        self.holds(Step::Address, format!("{}/{}", from.ip, from.prefix));
        Ok((link, from))
    }

    /// From the route to ICResp.
    pub(super) async fn target(
        &mut self,
        machine: &Machine,
        plan: &Plan,
        to: &Target<'_>,
        (link, from): (&Link, &Address),
    ) -> Result<(), Cause> {
        let gateway = reach::route(machine, plan, to, link, from).await?;
        let what = gateway.map_or_else(|| "route on the link".to_owned(), |gateway| format!("route via {gateway}"));
        self.holds(Step::Route, what);
        let probed = reach::probe(machine, to, &Way { link, from: from.ip, gateway }).await.map_err(Cause::from);
        if probed.as_ref().err().is_none_or(|cause| cause.step() == Step::Icreq) {
            self.holds(Step::Tcp, format!("TCP port {}", to.trsvcid));
        }
        probed?;
        // A port that may be secured gets no ICReq, which is plaintext.
        if !to.security.is_some_and(Policy::secures) {
            self.holds(Step::Icreq, "ICResp");
        }
        Ok(())
    }
}

/// The endpoint at this link and address.
pub(super) fn endpoint((link, from): &(Link, Address)) -> LinkEndpoint {
    LinkEndpoint { link_name: link.name.clone(), ifindex: link.index, address: from.ip }
}

struct Walk<'a> {
    machine: &'a Machine,
    plan: &'a Plan,
    path: &'a Path,
    number: usize,
    chain: Chain,
    controller: Option<String>,
}

impl Walk<'_> {
    async fn follow(&mut self) -> Result<(), Cause> {
        let (machine, plan, path) = (self.machine, self.plan, self.path);
        // A live controller proves all steps below it: no probe is needed.
        if let Some(live) = controller::of_path(machine, path, None).filter(|found| found.state == "live") {
            return self.live(live);
        }
        let ground = self.chain.ground(machine, plan, path.network).await;
        // By the names and addresses that are in use now.
        let ready = ground.as_ref().ok().map(endpoint);
        let made = ready.as_ref().and_then(|ready| controller::of_path(machine, path, Some(ready)));
        if let Some(live) = made.filter(|made| made.state == "live") {
            return self.live(live);
        }
        if let Some(place) = machine.exclusion(plan, &path.into(), ready.as_ref()) {
            return Err(ControllerFault::Excluded(place).into());
        }
        let (link, from) = ground?;
        self.chain.target(machine, plan, &path.into(), (&link, &from)).await?;
        match made {
            Some(controller) => {
                self.controller = Some(controller.name.clone());
                Err(controller::not_live(machine, plan, self.number, controller).into())
            }
            None => Err(controller::missing(machine, plan, self.number).into()),
        }
    }

    fn live(&mut self, controller: &Controller) -> Result<(), Cause> {
        self.controller = Some(controller.name.clone());
        if let Some(policy) = &self.path.security {
            satisfies(policy, &self.machine.root, &controller.name)
                .map_err(|lack| ControllerFault::Unsecured(Box::new(lack)))?;
        }
        let how = self.machine.path_status(self.plan, self.number).map(PathStatus::how).unwrap_or_default();
        self.chain.holds(Step::Controller, format!("{} live{how}", controller.name));
        namespace::of_path(self.machine, self.plan, self.number, controller)?;
        self.chain.holds(Step::Namespace, "namespace");
        Ok(())
    }
}
