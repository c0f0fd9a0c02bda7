//! Tests when discovery controllers are asked, and which of their entries are used.

use super::*;
use crate::nvme::discovery::LogPageError;
use libnbft::discovery_log::{Header, LEN};
use libnbft::model::DISCOVERY_NQN;

const OTHER: &str = "nqn.2014-08.org.example:other";

/// The log page of a controller, from subsystem type, port on loopback and NQN of each entry.
pub(in crate::connect) fn page(entries: &[(u8, u16, &str)]) -> Log {
    let mut log = Log::new(Header { generation: 1, records: entries.len() as u64 });
    for (kind, port, nqn) in entries {
        let mut bytes = [0; LEN];
        bytes[..3].copy_from_slice(&[3, 1, *kind]);
        for (at, text) in [(32, port.to_string().as_str()), (256, nqn), (512, "127.0.0.1")] {
            bytes[at..at + text.len()].copy_from_slice(text.as_bytes());
        }
        log.take(&bytes);
    }
    assert_eq!(log.entries.len(), entries.len());
    log
}

fn tell(entries: &[(u8, u16, &str)]) -> Answer {
    Answer::Tell(DiscoveryResult::LogPage(page(entries), None))
}

/// A table that names a discovery controller, from which its subsystems came.
pub(in crate::connect) fn table_with(controller: u16, ports: &[u16]) -> Table {
    let mut table = table(ports);
    table.discovery.push(discovery_at(controller, 0));
    for ssns in &mut table.ssns {
        ssns.primary_discovery = 1;
    }
    table
}

fn asked(port: u16) -> String {
    format!(
        "discover nqn={DISCOVERY_NQN},transport=tcp,traddr=127.0.0.1,trsvcid={port},\
         hostnqn=nqn.2014-08.org.example:host,hostid=22222222-2222-2222-2222-222222222222,\
         host_traddr=127.0.0.1,host_iface=lo"
    )
}

fn options_of(nqn: &str, port: u16) -> String {
    options(port).replace(NQN, nqn)
}

#[tokio::test(flavor = "current_thread")]
async fn a_table_with_nothing_else_boots_from_what_is_told() {
    let (controller, subsystem) = (target().await, target().await);
    let ran = run(&table_with(controller, &[]), vec![tell(&[(2, subsystem, NQN)])], 5).await;
    assert_eq!((ran.exit, ran.written), (Exit::Ok, vec![asked(controller), options(subsystem)]));
    assert_eq!(ran.status.message, "1 of 1 paths up, a discovered namespace is there");
    let path = &ran.status.paths[0];
    let teller = DiscoverySource {
        nqn: DISCOVERY_NQN.into(),
        traddr: "127.0.0.1".parse().unwrap(),
        trsvcid: controller,
        descriptors: vec![Origin { table: "NBFT".into(), index: 1 }],
    };
    assert_eq!((path.state, &path.discovered), (State::Up, &Some(teller)));
    let namespace = &ran.status.namespaces[0];
    assert_eq!((namespace.discovered, namespace.boot, namespace.nsid), (true, false, 0));
    assert_eq!(namespace.device.as_deref(), Some("/dev/nvme0n1"));
    let answered = &ran.status.discovery[0];
    assert_eq!((answered.state, answered.attempts, answered.ways), (State::Up, 1, Some(1)));
    assert_eq!(answered.descriptors, ["NBFT discovery 1"]);
}

#[tokio::test(flavor = "current_thread")]
async fn a_fall_back_is_not_asked_while_its_subsystem_answers() {
    let (controller, subsystem) = (target().await, target().await);
    let ran = run(&table_with(controller, &[subsystem]), vec![], 5).await;
    assert_eq!((ran.exit, ran.written), (Exit::Ok, vec![options(subsystem)]));
    let unused = &ran.status.discovery[0];
    let reason = "a fall-back: asked when a subsystem that came from it does not answer";
    assert_eq!((unused.state, unused.attempts, unused.reason.as_deref()), (State::Pending, 0, Some(reason)));
}

#[tokio::test(flavor = "current_thread")]
async fn a_port_that_moved_is_found() {
    let (controller, moved) = (target().await, target().await);
    let stale = closed_port().await;
    // Its other subsystem is not in this table.
    let answers = vec![Answer::Errno(libc::ECONNREFUSED), tell(&[(2, moved, OTHER), (2, stale, NQN), (2, moved, NQN)])];
    let ran = run(&table_with(controller, &[stale]), answers, 10).await;
    let expected = vec![options(stale), asked(controller), options(moved)];
    assert_eq!((ran.exit, ran.written), (Exit::Degraded, expected));
    let ports: Vec<_> = ran.status.paths.iter().map(|path| (path.trsvcid, path.state)).collect();
    assert_eq!(ports, [(stale, State::Failed), (moved, State::Up)]);
    assert_eq!(ran.status.paths[1].ssns, ["NBFT SSNS 1"]);
    assert_eq!(ran.status.message, "1 of 2 paths up, each boot namespace is there");
}

