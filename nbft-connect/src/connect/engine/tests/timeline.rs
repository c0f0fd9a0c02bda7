//! Tests when each step ends, event by event.

use super::*;
use crate::net::{NetEvent, Timings, Waiting};
use crate::status::timeline::Timeline;
use libnbft::plan::NetworkRef;
use std::time::Instant;

const AT: NetworkRef = NetworkRef { interface: 0, link: 0, network: 0 };

/// A state machine that has run for a second; its times then are `1000` and a little more.
fn machine_of(root: &Root, before: Option<Status>) -> StateMachine {
    let plan = Plan::new(&[Source { name: "NBFT", table: &table(&[4420, 4421]) }], &Options::default());
    let mut settings = settings(root, until_boot(Wait::Boot), before);
    settings.started = Instant::now() - Duration::from_secs(1);
    let mut machine = StateMachine::new(plan, Additions::default(), settings);
    machine.begin();
    machine.step(Event::Module(Ok(())));
    machine.step(Event::Supported(Ok(Supported::from_list(""))));
    machine
}

fn ready_with(timings: Timings) -> Event {
    match ready() {
        NetEvent::Ready { at, link_name, ifindex, address, lease, port, bond, .. } => {
            Event::Network(NetEvent::Ready { at, link_name, ifindex, address, lease, timings, port, bond })
        }
        other => panic!("{other:?}"),
    }
}

/// The status of a run in which the boot namespace came by the first path.
fn booted(root: &Root) -> Status {
    let mut machine = machine_of(root, None);
    let ms = Duration::from_millis;
    machine.step(ready_with(Timings { nic: ms(0), udev: ms(0), carrier: ms(300), address: ms(100) }));
    let effects = machine.step(Event::Probed(PATH, Ok(())));
    machine.step(connected(root, PATH, 0, &writes(&effects)[0].1));
    machine.step(Event::LingerOver);
    machine.conclude().status
}

#[test]
fn each_step_has_its_time() {
    let root = Root::new();
    let status = booted(&root);
    let timeline = status.timeline.unwrap();
    let of = &timeline.interfaces[0];
    let address = of.address_ms.unwrap();
    assert_eq!((of.name.as_str(), of.carrier_ms, of.udev_ms), ("lo", Some(address - 100), Some(address - 400)));
    assert!(of.nic_ms <= of.udev_ms && of.begin_ms.is_some_and(|begin| begin >= 1000), "{of:?}");
    let path = &timeline.paths[0];
    let steps = [Some(address), path.probe_ms, path.probed_ms, path.connect_ms, path.connected_ms];
    assert!(steps.is_sorted() && steps.iter().all(Option::is_some), "{steps:?}");
    assert_eq!(path.connected_ms, status.paths[0].connected_ms);
    let other = &timeline.paths[1];
    assert!(other.probe_ms.is_some() && other.probed_ms.is_none() && other.connect_ms.is_none(), "{other:?}");
    let namespace = &timeline.namespaces[0];
    assert_eq!((namespace.connected_ms, namespace.present_ms), (path.connected_ms, status.namespaces[0].present_ms));
    assert!(namespace.present_ms.is_some() && timeline.ended_ms >= namespace.present_ms.unwrap());
}

#[test]
fn what_is_waited_for_tells_what_is_over() {
    let root = Root::new();
    let mut machine = machine_of(&root, None);
    let over = |machine: &StateMachine| {
        let of = &machine.timeline().interfaces[0];
        [of.nic_ms, of.udev_ms, of.carrier_ms, of.address_ms].map(|ms| ms.is_some())
    };
    for (for_what, wanted) in [
        (Waiting::Nic, [false, false, false, false]),
        (Waiting::Udev, [true, false, false, false]),
        (Waiting::Carrier, [true, true, false, false]),
        (Waiting::Lease, [true, true, true, false]),
    ] {
        machine.step(Event::Network(NetEvent::Waiting { at: AT, for_what }));
        assert_eq!(over(&machine), wanted, "{for_what:?}");
    }
}

#[test]
fn the_times_of_the_run_that_booted_stay() {
    let root = Root::new();
    let of_boot = booted(&root);
    let later = machine_of(&root, Some(of_boot.clone()));
    assert_eq!(later.status().timeline, of_boot.timeline);
    // The times of a run that did not boot the machine are not kept.
    let mut failed = of_boot;
    let times: &mut Timeline = failed.timeline.as_mut().unwrap();
    (times.namespaces[0].present_ms, times.started_uptime_ms) = (None, 123_456);
    let later = machine_of(&root, Some(failed));
    assert_ne!(later.status().timeline.unwrap().started_uptime_ms, 123_456);
}
