//! Tests what a run reports that it waits for, event by event.

use super::*;
use crate::connect::engine::report::Report;
use crate::net::{NetEvent, NetFailure, Waiting};
use libnbft::plan::NetworkRef;
use std::time::Instant;

const AT: NetworkRef = NetworkRef { interface: 0, link: 0, network: 0 };

/// A new state machine with two paths to one namespace.
fn fresh(root: &Root, until: RunMode) -> StateMachine {
    let plan = Plan::new(&[Source { name: "NBFT", table: &table(&[4420, 4421]) }], &Options::default());
    let mut machine = StateMachine::new(plan, Additions::default(), settings(root, until, None));
    machine.begin();
    machine
}

/// The report after this many seconds of the budget of 60 s.
fn after(machine: &StateMachine, seconds: u64) -> Report {
    machine.report(machine.settings.started + Duration::from_secs(seconds))
}

fn sentence(machine: &StateMachine) -> String {
    after(machine, 10).sentence()
}

fn ends(machine: &mut StateMachine) {
    machine.step(Event::Module(Ok(())));
    machine.step(Event::Supported(Ok(Supported::from_list(""))));
}

#[test]
fn each_event_changes_what_is_waited_for() {
    let root = Root::new();
    let mut machine = fresh(&root, until_boot(Wait::Boot));
    assert_eq!(sentence(&machine), "waiting: nbft0 for its setup; 50 s left");
    for (for_what, said) in [
        (Waiting::Nic, "the NIC (no interface with this MAC address is there)"),
        (Waiting::Carrier, "carrier"),
        (Waiting::Lease, "a DHCP server"),
    ] {
        machine.step(Event::Network(NetEvent::Waiting { at: AT, for_what }));
        assert_eq!(sentence(&machine), format!("waiting: nbft0 for {said}; 50 s left"));
    }
    let reason = NetFailure::LinkGone;
    let said = format!("waiting: nbft0 for the next try ({reason}); 50 s left");
    machine.step(Event::Network(NetEvent::Failed { at: AT, reason }));
    assert_eq!(sentence(&machine), said);

    machine.step(Event::Network(ready()));
    let both = "127.0.0.1 port 4420 over nbft0, 127.0.0.1 port 4421 over nbft0";
    assert_eq!(sentence(&machine), format!("waiting: {both} for an answer to the probe; 50 s left"));
    machine.step(Event::Probed(PATH, Ok(())));
    machine.step(Event::Probed(OTHER, Err(ProbeFailure::TimedOut)));
    let other = format!("127.0.0.1 port 4421 over nbft0 for the next try ({})", ProbeFailure::TimedOut);
    let first = "127.0.0.1 port 4420 over nbft0 for";
    let device = "/dev/nvme-fabrics, in which the kernel makes another connection";
    assert_eq!(sentence(&machine), format!("waiting: {first} {device}; {other}; 50 s left"));
    std::fs::remove_dir_all(root.0.join("sys/module/nvme_tcp")).unwrap();
    assert_eq!(sentence(&machine), format!("waiting: {first} the driver nvme-tcp; {other}; 50 s left"));
    ends(&mut machine);
    assert_eq!(sentence(&machine), format!("waiting: {first} a connection; {other}; 50 s left"));
}

#[test]
fn a_connected_path_waits_for_the_disk_and_what_is_not_needed_for_nothing() {
    let root = Root::new();
    let (mut machine, _) = machine(&root, &table(&[4420, 4421]), until_boot(Wait::Boot));
    let effects = machine.step(Event::Probed(PATH, Ok(())));
    show_controller(&root.0, 0, &writes(&effects)[0].1, "11111111-2222-3333-4444-555555555555");
    let made = NewController::default();
    machine.step(Event::Written(PATH, Ok(Written::Controller(made))));
    machine.step(Event::ScanDue);
    let said = sentence(&machine);
    let other = "127.0.0.1 port 4421 over nbft0 for an answer to the probe";
    let disk = format!("uuid {NID} of {NQN} for its disk (the subsystem is connected and has NSID 1 uuid");
    assert!(said.starts_with(&format!("waiting: {other}; {disk}")), "{said}");

    // The namespace comes by the same path: the other one is no longer waited for.
    fs::write(root.0.join("sys/class/nvme/nvme0/nvme0c0n1/uuid"), format!("{NID}\n")).unwrap();
    machine.step(Event::ScanDue);
    assert_eq!(
        sentence(&machine),
        "waiting: 1 of 2 paths up, each boot namespace is there; 50 s left",
        "{:?}",
        machine.status().namespaces
    );
}

#[test]
fn the_time_that_is_left_ends() {
    let root = Root::new();
    let machine = fresh(&root, until_boot(Wait::Boot));
    let left = |seconds| after(&machine, seconds).sentence().rsplit("; ").next().unwrap().to_owned();
    assert_eq!((left(0), left(59)), ("60 s left".into(), "1 s left".into()));
    assert_eq!((left(60), left(61)), ("timed out after 60 s".into(), "timed out after 60 s".into()));
}

#[test]
fn a_report_is_due_again_and_again_but_not_in_a_service() {
    let root = Root::new();
    let mut machine = fresh(&root, until_boot(Wait::Boot));
    let started = machine.settings.started;
    assert_eq!(machine.next_report, Some(started + Duration::from_secs(10)));
    let effects = machine.step(Event::ReportDue);
    let [Effect::Report(report)] = &effects[..] else { panic!("{effects:?}") };
    assert!(report.sentence().starts_with("waiting: nbft0 for its setup; "), "{report:?}");
    assert!(machine.next_report > Some(Instant::now()), "not at once again");
    drop(machine);
    assert_eq!(fresh(&root, RunMode::Resident).next_report, None);
}

#[test]
fn an_interface_and_a_path_have_a_line_each() {
    let root = Root::new();
    let mut machine = fresh(&root, until_boot(Wait::Boot));
    ends(&mut machine);
    machine.step(Event::Network(NetEvent::Waiting { at: AT, for_what: Waiting::Carrier }));
    let changed = machine.networks[0].since;
    let mut report = machine.report(changed + Duration::from_secs(7));
    // These times depend on the clock of the test.
    (report.elapsed, report.items[1].age, report.items[2].age) =
        (Duration::from_secs(8), Duration::ZERO, Duration::ZERO);
    assert_eq!(
        report.lines().plain(),
        "nbft connect: 0 of 2 paths up, 8 of 60 s
  nbft0                           pending    7 s  waits for carrier
  127.0.0.1 port 4420 over nbft0  pending    0 s  waits for nbft0
  127.0.0.1 port 4421 over nbft0  pending    0 s  waits for nbft0
"
    );
    machine.step(Event::Network(ready()));
    machine.step(Event::Probed(PATH, Err(ProbeFailure::TimedOut)));
    let lines = machine.report(Instant::now()).lines().plain();
    assert!(lines.contains("  lo                              up\n"), "{lines}");
    assert!(lines.contains("  127.0.0.1 port 4420 over nbft0  failed     0 s  waits for the next try ("), "{lines}");
}
