//! Restores the log pages that a former run read from discovery controllers that are still connected.

use crate::nvme::sysfs::{self, Controller};
use crate::status::schema::{PathStatus, Status};
use libnbft::discovery_log::{Entry, Header, Log};
use libnbft::model::Nqn;
use libnbft::plan::{Additions, DiscoveryMode, Plan};
use std::path::Path;

/// The discovered paths of a former run that have a controller: a second run need not ask discovery again.
pub(crate) fn restore_discovered(plan: &Plan, before: &Status, root: &Path) -> Additions {
    let mut additions = Additions::default();
    let controllers = sysfs::controllers(root);
    for path in before.paths.iter().filter(|path| controllers.iter().any(|controller| leads_there(controller, path))) {
        let (Some(told), Ok(address)) = (&path.discovered, path.traddr.parse()) else { continue };
        let entry = Entry::subsystem(Nqn(path.nqn.clone()), address, path.trsvcid);
        let from = plan.discovery.iter().find(|from| from.is(told));
        // A controller found by a referral is not in a new plan; the controller that referred to it is.
        let Some(from) =
            from.or_else(|| plan.discovery.iter().find(|from| from.mode == DiscoveryMode::Immediate)).cloned()
        else {
            continue;
        };
        let mut log = Log::new(Header { generation: 0, records: 1 });
        log.entries.push(entry);
        plan.discover(&mut additions, &from, &log, std::slice::from_ref(&path.nqn));
    }
    additions
}

fn leads_there(controller: &Controller, path: &PathStatus) -> bool {
    controller.transport == "tcp"
        && controller.nqn == path.nqn
        && controller.traddr == path.traddr
        && controller.trsvcid == path.trsvcid.to_string()
}
