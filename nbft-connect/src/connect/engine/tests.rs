//! Drives the transitions with events alone: no socket, no device, no runtime.

use super::attempt::{Phase, TargetId};
use super::event::{Effect, Event};
use super::state::{Ending, RunMode, StateMachine};
use crate::cli::Wait;
use crate::connect::tests::discovery::{page, table_with};
use crate::connect::tests::harness::{NID, NQN, Root, ready, settings, show_controller, table};
use crate::nvme::discovery::DiscoveryResult;
use crate::nvme::fabrics::options::Supported;
use crate::nvme::fabrics::{NewController, Written};
use crate::nvme::probe::ProbeFailure;
use crate::nvme::security::{Requirements, Violation};
use crate::status::schema::{Outcome, State, Status};
use libnbft::model::Table;
use libnbft::plan::{Options, Plan, Source};
use std::fs;
use std::time::Duration;

const PATH: TargetId = TargetId::Path(0);
const OTHER: TargetId = TargetId::Path(1);

/// A state machine whose device is known and whose interface is ready; and what it then asks for.
fn machine(root: &Root, table: &Table, until: RunMode) -> (StateMachine, Vec<Effect>) {
    let plan = Plan::new(&[Source { name: "NBFT", table }], &Options::default());
    let mut machine = StateMachine::new(plan, settings(root, until, None));
    assert!(matches!(machine.begin()[..], [Effect::LoadModule, Effect::Save]));
    assert!(matches!(machine.step(Event::Module(Ok(())))[..], [Effect::AskOptions]));
    assert!(machine.step(Event::Supported(Ok(Supported::from_list("")))).is_empty());
    let effects = machine.step(Event::Network(ready()));
    (machine, effects)
}

fn until_boot(wait: Wait) -> RunMode {
    RunMode::UntilBoot { timeout: Duration::from_secs(60), wait }
}

/// The targets that are probed.
fn probed(effects: &[Effect]) -> Vec<TargetId> {
    let probe = |effect: &Effect| match effect {
        Effect::Probe { target, .. } => Some(*target),
        _ => None,
    };
    effects.iter().filter_map(probe).collect()
}

/// The paths that are written, with their options.
fn writes(effects: &[Effect]) -> Vec<(usize, String)> {
    let write = |effect: &Effect| match effect {
        Effect::Write { path, options, .. } => Some((*path, options.expose().to_owned())),
        _ => None,
    };
    effects.iter().filter_map(write).collect()
}

/// The targets that pause before their next try.
fn pauses(effects: &[Effect]) -> Vec<TargetId> {
    let pause = |effect: &Effect| match effect {
        Effect::Pause { target, .. } => Some(*target),
        _ => None,
    };
    effects.iter().filter_map(pause).collect()
}

fn registers(effects: &[Effect], name: &str) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::Register { controller } if controller == name))
}

/// The kernel connects: sysfs shows the controller, and the device tells its number.
fn connected(root: &Root, path: usize, number: u32, options: &str) -> Event {
    show_controller(&root.0, number as usize, options, NID);
    Event::Written(path, Ok(Written::Controller(NewController { instance: number, ..NewController::default() })))
}

#[test]
fn a_ready_network_leads_by_probe_and_write_to_a_path_that_is_up() {
    let root = Root::new();
    let (mut machine, effects) = machine(&root, &table(&[4420, 4421]), until_boot(Wait::All));
    assert_eq!((probed(&effects), writes(&effects)), (vec![PATH, OTHER], vec![]));
    let effects = machine.step(Event::Probed(PATH, Ok(())));
    let [(0, options)] = &writes(&effects)[..] else { panic!("{effects:?}") };
    assert!(machine.step(Event::Probed(OTHER, Ok(()))).is_empty(), "the device is given one path at a time");

    let effects = machine.step(connected(&root, 0, 0, options));
    assert!(registers(&effects, "nvme0"));
    let [(1, options)] = &writes(&effects)[..] else { panic!("{effects:?}") };
    assert_eq!((machine.phase(PATH), machine.phase(OTHER)), (Some(Phase::Up), Some(Phase::Writing)));
    assert_eq!((machine.status.namespaces[0].state, machine.ending), (State::Up, None));

    machine.step(connected(&root, 1, 1, options));
    assert_eq!((machine.phase(OTHER), machine.ending), (Some(Phase::Up), Some(Ending::Complete)));
    assert_eq!(machine.conclude().status.outcome, Outcome::Ok);
}

