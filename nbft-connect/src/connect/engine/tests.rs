//! Drives the transitions with events alone: no socket, no device, no runtime.

mod access;
mod excluded;
mod port;
mod report;
mod stalled;
mod timeline;

use super::attempt::{AttemptId, Phase};
use super::clock::Clock;
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
use libnbft::model::{Nqn, SsnsFlags, Table};
use libnbft::plan::{Additions, Options, Plan, Source};
use std::fs;
use std::time::Duration;

const PATH: AttemptId = AttemptId(0);
const OTHER: AttemptId = AttemptId(1);

/// A state machine whose device is known and whose interface is ready, and the effects that it then returns.
fn machine(root: &Root, table: &Table, until: RunMode) -> (StateMachine, Vec<Effect>) {
    let plan = Plan::new(&[Source { name: "NBFT", table }], &Options::default());
    let mut machine = StateMachine::new(plan, Additions::default(), settings(root, until, None));
    assert!(matches!(machine.begin()[..], [Effect::LoadModule, Effect::Save]));
    assert!(matches!(machine.step(Event::Module(Ok(())))[..], [Effect::AskOptions]));
    assert!(machine.step(Event::Supported(Ok(Supported::from_list("")))).is_empty());
    let effects = machine.step(Event::Network(ready()));
    (machine, effects)
}

/// Advances the clock, which then stands still.
fn pass(machine: &mut StateMachine, time: Duration) {
    machine.clock = Clock::stopped_at(machine.clock.now() + time);
}

fn until_boot(wait: Wait) -> RunMode {
    RunMode::UntilBoot { timeout: Duration::from_secs(60), wait }
}

/// The attempts that are probed.
fn probed(effects: &[Effect]) -> Vec<AttemptId> {
    let probe = |effect: &Effect| match effect {
        Effect::Probe { attempt, .. } => Some(*attempt),
        _ => None,
    };
    effects.iter().filter_map(probe).collect()
}

/// The paths that are written, with their options.
fn writes(effects: &[Effect]) -> Vec<(AttemptId, String)> {
    let write = |effect: &Effect| match effect {
        Effect::Write { attempt, options, .. } => Some((*attempt, options.expose().to_owned())),
        _ => None,
    };
    effects.iter().filter_map(write).collect()
}

/// The attempts that pause before their next try.
fn pauses(effects: &[Effect]) -> Vec<AttemptId> {
    let pause = |effect: &Effect| match effect {
        Effect::Pause { attempt, .. } => Some(*attempt),
        _ => None,
    };
    effects.iter().filter_map(pause).collect()
}

fn registers(effects: &[Effect], name: &str) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::Register { controller } if controller == name))
}

/// The kernel connects: sysfs shows the controller, and the device tells its number.
fn connected(root: &Root, attempt: AttemptId, number: u32, options: &str) -> Event {
    show_controller(&root.0, number as usize, options, NID);
    Event::Written(attempt, Ok(Written::Controller(NewController { instance: number, ..NewController::default() })))
}

#[test]
fn a_ready_network_leads_by_probe_and_write_to_a_path_that_is_up() {
    let root = Root::new();
    let (mut machine, effects) = machine(&root, &table(&[4420, 4421]), until_boot(Wait::All));
    assert_eq!((probed(&effects), writes(&effects)), (vec![PATH, OTHER], vec![]));
    let effects = machine.step(Event::Probed(PATH, Ok(())));
    let [(PATH, options)] = &writes(&effects)[..] else { panic!("{effects:?}") };
    assert!(machine.step(Event::Probed(OTHER, Ok(()))).is_empty(), "the device is given one path at a time");

    let effects = machine.step(connected(&root, PATH, 0, options));
    assert!(registers(&effects, "nvme0"));
    let [(OTHER, options)] = &writes(&effects)[..] else { panic!("{effects:?}") };
    assert_eq!((machine.attempts[PATH].phase, machine.attempts[OTHER].phase), (Phase::Up, Phase::Writing));
    assert_eq!((machine.status().namespaces[0].state, machine.ending), (State::Up, None));

    machine.step(connected(&root, OTHER, 1, options));
    assert_eq!((machine.attempts[OTHER].phase, machine.ending), (Phase::Up, Some(Ending::Complete)));
    assert_eq!(machine.conclude().status.outcome, Outcome::Ok);
}

