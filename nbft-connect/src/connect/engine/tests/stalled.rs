//! Tests controllers that lose their targets while the machine runs.

use super::*;
use crate::connect::engine::stalled::{CHECK_PAUSE, STALLED_AFTER};

const CONTROLLER: AttemptId = AttemptId(1);
const MOVED: AttemptId = AttemptId(2);

/// A resident run whose only path came from a discovery controller, and is up as nvme0.
fn up(root: &Root) -> StateMachine {
    let (mut machine, _) = machine(root, &table_with(8009, &[4420]), RunMode::Resident);
    let effects = machine.step(Event::Probed(PATH, Ok(())));
    machine.step(connected(root, PATH, 0, &writes(&effects)[0].1));
    assert_eq!(machine.attempts[PATH].phase, Phase::Up);
    machine
}

fn set_state(root: &Root, controller: &str, state: &str) {
    fs::write(root.0.join(format!("sys/class/nvme/{controller}/state")), state).unwrap();
}

/// Reads the states twice, so far apart that a controller counts as stalled.
fn check_twice(machine: &mut StateMachine, id: AttemptId) -> Vec<Effect> {
    assert_eq!(probed(&machine.step(Event::CheckDue)), []);
    assert!(machine.attempts[id].path().is_some_and(|path| path.lost_since == Some(machine.clock.now())));
    pass(machine, STALLED_AFTER);
    machine.step(Event::CheckDue)
}

fn told(machine: &mut StateMachine, entries: &[(u8, u16, &str)]) -> Vec<Effect> {
    machine.step(Event::Probed(CONTROLLER, Ok(())));
    machine.step(Event::LogRead(CONTROLLER, Ok(DiscoveryResult::LogPage(page(entries), None))))
}

fn disconnects(effects: &[Effect]) -> Vec<&str> {
    let names = effects.iter().filter_map(|effect| match effect {
        Effect::Disconnect { controller } => Some(controller.as_str()),
        _ => None,
    });
    names.collect()
}

#[test]
fn a_target_that_moves_is_found_by_discovery_and_connected_there() {
    let root = Root::new();
    let mut machine = up(&root);
    assert_eq!(machine.step(Event::CheckDue).len(), 0, "a live controller needs nothing");
    set_state(&root, "nvme0", "connecting\n");
    assert_eq!(probed(&check_twice(&mut machine, PATH)), [CONTROLLER]);
    assert_eq!(machine.status().paths[0].code.as_deref(), Some("target-lost"));
    assert_eq!(machine.next_check, Some(machine.clock.now() + CHECK_PAUSE));

    told(&mut machine, &[(2, 4421, NQN)]);
    let effects = machine.step(Event::Routed(vec![MOVED]));
    assert_eq!(probed(&effects), [MOVED]);
    let effects = machine.step(Event::Probed(MOVED, Ok(())));
    machine.step(connected(&root, MOVED, 1, &writes(&effects)[0].1));
    assert_eq!(machine.status().paths[1].controller.as_deref(), Some("nvme1"));
    assert_eq!(machine.status().paths[0].controller.as_deref(), Some("nvme0"), "the table's path stays");
    machine.step(Event::PauseOver(CONTROLLER));
    assert_eq!(machine.attempts[CONTROLLER].phase, Phase::Idle, "the new path stands in for the stalled one");
}

#[test]
fn a_target_that_answers_again_is_only_noted() {
    let root = Root::new();
    let mut machine = up(&root);
    set_state(&root, "nvme0", "connecting\n");
    check_twice(&mut machine, PATH);
    set_state(&root, "nvme0", "live\n");
    assert_eq!(probed(&machine.step(Event::CheckDue)), []);
    assert_eq!(machine.status().paths[0].code, None);
    set_state(&root, "nvme0", "connecting\n");
    assert_eq!(probed(&machine.step(Event::CheckDue)), [], "the time counts anew");
    assert_eq!(machine.status().paths[0].code, None);
}

