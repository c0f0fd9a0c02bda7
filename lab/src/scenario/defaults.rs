//! Fills in what a scenario's file leaves out: the host's identity, and the target.

use super::target::Target;
use super::{Outcome, Scenario};

/// The host of a generated table.
const HOST_NQN: &str = "nqn.2014-08.org.nvmexpress:uuid:0a5bb1f2-4c1d-4b57-9c41-1f7a3c0de001";
const HOST_ID: &str = "0a5bb1f2-4c1d-4b57-9c41-1f7a3c0de001";

/// Fills in what the file leaves out.
///
/// A generated table gets this host. If the scenario boots, each controller must have the host of its table. A table of real firmware
/// contains its own host. A root that is not on the host's own disk is on the target's.
pub(super) fn fill_in(scenario: &mut Scenario) {
    let mut made = false;
    for table in scenario.tables.iter_mut().filter(|table| table.firmware.is_none()) {
        made = true;
        or_default(&mut table.hostnqn, HOST_NQN);
        or_default(&mut table.hostid, HOST_ID);
    }
    let expect = &mut scenario.expect;
    if made && expect.outcome == Outcome::Boots && !expect.as_json {
        expect.hostnqn.get_or_insert_with(|| HOST_NQN.to_owned());
        expect.hostid.get_or_insert_with(|| HOST_ID.to_owned());
    }
    if scenario.target.is_none() && !scenario.local {
        scenario.target = Some(Target::default());
    }
}

fn or_default(text: &mut String, default: &str) {
    if text.is_empty() {
        default.clone_into(text);
    }
}