#[test]
fn a_refused_path_pauses_and_is_tried_again() {
    let root = Root::new();
    let (mut machine, _) = machine(&root, &table(&[4420, 4421]), until_boot(Wait::Boot));
    assert_eq!(pauses(&machine.step(Event::Probed(OTHER, Err(ProbeFailure::TimedOut)))), [OTHER]);
    assert_eq!(machine.status().paths[1].code.as_deref(), Some("no-answer"));

    machine.step(Event::Probed(PATH, Ok(())));
    let refusal = Requirements::default().refusal(libc::ECONNREFUSED, &[]);
    let effects = machine.step(Event::Written(PATH, Ok(Written::Refused(refusal.clone()))));
    assert_eq!((pauses(&effects), machine.attempts[PATH].phase), (vec![PATH], Phase::Pause));
    let status = &machine.status().paths[0];
    assert_eq!((status.attempts, status.state), (1, State::Failed));
    assert_eq!(status.reason.as_ref(), Some(&refusal.to_string()));

    let effects = machine.step(Event::PauseOver(PATH));
    assert_eq!((probed(&effects), machine.attempts[PATH].phase), (vec![PATH], Phase::Probing));
    // The end of an earlier pause has no effect.
    assert!(machine.step(Event::PauseOver(PATH)).is_empty());
}

#[test]
fn a_policy_violation_is_never_up_and_is_named() {
    let root = Root::new();
    let (mut machine, effects) = machine(&root, &table(&[4420]), until_boot(Wait::Boot));
    assert_eq!(writes(&effects).len(), 1, "the only path needs no probe");
    let violation = Violation::ControllerUnproved;
    let effects = machine.step(Event::Written(PATH, Ok(Written::PolicyViolation(violation.clone()))));
    assert_eq!((pauses(&effects), writes(&effects)), (vec![PATH], vec![]));
    assert!(!registers(&effects, "nvme0"));
    assert_eq!(machine.status().paths[0].code.as_deref(), Some(violation.code()));
    assert_eq!(machine.status().paths[0].controller, None);
}

#[test]
fn a_log_page_adds_a_path() {
    let root = Root::new();
    let (mut machine, effects) = machine(&root, &table_with(8009, &[]), until_boot(Wait::Boot));
    let controller = AttemptId(0);
    assert_eq!(probed(&effects), [controller]);
    let effects = machine.step(Event::Probed(controller, Ok(())));
    assert!(matches!(effects[..], [Effect::Discover { attempt: AttemptId(0), .. }]));

    let log = page(&[(2, 4420, NQN)]);
    let effects = machine.step(Event::LogRead(controller, Ok(DiscoveryResult::LogPage(log, None))));
    assert_eq!((machine.plan.paths.len(), machine.additions.paths.len(), machine.status().paths.len()), (0, 1, 1));
    assert_eq!(pauses(&effects), [controller]);
    let routed = effects.into_iter().find_map(|effect| match effect {
        Effect::Route { attempts, .. } => Some(attempts),
        _ => None,
    });
    assert_eq!(routed.as_deref(), Some(&[OTHER][..]));
    let effects = machine.step(Event::Routed(vec![OTHER]));
    assert_eq!((writes(&effects).len(), machine.attempts[OTHER].phase), (1, Phase::Writing));
}