#[test]
fn the_loss_of_a_new_controller_is_seen_too() {
    let root = Root::new();
    let mut machine = up(&root);
    set_state(&root, "nvme0", "connecting\n");
    check_twice(&mut machine, PATH);
    fs::remove_dir_all(root.0.join("sys/class/nvme/nvme0")).unwrap();
    assert!(pauses(&machine.step(Event::ScanDue)).contains(&PATH));
    machine.step(Event::PauseOver(PATH));
    let effects = machine.step(Event::Probed(PATH, Ok(())));
    machine.step(connected(&root, PATH, 1, &writes(&effects)[0].1));
    assert_eq!(machine.status().paths[0].code, None);
    set_state(&root, "nvme1", "connecting\n");
    check_twice(&mut machine, PATH);
    assert_eq!(machine.status().paths[0].code.as_deref(), Some("target-lost"), "its own time counts");
}

#[test]
fn a_discovered_path_that_is_down_and_no_longer_listed_is_disconnected() {
    let root = Root::new();
    let mut machine = up(&root);
    set_state(&root, "nvme0", "connecting\n");
    check_twice(&mut machine, PATH);
    told(&mut machine, &[(2, 4421, NQN)]);
    let effects = machine.step(Event::Routed(vec![MOVED]));
    assert_eq!(probed(&effects), [MOVED]);
    let effects = machine.step(Event::Probed(MOVED, Ok(())));
    machine.step(connected(&root, MOVED, 1, &writes(&effects)[0].1));

    // It goes back to where the table has it: the discovered port is no longer listed.
    set_state(&root, "nvme1", "connecting\n");
    check_twice(&mut machine, MOVED);
    let effects = told(&mut machine, &[(2, 4420, NQN)]);
    assert_eq!(disconnects(&effects), [""; 0], "the last controllers of a namespace stay, even without a target");
    set_state(&root, "nvme0", "live\n");
    machine.step(Event::CheckDue);
    machine.attempts[CONTROLLER].phase = Phase::Probing;
    let effects = told(&mut machine, &[(2, 4420, NQN)]);
    assert_eq!(disconnects(&effects), ["nvme1"]);
    let status = machine.status();
    assert_eq!(
        (status.paths[1].controller.as_deref(), status.paths[1].code.as_deref()),
        (None, Some("no-longer-listed"))
    );
    assert_eq!(machine.attempts[MOVED].phase, Phase::Idle);

    // Listed again, it is tried again.
    fs::remove_dir_all(root.0.join("sys/class/nvme/nvme1")).unwrap();
    machine.attempts[CONTROLLER].phase = Phase::Probing;
    let effects = told(&mut machine, &[(2, 4420, NQN), (2, 4421, NQN)]);
    assert_eq!(probed(&effects), [MOVED]);
}

#[test]
fn a_controller_that_gets_the_number_of_a_stalled_one_is_made_again_while_that_number_is_held() {
    let root = Root::new();
    let mut machine = up(&root);
    fs::write(root.0.join("sys/class/nvme/nvme0/cntlid"), "1\n").unwrap();
    set_state(&root, "nvme0", "connecting\n");
    check_twice(&mut machine, PATH);
    told(&mut machine, &[(2, 4421, NQN)]);
    machine.step(Event::Routed(vec![MOVED]));
    let held = |effects: &[Effect]| {
        let hold = effects.iter().find_map(|effect| match effect {
            Effect::Write { attempt: MOVED, hold, .. } => {
                Some(hold.as_ref().map(|hold| (hold.probe.port, hold.taken.clone())))
            }
            _ => None,
        });
        hold.expect("a write")
    };
    assert_eq!(held(&machine.step(Event::Probed(MOVED, Ok(())))), None);
    let logged = "nvme nvme1: Duplicate cntlid 1 with nvme0, subsys nqn, rejecting".to_owned();
    let refusal = Requirements::default().refusal(libc::EINVAL, &[logged]);
    let effects = machine.step(Event::Written(MOVED, Ok(Written::Refused(refusal))));
    assert_eq!(pauses(&effects), [MOVED]);
    assert_eq!(machine.status().paths[1].code.as_deref(), Some("controller-number-taken"));
    machine.step(Event::PauseOver(MOVED));
    assert_eq!(held(&machine.step(Event::Probed(MOVED, Ok(())))), Some((4421, vec![1])));
}