#[tokio::test(flavor = "current_thread")]
async fn referrals_are_followed_and_loops_are_not() {
    let (first, second, subsystem) = (target().await, target().await, target().await);
    let answers = vec![
        tell(&[(1, second, DISCOVERY_NQN), (3, first, DISCOVERY_NQN)]),
        tell(&[(1, first, DISCOVERY_NQN), (1, second, DISCOVERY_NQN), (2, subsystem, NQN)]),
    ];
    let ran = run(&table_with(first, &[]), answers, 5).await;
    let expected = vec![asked(first), asked(second), options(subsystem)];
    assert_eq!((ran.exit, ran.written), (Exit::Ok, expected));
    assert_eq!(ran.status.discovery.len(), 2);
}

#[tokio::test(flavor = "current_thread")]
async fn a_chain_of_referrals_has_an_end() {
    let mut ports = Vec::new();
    for _ in 0..8 {
        ports.push(target().await);
    }
    let next = ports.iter().skip(1).map(|port| tell(&[(1, *port, DISCOVERY_NQN)])).collect();
    let ran = run(&table_with(ports[0], &[]), next, 2).await;
    assert_eq!(ran.exit, Exit::Failed);
    assert_eq!(ran.written, ports[..5].iter().map(|port| asked(*port)).collect::<Vec<_>>());
}

#[tokio::test(flavor = "current_thread")]
async fn one_that_does_not_answer_is_asked_again() {
    let (controller, subsystem) = (target().await, target().await);
    let answers = vec![
        Answer::Tell(DiscoveryResult::Refused(Requirements::default().refusal(libc::ECONNRESET, &[]))),
        Answer::Tell(DiscoveryResult::Unreadable(LogPageError::Slow(10))),
        tell(&[(2, subsystem, NQN)]),
    ];
    let ran = run(&table_with(controller, &[]), answers, 10).await;
    let expected = vec![asked(controller), asked(controller), asked(controller), options(subsystem)];
    assert_eq!((ran.exit, ran.written), (Exit::Ok, expected));
    assert_eq!(ran.status.discovery[0].attempts, 3);
}

#[tokio::test(flavor = "current_thread")]
async fn a_dead_one_is_never_written_and_named() {
    let controller = closed_port().await;
    let ran = run(&table_with(controller, &[]), vec![], 1).await;
    assert_eq!((ran.exit, ran.written), (Exit::Failed, vec![]));
    assert_eq!(
        ran.status.message,
        format!(
            "0 of 0 paths up, missing: any namespace that discovery tells of (discovery controller at 127.0.0.1 port \
             {controller}: the target refuses connections to this port (Connection refused (os error 111)))"
        )
    );
}

#[tokio::test(flavor = "current_thread")]
async fn one_of_several_discovered_subsystems_is_enough() {
    let (controller, dead, live) = (target().await, closed_port().await, target().await);
    let answers = vec![tell(&[(2, dead, OTHER), (2, live, NQN)])];
    let ran = run(&table_with(controller, &[]), answers, 5).await;
    assert_eq!((ran.exit, ran.written), (Exit::Ok, vec![asked(controller), options(live)]));
    assert_eq!(ran.status.paths[0].state, State::Failed);
}

#[tokio::test(flavor = "current_thread")]
async fn what_is_told_beside_the_table_is_connected_and_not_waited_for() {
    let (controller, first, second) = (target().await, target().await, target().await);
    let mut table = table_with(controller, &[first]);
    table.ssns[0].primary_discovery = 0;
    let answers = vec![tell(&[(2, second, OTHER)])];
    let ran = run(&table, answers, 5).await;
    assert_eq!(ran.exit, Exit::Ok);
    assert_eq!(ran.written[0], options(first));
    assert!(
        ran.written
            .iter()
            .all(|line| { [options(first), asked(controller), options_of(OTHER, second)].contains(line) })
    );
    assert!(!ran.status.boots_by_discovery);
}

#[tokio::test(flavor = "current_thread")]
async fn discovery_twice_is_once() {
    let root = Root::new();
    let (controller, subsystem) = (target().await, target().await);
    let table = table_with(controller, &[]);
    let first = run_in(&root, &table, vec![tell(&[(2, subsystem, NQN)])], 5).await;
    assert_eq!((first.exit, first.written.len()), (Exit::Ok, 2));
    let second = run_in(&root, &table, vec![], 5).await;
    assert_eq!((second.exit, second.written), (Exit::Ok, vec![]));
    let (before, after) = (&first.status.paths[0], &second.status.paths[0]);
    assert_eq!((after.controller.as_deref(), &after.discovered), (Some("nvme1"), &before.discovered));
    // Without its controller, nothing of the path is restored.
    fs::remove_dir_all(root.0.join("sys/class/nvme/nvme1")).unwrap();
    fs::remove_dir_all(root.0.join("sys/block/nvme0n1")).unwrap();
    let third = run_in(&root, &table, vec![tell(&[(2, subsystem, NQN)])], 5).await;
    assert_eq!((third.exit, third.written), (Exit::Ok, vec![asked(controller), options(subsystem)]));
}

/// Waits until `number` lines have been written, and all is up.
async fn all_up(root: &Root, written: &RefCell<Vec<String>>, number: usize) {
    while written.borrow().len() < number || status(root).outcome != Outcome::Ok {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "current_thread")]
