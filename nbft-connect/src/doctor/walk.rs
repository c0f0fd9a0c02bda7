//! One path, link by link, until one does not hold.

use super::machine::Machine;
use super::model::{Broken, Found, PathReport, Step};
use super::reach::{self, Way};
use super::{address, controller, firmware, namespace, nic};
use crate::connect::Ready;
use crate::load::Tables;
use crate::nvme::sysfs::Controller;
use libnbft::plan::{Path, Plan};

/// Walks path `number` of the plan.
pub(super) async fn walk(machine: &Machine, tables: &Tables, plan: &Plan, number: usize) -> PathReport {
    let path = &plan.paths[number];
    let mut walk = Walk { machine, plan, path, number, found: Vec::new(), controller: None };
    let broken = walk.chain().await.err();
    PathReport {
        nqn: path.nqn.clone(),
        traddr: path.traddr.to_string(),
        trsvcid: path.trsvcid,
        host_iface: path.host_iface.clone(),
        ssns: path.ssns.iter().map(|origin| format!("{} SSNS {}", origin.table, origin.index)).collect(),
        unavailable: path.unavailable,
        found: walk.found,
        broken,
        controller: walk.controller,
        firmware: firmware::of(tables, &path.ssns),
    }
}

struct Walk<'a> {
    machine: &'a Machine,
    plan: &'a Plan,
    path: &'a Path,
    number: usize,
    found: Vec<Found>,
    controller: Option<String>,
}

impl Walk<'_> {
    fn holds(&mut self, step: Step, what: impl Into<String>) {
        self.found.push(Found { step, what: what.into() });
    }

    async fn chain(&mut self) -> Result<(), Broken> {
        let (machine, plan, path) = (self.machine, self.plan, self.path);
        let interface = &plan.interfaces[path.network.interface];
        let planned = &interface.links[path.network.link];

        // A live controller proves all that lies below it, whatever that looks like; nobody need knock.
        if let Some(live) = controller::of_path(machine, path, None).filter(|found| found.state == "live") {
            return self.live(live);
        }
        let nic = nic::nic(machine, interface)?;
        self.holds(Step::Nic, format!("NIC {}", nic.name));
        nic::carrier(&nic)?;
        self.holds(Step::Carrier, "carrier");
        let link = nic::vlan(machine, nic, planned)?;
        if planned.vlan.is_some() {
            self.holds(Step::Vlan, format!("VLAN {}", link.name));
        }
        let from = address::address(machine, plan, path.network, &link)?;
        self.holds(Step::Address, format!("{}/{}", from.ip, from.prefix));

        // By the names and addresses that are in use now.
        let ready = Ready { link_name: link.name.clone(), ifindex: link.index, address: from.ip };
        let made = controller::of_path(machine, path, Some(&ready));
        if let Some(live) = made.filter(|made| made.state == "live") {
            return self.live(live);
        }
        let gateway = reach::route(machine, plan, path, &link, &from).await?;
        self.holds(
            Step::Route,
            match gateway {
                Some(gateway) => format!("route via {gateway}"),
                None => "route on the link".to_owned(),
            },
        );
        let knocked = reach::knock(machine, path, &Way { link: &link, from: from.ip, gateway }).await;
        if knocked.as_ref().err().is_none_or(|broken| broken.step == Step::Icreq) {
            self.holds(Step::Tcp, format!("TCP port {}", path.trsvcid));
        }
        knocked?;
        self.holds(Step::Icreq, "ICResp");
        match made {
            Some(controller) => {
                self.controller = Some(controller.name.clone());
                Err(controller::not_live(controller))
            }
            None => Err(controller::missing(machine, plan, self.number)),
        }
    }

    fn live(&mut self, controller: &Controller) -> Result<(), Broken> {
        self.controller = Some(controller.name.clone());
        self.holds(Step::Controller, format!("{} live", controller.name));
        namespace::of_path(self.machine, self.plan, self.number, controller)?;
        self.holds(Step::Namespace, "namespace");
        Ok(())
    }
}
