//! The engine over a stand-in for the fabrics device: orderings that a virtual machine cannot force.
//!
//! The stand-in makes in a root directory of the test what the kernel would show in sysfs. Targets are real sockets on
//! loopback.

mod again;
pub(super) mod discovery;
mod keys;
mod probes;
mod redfish;
mod secured;
mod stand_in;
mod tls;

use super::engine::{Engine, Phase, RunMode, Settings, next_path};
use super::restore;
use crate::cli::Wait;
use crate::exit::Exit;
use crate::net::NetEvent;
use crate::nvme::discovery::DiscoveryResult;
use crate::nvme::keys::Keys;
use crate::nvme::security::{Requirements, Violation};
use crate::status::file::StatusFile;
use crate::status::schema::{HfiStatus, Outcome, State, Status};
use libnbft::discovery_log::Log;
use libnbft::model::{self, Discovery, Hfi, HfiTcp, Host, Mac, Nqn, Ssns, Table, TransportType, Uuid};
use libnbft::plan::{DiscoverySource, NetworkRef, Options, Origin, Plan, Source};
pub(super) use stand_in::show_controller;
use stand_in::{Answer, Fake};
use std::cell::RefCell;
use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

pub(super) const NQN: &str = "nqn.2014-08.org.example:subsystem";
pub(super) const NID: &str = "cc3f2135-f931-4569-baea-0eee7113a521";
const OTHER_NID: &str = "11111111-2222-3333-4444-555555555555";

/// A directory that is gone when the test ends.
pub(super) struct Root(pub(super) PathBuf);

impl Root {
    pub(super) fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let root = std::env::temp_dir().join(format!("nbft-engine-{}-{number}", std::process::id()));
        for directory in ["sys/module/nvme_tcp", "sys/class/nvme", "sys/block", "dev", "run"] {
            fs::create_dir_all(root.join(directory)).unwrap();
        }
        fs::write(root.join("dev/nvme-fabrics"), "").unwrap();
        Self(root)
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A target that answers ICReq.
async fn target() -> u16 {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    serve(listener);
    port
}

/// The target on a listener; it ends when the task does.
fn serve(listener: tokio::net::TcpListener) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 128];
            if stream.read_exact(&mut request).await.is_ok() {
                request[0] = 1;
                // MAXH2CDATA.
                request[14] = 2;
                let _ = stream.write_all(&request).await;
            }
        }
    })
}

/// A port on which nobody listens.
async fn closed_port() -> u16 {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    listener.local_addr().unwrap().port()
}

/// A table with one HFI on loopback and an SSNS for each port.
pub(super) fn table(ports: &[u16]) -> Table {
    let mut table = Table::default();
    let mut host = Host::default();
    host.id = Uuid([0x22; 16]);
    host.nqn = Some(Nqn("nqn.2014-08.org.example:host".into()));
    table.host = Some(host);
    let mut tcp = HfiTcp::default();
    tcp.mac = Mac([2, 0, 0, 0, 0, 1]);
    // No table's address can be that of the loopback interface, which stands for the NIC once it is ready.
    (tcp.ip, tcp.gateway) = (Ipv4Addr::new(192, 0, 2, 10).into(), Ipv4Addr::new(192, 0, 2, 1).into());
    tcp.prefix = 8;
    let mut hfi = Hfi::default();
    (hfi.index, hfi.transport, hfi.tcp) = (1, TransportType::TCP, Some(tcp));
    table.hfis.push(hfi);
    for (number, port) in ports.iter().enumerate() {
        let mut ssns = Ssns::default();
        ssns.index = number as u16 + 1;
        ssns.transport = TransportType::TCP;
        ssns.traddr = Some(Ipv4Addr::LOCALHOST.into());
        ssns.trsvcid = Some(port.to_string());
        ssns.primary_hfi = 1;
        ssns.nsid = 1;
        ssns.nid_type = model::NidType::UUID;
        ssns.nid = NID.parse::<Uuid>().unwrap().0;
        ssns.nqn = Some(Nqn(NQN.into()));
        table.ssns.push(ssns);
    }
    table
}

/// A discovery controller on loopback, over the one HFI and with this security profile.
fn discovery_at(port: u16, security: u8) -> Discovery {
    let mut discovery = Discovery::default();
    (discovery.index, discovery.hfi, discovery.security) = (1, 1, security);
    discovery.uri = Some(format!("nvme+tcp://127.0.0.1:{port}/"));
    discovery
}

struct Ran {
    exit: Exit,
    written: Vec<String>,
    status: Status,
}

/// Runs the engine over the table with the loopback interface ready at once.
async fn run(table: &Table, answers: Vec<Answer>, seconds: u64) -> Ran {
    let root = Root::new();
    run_in(&root, table, answers, seconds).await
}

async fn run_in(root: &Root, table: &Table, answers: Vec<Answer>, seconds: u64) -> Ran {
    let until = RunMode::UntilBoot { timeout: Duration::from_secs(seconds), wait: Wait::Boot };
    let started = start(root, table, answers, until);
    let exit = started.engine.run(started.network).await.unwrap().exit;
    let written = started.written.borrow().clone();
    Ran { exit, written, status: status(root) }
}