async fn staying_asks_again_when_what_was_told_goes_away() {
    let root = Root::new();
    let (controller, moved) = (target().await, target().await);
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let first = listener.local_addr().unwrap().port();
    let serving = serve(listener);
    let answers = vec![tell(&[(2, first, NQN)]), tell(&[(2, moved, NQN)])];
    let started = start(&root, &table_with(controller, &[]), answers, RunMode::Resident);
    let up = async |number| all_up(&root, &started.written, number).await;
    let scenario = async {
        up(2).await;
        // The target moves: its connection is gone and its port closed.
        serving.abort();
        fs::remove_dir_all(root.0.join("sys/class/nvme/nvme1")).unwrap();
        fs::remove_dir_all(root.0.join("sys/block/nvme0n1")).unwrap();
        started.events.send(ready()).unwrap();
        up(4).await;
    };
    while_running(started.engine, started.network, 30, scenario).await;
    assert_eq!(*started.written.borrow(), [asked(controller), options(first), asked(controller), options(moved)]);
}

/// The line for a persistent discovery controller.
fn kept(port: u16) -> String {
    asked(port).replacen("discover ", "keep ", 1) + ",keep_alive_tmo=30,ctrl_loss_tmo=-1"
}

const AT_ONCE: RunMode = RunMode::UntilBoot { timeout: Duration::from_secs(5), wait: Wait::Boot };

#[tokio::test(flavor = "current_thread")]
async fn one_that_is_to_last_stays_connected_and_is_known_again() {
    let root = Root::new();
    let (controller, subsystem) = (target().await, target().await);
    let table = table_with(controller, &[]);
    let lasting = |settings: &mut Settings| settings.persistent_discovery = true;
    let first = start_with(&root, &table, vec![tell(&[(2, subsystem, NQN)])], AT_ONCE, lasting);
    assert_eq!(first.engine.run(first.network).await.unwrap().exit, Exit::Ok);
    assert_eq!(*first.written.borrow(), [kept(controller), options(subsystem)]);
    assert_eq!(status(&root).discovery[0].controller.as_deref(), Some("nvme0"));
    let owner = fs::read_to_string(root.0.join("run/nvme/registry/nvme0/owner")).unwrap();
    assert_eq!(owner, "nbft\n");

    let before = status(&root);
    let second = start_with(&root, &table, vec![], AT_ONCE, |settings| {
        lasting(settings);
        settings.before = Some(before.clone());
    });
    assert_eq!(second.engine.run(second.network).await.unwrap().exit, Exit::Ok);
    assert_eq!(*second.written.borrow(), [""; 0]);
    assert_eq!(status(&root).discovery[0].controller.as_deref(), Some("nvme0"));

    // The discovery controller and its subsystem are gone: both are connected anew.
    for name in ["nvme0", "nvme1"] {
        fs::remove_dir_all(root.0.join("sys/class/nvme").join(name)).unwrap();
    }
    let third = start_with(&root, &table, vec![tell(&[(2, subsystem, NQN)])], AT_ONCE, |settings| {
        lasting(settings);
        settings.before = Some(before);
    });
    assert_eq!(third.engine.run(third.network).await.unwrap().exit, Exit::Ok);
    assert_eq!(*third.written.borrow(), [kept(controller), options(subsystem)]);
}

#[tokio::test(flavor = "current_thread")]
async fn a_connection_that_another_program_keeps_is_asked_and_stays_its_own() {
    let root = Root::new();
    let (controller, subsystem) = (target().await, target().await);
    show_controller(&root.0, 9, &asked(controller), NID);
    fs::write(root.0.join("sys/class/nvme/nvme9/cntrltype"), "discovery\n").unwrap();
    let ran = run_in(&root, &table_with(controller, &[]), vec![tell(&[(2, subsystem, NQN)])], 5).await;
    assert_eq!((ran.exit, ran.written), (Exit::Ok, vec!["again nvme9".to_owned(), options(subsystem)]));
    assert_eq!(ran.status.discovery[0].controller, None);
    assert!(!root.0.join("run/nvme/registry/nvme9").exists());
}

#[tokio::test(flavor = "current_thread")]
async fn staying_connects_one_again_that_the_kernel_removed() {
    let root = Root::new();
    let (controller, subsystem) = (target().await, target().await);
    let answers = vec![tell(&[(2, subsystem, NQN)]), tell(&[(2, subsystem, NQN)])];
    let table = table_with(controller, &[]);
    let started =
        start_with(&root, &table, answers, RunMode::Resident, |settings| settings.persistent_discovery = true);
    let scenario = async {
        all_up(&root, &started.written, 2).await;
        fs::remove_dir_all(root.0.join("sys/class/nvme/nvme0")).unwrap();
        // Triggers a scan of sysfs.
        started.events.send(ready()).unwrap();
        all_up(&root, &started.written, 3).await;
    };
    while_running(started.engine, started.network, 30, scenario).await;
    assert_eq!(*started.written.borrow(), [kept(controller), options(subsystem), kept(controller)]);
}
