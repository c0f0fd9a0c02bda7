//! Paths that lose access to their namespace while the machine runs.

use super::*;

#[test]
fn a_path_that_loses_access_is_noted_without_an_event_of_the_kernel() {
    let root = Root::new();
    let (mut machine, _) = machine(&root, &table(&[4420]), RunMode::Resident);
    let effects = machine.step(Event::Probed(PATH, Ok(())));
    let connected = connected(&root, PATH, 0, &writes(&effects)[0].1);
    let attribute = root.0.join("sys/class/nvme/nvme0/nvme0c0n1/ana_state");
    fs::write(&attribute, "optimized\n").unwrap();
    machine.step(connected);
    machine.step(Event::ScanDue);
    let state = |machine: &StateMachine| {
        let status = machine.status();
        (status.paths[0].state, status.paths[0].code.clone(), status.namespaces[0].state)
    };
    assert_eq!(state(&machine), (State::Up, None, State::Up));
    fs::write(&attribute, "inaccessible\n").unwrap();
    machine.step(Event::CheckDue);
    assert_eq!(state(&machine), (State::Failed, Some("path-inaccessible".to_owned()), State::Pending));
    assert_eq!(machine.attempts[PATH].phase, Phase::Up, "it stays connected");
    assert!(machine.next_scan.is_some(), "access is looked for again");
    fs::write(&attribute, "non-optimized\n").unwrap();
    machine.step(Event::ScanDue);
    assert_eq!((state(&machine), machine.next_scan), ((State::Up, None, State::Up), None));
}