struct Started {
    engine: Engine<Fake>,
    network: UnboundedReceiver<NetEvent>,
    events: UnboundedSender<NetEvent>,
    written: Rc<RefCell<Vec<String>>>,
}

fn start(root: &Root, table: &Table, answers: Vec<Answer>, until: RunMode) -> Started {
    start_with(root, table, answers, until, |_| ())
}

pub(super) fn settings(root: &Root, until: RunMode, before: Option<Status>) -> Settings {
    Settings {
        root: root.0.clone(),
        status_file: StatusFile::new(root.0.join(STATUS)),
        until,
        before,
        service: Some(7),
        ctrl_loss_tmo: -1,
        persistent_discovery: false,
        keys: Keys::new(&root.0, None, "nqn.2014-08.org.example:host").with_keyring(tls::InRoot(root.0.clone())),
        sockets: Box::new(tls::InRoot(root.0.clone())),
        started: Instant::now(),
    }
}

/// With other settings.
fn start_with(
    root: &Root,
    table: &Table,
    answers: Vec<Answer>,
    until: RunMode,
    change: impl FnOnce(&mut Settings),
) -> Started {
    let mut plan = Plan::new(&[Source { name: "NBFT", table }], &Options::default());
    let before = Status::read(&root.0.join(STATUS)).unwrap();
    if let Some(before) = &before {
        restore::restore_discovered(&mut plan, before, &root.0);
    }
    let mut settings = settings(root, until, before);
    change(&mut settings);
    let written = Rc::new(RefCell::new(Vec::new()));
    let fake = Fake { root: root.0.clone(), answers: answers.into(), written: Rc::clone(&written) };
    let (events, network) = tokio::sync::mpsc::unbounded_channel();
    events.send(ready()).unwrap();
    Started { engine: Engine::new(plan, settings, fake), network, events, written }
}

/// Runs an engine that does not end by itself until the scenario has, in so many seconds.
async fn while_running(
    engine: Engine<Fake>,
    network: UnboundedReceiver<NetEvent>,
    seconds: u64,
    scenario: impl Future<Output = ()>,
) {
    let limited = tokio::time::timeout(Duration::from_secs(seconds), scenario);
    tokio::select! {
        ended = engine.run(network) => panic!("it ended: {ended:?}"),
        done = limited => done.expect("in time"),
    }
}

const STATUS: &str = "run/nbft/status.json";

fn status(root: &Root) -> Status {
    Status::read(&root.0.join(STATUS)).unwrap().expect("a status file")
}

pub(super) fn ready() -> NetEvent {
    NetEvent::Ready {
        at: NetworkRef { interface: 0, link: 0, network: 0 },
        link_name: "lo".into(),
        ifindex: 1,
        address: Ipv4Addr::LOCALHOST.into(),
        lease: None,
        timings: Default::default(),
    }
}

fn options(port: u16) -> String {
    format!(
        "nqn={NQN},transport=tcp,traddr=127.0.0.1,trsvcid={port},hostnqn=nqn.2014-08.org.example:host,\
         hostid=22222222-2222-2222-2222-222222222222,host_traddr=127.0.0.1,host_iface=lo,ctrl_loss_tmo=-1"
    )
}

#[tokio::test(flavor = "current_thread")]
async fn one_path_is_written_without_a_trial() {
    let ran = run(&table(&[4420]), vec![], 5).await;
    assert_eq!((ran.exit, ran.written), (Exit::Ok, vec![options(4420)]));
    assert_eq!(ran.status.namespaces[0].device.as_deref(), Some("/dev/nvme0n1"));
    assert_eq!(ran.status.message, "1 of 1 paths up, each boot namespace is there");
}

#[tokio::test(flavor = "current_thread")]
async fn a_dead_path_is_never_written_and_makes_the_boot_degraded() {
    let (dead, live) = (closed_port().await, target().await);
    let ran = run(&table(&[dead, live]), vec![], 5).await;
    assert_eq!((ran.exit, ran.written), (Exit::Degraded, vec![options(live)]));
    let dead = &ran.status.paths[0];
    assert_eq!(dead.state, State::Failed);
    assert_eq!(
        dead.reason.as_deref(),
        Some("the target refuses connections to this port (Connection refused (os error 111))")
    );
}

#[tokio::test(flavor = "current_thread")]
async fn a_dead_path_marked_unavailable_is_quiet() {
    let (dead, live) = (closed_port().await, target().await);
    let mut table = table(&[dead, live]);
    table.ssns[0].flags = model::SsnsFlags(0x100);
    let ran = run(&table, vec![], 5).await;
    assert_eq!((ran.exit, ran.written), (Exit::Ok, vec![options(live)]));
}

#[tokio::test(flavor = "current_thread")]
async fn a_boot_entry_that_must_be_left_out_makes_the_boot_degraded() {
    let mut table = table(&[4420, 4421]);
    // A security profile is required: never connected in plaintext, and not waited for either.
    table.ssns[1].flags = model::SsnsFlags::USE_SECURITY;
    let ran = run(&table, vec![], 5).await;
    assert_eq!((ran.exit, ran.written), (Exit::Degraded, vec![options(4420)]));
    assert_eq!(ran.status.boot_entries_left_out, 1);
}