#[test]
fn a_lost_controller_is_connected_again() {
    let root = Root::new();
    let (mut machine, _) = machine(&root, &table(&[4420]), RunMode::Resident);
    let effects = machine.step(Event::Probed(PATH, Ok(())));
    machine.step(connected(&root, PATH, 0, &writes(&effects)[0].1));
    assert_eq!(machine.attempts[PATH].phase, Phase::Up);
    fs::remove_dir_all(root.0.join("sys/class/nvme/nvme0")).unwrap();

    let effects = machine.step(Event::ScanDue);
    assert_eq!((pauses(&effects), machine.attempts[PATH].phase), (vec![PATH], Phase::Pause));
    assert_eq!(machine.status().paths[0].code.as_deref(), Some("controller-removed"));
    assert_eq!(probed(&machine.step(Event::PauseOver(PATH))), [PATH]);
    let effects = machine.step(Event::Probed(PATH, Ok(())));
    machine.step(connected(&root, PATH, 1, &writes(&effects)[0].1));
    assert_eq!(machine.status().paths[0].controller.as_deref(), Some("nvme1"));
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
fn a_run_lingers_after_the_last_boot_namespace_while_another_path_may_come() {
    let root = Root::new();
    let (mut machine, _) = machine(&root, &table(&[4420, 4421]), until_boot(Wait::Boot));
    pass(&mut machine, Duration::from_secs(5));
    let effects = machine.step(Event::Probed(PATH, Ok(())));
    pass(&mut machine, Duration::from_secs(2));
    machine.step(connected(&root, PATH, 0, &writes(&effects)[0].1));
    let up = machine.clock.now();
    assert_eq!((machine.ending, machine.linger_until), (None, Some(up + Duration::from_millis(300))));
    let status = machine.status();
    assert_eq!([status.paths[0].connected_ms, status.namespaces[0].present_ms], [Some(machine.elapsed_ms()); 2]);
    // Events during the grace period do not extend it.
    pass(&mut machine, Duration::from_millis(200));
    machine.step(Event::Probed(OTHER, Err(ProbeFailure::TimedOut)));
    assert_eq!(machine.ending, Some(Ending::Complete), "nothing is about to come any more");
}

#[test]
fn scans_keep_a_distance_and_the_status_file_may_be_behind_for_a_second() {
    let root = Root::new();
    let (mut machine, effects) = machine(&root, &table(&[4420]), RunMode::Resident);
    pass(&mut machine, Duration::from_secs(9));
    assert_eq!(probed(&effects), [PATH]);
    let effects = machine.step(Event::Probed(PATH, Ok(())));
    machine.step(connected(&root, PATH, 0, &writes(&effects)[0].1));
    machine.step(Event::ScanDue);
    assert!(machine.save_at.is_some());
    assert!(matches!(machine.step(Event::SaveDue)[..], [Effect::Save]));
    let scanned = machine.clock.now();
    assert_eq!((machine.next_scan, machine.no_scan_before), (None, scanned + Duration::from_secs(1)));
    pass(&mut machine, Duration::from_millis(400));
    machine.step(Event::Uevents(Ok(vec![])));
    assert_eq!(machine.next_scan, Some(scanned + Duration::from_secs(1)));
    pass(&mut machine, Duration::from_millis(600));
    fs::remove_dir_all(root.0.join("sys/class/nvme/nvme0")).unwrap();
    machine.step(Event::Uevents(Ok(vec![])));
    assert_eq!((machine.next_scan, machine.attempts[PATH].phase), (None, Phase::Pause));
    assert_eq!(machine.save_at, Some(machine.clock.now() + Duration::from_secs(1)));
}

#[test]
fn who_keeps_trying_says_at_the_deadline_what_is_missing_and_goes_on() {
    let root = Root::new();
    let plan = Plan::new(&[Source { name: "NBFT", table: &table(&[4420]) }], &Options::default());
    let mut settings = settings(&root, until_boot(Wait::Boot), None);
    settings.keeps_trying = true;
    let mut machine = StateMachine::new(plan, Additions::default(), settings);
    machine.begin();
    machine.step(Event::Deadline);
    assert_eq!(machine.ending, None);
    let written = Status::read(&root.0.join("run/nbft/status.json")).unwrap().unwrap();
    assert_eq!(written.outcome, Outcome::Running);
    machine.step(Event::Stop);
    assert_eq!(machine.ending, Some(Ending::Stopped));
    assert_eq!(machine.conclude().exit, crate::exit::Exit::Failed);
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

#[test]
fn the_path_of_a_missing_boot_namespace_goes_first() {
    let root = Root::new();
    let mut table = table(&[1, 2, 3]);
    table.ssns[0].flags = SsnsFlags::NON_BOOTABLE;
    table.ssns[0].nqn = Some(Nqn("nqn.2014-08.org.example:other".into()));
    let (mut machine, _) = machine(&root, &table, until_boot(Wait::Boot));
    let mut next = |phases: [Phase; 3], failures: [u32; 3], present: bool| {
        for (number, (phase, failures)) in phases.into_iter().zip(failures).enumerate() {
            let attempt = &mut machine.attempts[AttemptId(number)];
            attempt.phase = phase;
            attempt.path_mut().unwrap().status.attempts = failures;
        }
        machine.namespaces[1].status.state = if present { State::Up } else { State::Pending };
        machine.next_path().map(|AttemptId(number)| number)
    };
    assert_eq!(next([Phase::Queued; 3], [0; 3], false), Some(1));
    assert_eq!(next([Phase::Queued, Phase::Probing, Phase::Queued], [0; 3], false), Some(2));
    assert_eq!(next([Phase::Queued, Phase::Up, Phase::Queued], [0; 3], false), Some(0));
    assert_eq!(next([Phase::Queued; 3], [0; 3], true), Some(0));
    assert_eq!(next([Phase::Probing; 3], [0; 3], false), None);
    assert_eq!(next([Phase::Queued; 3], [0, 1, 0], false), Some(2));
    assert_eq!(next([Phase::Queued; 3], [0, 2, 1], false), Some(2));
    assert_eq!(next([Phase::Queued; 3], [0, 1, 1], false), Some(1));
}