#[test]
fn a_refused_path_pauses_and_is_tried_again() {
    let root = Root::new();
    let (mut machine, _) = machine(&root, &table(&[4420, 4421]), until_boot(Wait::Boot));
    assert_eq!(pauses(&machine.step(Event::Probed(OTHER, Err(ProbeFailure::TimedOut)))), [OTHER]);
    assert_eq!(machine.status.paths[1].code.as_deref(), Some("no-answer"));

    machine.step(Event::Probed(PATH, Ok(())));
    let refusal = Requirements::default().refusal(libc::ECONNREFUSED, &[]);
    let effects = machine.step(Event::Written(0, Ok(Written::Refused(refusal.clone()))));
    assert_eq!((pauses(&effects), machine.phase(PATH)), (vec![PATH], Some(Phase::Pause)));
    let status = &machine.status.paths[0];
    assert_eq!((status.attempts, status.state), (1, State::Failed));
    assert_eq!(status.reason.as_ref(), Some(&refusal.to_string()));

    let effects = machine.step(Event::PauseOver(PATH));
    assert_eq!((probed(&effects), machine.phase(PATH)), (vec![PATH], Some(Phase::Probing)));
    // A pause that was over before counts no more.
    assert!(machine.step(Event::PauseOver(PATH)).is_empty());
}

#[test]
fn a_policy_violation_is_never_up_and_is_named() {
    let root = Root::new();
    let (mut machine, effects) = machine(&root, &table(&[4420]), until_boot(Wait::Boot));
    assert_eq!(writes(&effects).len(), 1, "the only path needs no probe");
    let violation = Violation::ControllerUnproved;
    let effects = machine.step(Event::Written(0, Ok(Written::PolicyViolation(violation.clone()))));
    assert_eq!((pauses(&effects), writes(&effects)), (vec![PATH], vec![]));
    assert!(!registers(&effects, "nvme0"));
    assert_eq!(machine.status.paths[0].code.as_deref(), Some(violation.code()));
    assert_eq!(machine.status.paths[0].controller, None);
}

#[test]
fn a_log_page_adds_a_path() {
    let root = Root::new();
    let (mut machine, effects) = machine(&root, &table_with(8009, &[]), until_boot(Wait::Boot));
    let controller = TargetId::Discovery(0);
    assert_eq!(probed(&effects), [controller]);
    let effects = machine.step(Event::Probed(controller, Ok(())));
    assert!(matches!(effects[..], [Effect::Discover { controller: 0, .. }]));

    let log = page(&[(2, 4420, NQN)]);
    let effects = machine.step(Event::LogRead(0, Ok(DiscoveryResult::LogPage(log, None))));
    assert_eq!((machine.plan.paths.len(), machine.status.paths.len(), machine.attempts.len()), (1, 1, 2));
    assert_eq!(pauses(&effects), [controller]);
    let routed = effects.into_iter().find_map(|effect| match effect {
        Effect::Route { targets, .. } => Some(targets),
        _ => None,
    });
    assert_eq!(routed.as_deref(), Some(&[PATH][..]));
    let effects = machine.step(Event::Routed(vec![PATH]));
    assert_eq!((writes(&effects).len(), machine.phase(PATH)), (1, Some(Phase::Writing)));
}

#[test]
fn a_lost_controller_is_connected_again() {
    let root = Root::new();
    let (mut machine, _) = machine(&root, &table(&[4420]), RunMode::Resident);
    let effects = machine.step(Event::Probed(PATH, Ok(())));
    machine.step(connected(&root, 0, 0, &writes(&effects)[0].1));
    assert_eq!(machine.phase(PATH), Some(Phase::Up));
    fs::remove_dir_all(root.0.join("sys/class/nvme/nvme0")).unwrap();

    let effects = machine.step(Event::ScanDue);
    assert_eq!((pauses(&effects), machine.phase(PATH)), (vec![PATH], Some(Phase::Pause)));
    assert_eq!(machine.status.paths[0].code.as_deref(), Some("controller-removed"));
    assert_eq!(probed(&machine.step(Event::PauseOver(PATH))), [PATH]);
    let effects = machine.step(Event::Probed(PATH, Ok(())));
    machine.step(connected(&root, 0, 1, &writes(&effects)[0].1));
    assert_eq!(machine.status.paths[0].controller.as_deref(), Some("nvme1"));
    assert_eq!(machine.ending, None, "a resident process goes on");
}

#[test]
fn the_deadline_ends_a_run_whose_target_has_not_answered() {
    let root = Root::new();
    let (mut machine, effects) = machine(&root, &table(&[4420]), until_boot(Wait::Boot));
    assert_eq!(writes(&effects).len(), 1);
    assert!(machine.step(Event::Deadline).is_empty());
    assert_eq!(machine.ending, Some(Ending::Deadline));
    let ended = machine.conclude();
    assert_eq!(ended.status.outcome, Outcome::Failed);
    assert_eq!(ended.status.paths[0].code.as_deref(), Some("waits-for-answer"));
}

#[test]
fn a_signal_ends_a_run_in_the_midst() {
    let root = Root::new();
    let (mut machine, _) = machine(&root, &table(&[4420, 4421]), RunMode::Resident);
    assert!(machine.step(Event::Stop).is_empty());
    assert_eq!(machine.ending, Some(Ending::Stopped));
    assert!(machine.step(Event::Probed(PATH, Ok(()))).is_empty(), "nothing is begun any more");
    assert_eq!(machine.conclude().exit, crate::exit::Exit::Ok);
    let written = Status::read(&root.0.join("run/nbft/status.json")).unwrap().unwrap();
    assert_eq!(written.service, None);
}
