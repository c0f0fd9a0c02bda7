//! Connections that the administrator has taken out of service.

use super::*;
use crate::nvme::exclusions::{LIST, entry};
use std::thread::sleep;

/// Longer than a reading of the lists stays valid.
const STALE: Duration = Duration::from_millis(1100);

fn exclude(root: &Root, port: u16) {
    let list = root.0.join(LIST.trim_start_matches('/'));
    fs::create_dir_all(list.parent().unwrap()).unwrap();
    fs::write(list, format!("[exclusions]\n{}\n", entry(NQN, "127.0.0.1".parse().unwrap(), port))).unwrap();
}

#[test]
fn an_excluded_path_is_not_tried_and_makes_no_boot_degraded() {
    let root = Root::new();
    exclude(&root, 4421);
    let (mut machine, effects) = machine(&root, &table(&[4420, 4421]), until_boot(Wait::All));
    assert_eq!(probed(&effects), [PATH]);
    let status = machine.status();
    assert_eq!((status.paths[1].state, status.paths[1].code.as_deref()), (State::Excluded, Some("excluded")));
    assert_eq!(status.paths[1].reason.as_deref(), Some("it is excluded by /etc/nvme/exclusions.conf line 2"));
    let effects = machine.step(Event::Probed(PATH, Ok(())));
    machine.step(connected(&root, PATH, 0, &writes(&effects)[0].1));
    assert_eq!(machine.ending, Some(Ending::Complete));
    assert_eq!(machine.conclude().status.outcome, Outcome::Ok);
}

#[test]
fn a_path_that_is_excluded_and_disconnected_while_the_machine_runs_stays_away_until_it_is_no_longer_excluded() {
    let root = Root::new();
    let (mut machine, _) = machine(&root, &table(&[4420]), RunMode::Resident);
    let effects = machine.step(Event::Probed(PATH, Ok(())));
    machine.step(connected(&root, PATH, 0, &writes(&effects)[0].1));
    exclude(&root, 4420);
    sleep(STALE);
    fs::remove_dir_all(root.0.join("sys/class/nvme/nvme0")).unwrap();
    assert_eq!(pauses(&machine.step(Event::ScanDue)), [PATH]);
    assert_eq!(probed(&machine.step(Event::PauseOver(PATH))), []);
    assert_eq!(machine.status().paths[0].state, State::Excluded);
    assert_eq!(probed(&machine.step(Event::CheckDue)), []);

    fs::remove_file(root.0.join(LIST.trim_start_matches('/'))).unwrap();
    sleep(STALE);
    assert_eq!(probed(&machine.step(Event::CheckDue)), [PATH]);
    assert_eq!(machine.status().paths[0].state, State::Pending);
}