#[test]
fn the_path_of_a_missing_boot_namespace_goes_first() {
    let mut table = table(&[1, 2, 3]);
    table.ssns[0].flags = model::SsnsFlags::NON_BOOTABLE;
    table.ssns[0].nqn = Some(Nqn("nqn.2014-08.org.example:other".into()));
    let plan = Plan::new(&[Source { name: "NBFT", table: &table }], &Options::default());
    let next = |phases: &[Phase; 3], present: bool| next_path(&plan, phases, &[0; 3], &[false, present]);
    assert_eq!(next(&[Phase::Queued; 3], false), Some(1));
    assert_eq!(next(&[Phase::Queued, Phase::Probing, Phase::Queued], false), Some(2));
    assert_eq!(next(&[Phase::Queued, Phase::Up, Phase::Queued], false), Some(0));
    assert_eq!(next(&[Phase::Queued; 3], true), Some(0));
    assert_eq!(next(&[Phase::Probing; 3], false), None);
    let after = |failures: &[u32; 3]| next_path(&plan, &[Phase::Queued; 3], failures, &[false, false]);
    assert_eq!(after(&[0, 1, 0]), Some(2));
    assert_eq!(after(&[0, 2, 1]), Some(2));
    assert_eq!(after(&[0, 1, 1]), Some(1));
}

#[tokio::test(flavor = "current_thread")]
async fn a_refused_write_is_tried_again() {
    let ran = run(&table(&[4420]), vec![Answer::Errno(libc::ECONNREFUSED), Answer::Errno(libc::EAGAIN)], 10).await;
    assert_eq!((ran.exit, ran.written), (Exit::Ok, vec![options(4420), options(4420), options(4420)]));
    assert_eq!(ran.status.paths[0].attempts, 3);
}

#[tokio::test(flavor = "current_thread")]
async fn the_wrong_namespace_is_named_when_the_budget_is_spent() {
    let ran = run(&table(&[4420]), vec![Answer::Connect(OTHER_NID)], 1).await;
    assert_eq!(ran.exit, Exit::Failed);
    assert_eq!(
        ran.status.message,
        format!(
            "1 of 1 paths up, missing: uuid {NID} of {NQN} (the subsystem is connected and has NSID 1 uuid {OTHER_NID} instead)"
        )
    );
}

#[tokio::test(flavor = "current_thread")]
async fn a_write_that_hangs_ends_with_the_budget() {
    let ran = run(&table(&[4420]), vec![Answer::Hang], 1).await;
    assert_eq!((ran.exit, ran.written.len()), (Exit::Failed, 1));
}

#[tokio::test(flavor = "current_thread")]
async fn a_broken_device_ends_at_once_with_the_reason() {
    let started = Instant::now();
    let ran = run(&table(&[4420]), vec![Answer::Broken], 60).await;
    assert_eq!(ran.exit, Exit::Failed);
    assert_eq!(ran.status.namespaces[0].reason.as_deref(), Some("127.0.0.1 port 4420: gone"));
    assert!(started.elapsed() < Duration::from_secs(60));
}

#[tokio::test(flavor = "current_thread")]
async fn twice_is_once() {
    let root = Root::new();
    let table = table(&[4420]);
    let first = run_in(&root, &table, vec![], 5).await;
    assert_eq!((first.exit, first.written.len()), (Exit::Ok, 1));
    let second = run_in(&root, &table, vec![], 5).await;
    assert_eq!((second.exit, second.written.len()), (Exit::Ok, 0));
    assert_eq!(second.status.paths[0].controller.as_deref(), Some("nvme0"));
    assert_eq!(fs::read_to_string(root.0.join("run/nvme/registry/nvme0/owner")).unwrap(), "nbft\n");
}

#[tokio::test(flavor = "current_thread")]
async fn staying_makes_again_what_the_kernel_has_removed() {
    let root = Root::new();
    let port = target().await;
    let started = start(&root, &table(&[port]), vec![], RunMode::Resident);
    let scenario = async {
        let written = |number: usize| {
            let (written, root) = (&started.written, &root);
            async move {
                let controller = Some(format!("nvme{}", number - 1));
                while written.borrow().len() < number || status(root).paths[0].controller != controller {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
        };
        written(1).await;
        assert_eq!(status(&root).service, Some(7));
        fs::remove_dir_all(root.0.join("sys/class/nvme/nvme0")).unwrap();
        // The stand-in sends no uevents: any event has sysfs looked at.
        started.events.send(ready()).unwrap();
        written(2).await;
    };
    while_running(started.engine, started.network, 20, scenario).await;
    assert_eq!(*started.written.borrow(), [options(port), options(port)]);
    let status = status(&root);
    assert_eq!(status.paths[0].controller.as_deref(), Some("nvme1"));
    assert_eq!((status.outcome, status.namespaces[0].state), (Outcome::Ok, State::Up));
}
