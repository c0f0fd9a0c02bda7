//! The stand-in for the fabrics device, its targets and tables, and how a test runs the engine over them.

use super::tls;
use crate::cli::{Bind, Wait};
use crate::connect::engine::{Engine, RunMode, Settings};
use crate::connect::restore;
use crate::exit::Exit;
use crate::input::tunables::ConnectionSettings;
use crate::net::NetEvent;
use crate::nvme::discovery::{DiscoveryConnection, DiscoveryResult};
use crate::nvme::fabrics::options::Supported;
use crate::nvme::fabrics::{Fabrics, NewController, Written};
use crate::nvme::keys::Keys;
use crate::nvme::security::{Requirements, Violation};
use crate::output::Audience;
use crate::status::file::StatusFile;
use crate::status::schema::Status;
use libnbft::discovery_log::Log;
use libnbft::model::{self, Discovery, Hfi, HfiTcp, Host, Mac, Nqn, Ssns, Table, TransportType, Uuid};
use libnbft::plan::{NetworkRef, Options, Plan, Source};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::fs;
use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

pub(in crate::connect) const NQN: &str = "nqn.2014-08.org.example:subsystem";
pub(in crate::connect) const NID: &str = "cc3f2135-f931-4569-baea-0eee7113a521";
pub(super) const OTHER_NID: &str = "11111111-2222-3333-4444-555555555555";

/// A directory that is gone when the test ends.
pub(in crate::connect) struct Root(
    pub(in crate::connect) PathBuf,
    #[expect(dead_code, reason = "removes the directory when it is dropped")] TempDir,
);

impl Root {
    pub(in crate::connect) fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let root = directory.path().to_owned();
        for directory in ["sys/module/nvme_tcp", "sys/class/nvme", "sys/block", "dev", "run"] {
            fs::create_dir_all(root.join(directory)).unwrap();
        }
        fs::write(root.join("dev/nvme-fabrics"), "").unwrap();
        Self(root, directory)
    }
}

/// Shows a controller with one namespace as sysfs would.
pub(in crate::connect) fn show_controller(root: &Path, number: usize, options: &str, nid: &str) {
    let option =
        |key: &str| options.split(',').find_map(|o| o.strip_prefix(key)?.strip_prefix('=')).unwrap_or_default();
    let directory = root.join(format!("sys/class/nvme/nvme{number}"));
    let namespace = directory.join(format!("nvme0c{number}n1"));
    fs::create_dir_all(&namespace).unwrap();
    fs::create_dir_all(root.join("sys/block/nvme0n1")).unwrap();
    let address = format!(
        "traddr={},trsvcid={},host_traddr={},host_iface={}\n",
        option("traddr"),
        option("trsvcid"),
        option("host_traddr"),
        option("host_iface")
    );
    for (file, text) in
        [("transport", "tcp\n"), ("state", "live\n"), ("subsysnqn", option("nqn")), ("address", address.as_str())]
    {
        fs::write(directory.join(file), text).unwrap();
    }
    // The kernel has a number of its own for a key that it has made.
    let made = options.split(',').any(|option| option == "concat").then_some(0x00c0_ffee);
    if let Some(serial) = option("tls_key").parse::<i32>().ok().or(made) {
        fs::write(directory.join("tls_key"), format!("{serial:08x}\n")).unwrap();
        tls::show_sockets(root, number, option("trsvcid"));
    }
    fs::write(namespace.join("nsid"), "1\n").unwrap();
    fs::write(namespace.join("uuid"), format!("{nid}\n")).unwrap();
}

/// What the stand-in does for each write, in turn; without further answers, it connects.
pub(super) enum Answer {
    /// A controller whose namespace has this UUID.
    Connect(&'static str),
    Errno(i32),
    /// The helper process is gone.
    Broken,
    Hang,
    /// The connection violates its requirements.
    PolicyViolation(Violation),
    /// The same, after sysfs has shown the controller for a while.
    ViolationLater(Violation),
    /// Only for a discovery controller; without further ones, its log page is empty.
    Tell(DiscoveryResult),
}

pub(super) struct Fake {
    pub(super) root: PathBuf,
    pub(super) answers: VecDeque<Answer>,
    pub(super) written: Rc<RefCell<Vec<String>>>,
}

impl Fabrics for Fake {
    async fn supported(&mut self) -> io::Result<Supported> {
        Ok(Supported::from_list(&fs::read_to_string(self.root.join("dev/nvme-fabrics"))?))
    }

    async fn connect(&mut self, options: &str, requirements: &Requirements) -> io::Result<Written> {
        let number = self.written.borrow().len();
        self.written.borrow_mut().push(options.to_owned());
        let next = self.answers.iter().position(|answer| !matches!(answer, Answer::Tell(_)));
        match next.and_then(|next| self.answers.remove(next)).unwrap_or(Answer::Connect(NID)) {
            Answer::Connect(nid) => {
                let sockets = tls::InRoot(self.root.clone());
                let since = requirements.before(&sockets);
                show_controller(&self.root, number, options, nid);
                Ok(match requirements.verify_tls(&self.root, &format!("nvme{number}"), &since) {
                    Ok(secured) => {
                        Written::Controller(NewController { instance: number as u32, authenticated: None, secured })
                    }
                    Err(reason) => {
                        fs::remove_dir_all(self.root.join(format!("sys/class/nvme/nvme{number}")))?;
                        Written::PolicyViolation(reason)
                    }
                })
            }
            Answer::Errno(errno) => Ok(Written::Refused(requirements.refusal(errno, &[]))),
            Answer::PolicyViolation(violation) => Ok(Written::PolicyViolation(violation)),
            Answer::ViolationLater(violation) => {
                show_controller(&self.root, number, options, NID);
                tokio::time::sleep(Duration::from_millis(300)).await;
                fs::remove_dir_all(self.root.join(format!("sys/class/nvme/nvme{number}")))?;
                Ok(Written::PolicyViolation(violation))
            }
            Answer::Broken => Err(io::Error::other("gone")),
            Answer::Hang => std::future::pending().await,
            Answer::Tell(_) => unreachable!("passed over above"),
        }
    }

    async fn discover(
        &mut self,
        kind: DiscoveryConnection,
        which: &str,
        _: &Requirements,
    ) -> io::Result<DiscoveryResult> {
        let number = self.written.borrow().len();
        let verb = match kind {
            DiscoveryConnection::Transient => "discover",
            DiscoveryConnection::Persistent => "keep",
            DiscoveryConnection::Existing => "again",
        };
        self.written.borrow_mut().push(format!("{verb} {which}"));
        if kind == DiscoveryConnection::Persistent {
            show_controller(&self.root, number, which, NID);
            fs::write(self.root.join(format!("sys/class/nvme/nvme{number}/cntrltype")), "discovery\n")?;
        }
        let name = match kind {
            DiscoveryConnection::Persistent => Some(format!("nvme{number}")),
            DiscoveryConnection::Transient | DiscoveryConnection::Existing => None,
        };
        let next = self.answers.iter().position(|answer| matches!(answer, Answer::Tell(_)));
        match next.and_then(|next| self.answers.remove(next)) {
            Some(Answer::Tell(DiscoveryResult::LogPage(log, _))) => Ok(DiscoveryResult::LogPage(log, name)),
            Some(Answer::Tell(asked)) => Ok(asked),
            _ => Ok(DiscoveryResult::LogPage(Log::default(), name)),
        }
    }
}

/// A target that answers ICReq.
pub(super) async fn target() -> u16 {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    serve(listener);
    port
}

/// The target on a listener; it ends when the task does.
pub(super) fn serve(listener: tokio::net::TcpListener) -> tokio::task::JoinHandle<()> {
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
pub(super) async fn closed_port() -> u16 {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    listener.local_addr().unwrap().port()
}

/// A table with one HFI on loopback and an SSNS for each port.
pub(in crate::connect) fn table(ports: &[u16]) -> Table {
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
pub(super) fn discovery_at(port: u16, security: u8) -> Discovery {
    let mut discovery = Discovery::default();
    (discovery.index, discovery.hfi, discovery.security) = (1, 1, security);
    discovery.uri = Some(format!("nvme+tcp://127.0.0.1:{port}/"));
    discovery
}

pub(super) struct Ran {
    pub(super) exit: Exit,
    pub(super) written: Vec<String>,
    pub(super) status: Status,
}

/// Runs the engine over the table with the loopback interface ready at once.
pub(super) async fn run(table: &Table, answers: Vec<Answer>, seconds: u64) -> Ran {
    let root = Root::new();
    run_in(&root, table, answers, seconds).await
}

pub(super) async fn run_in(root: &Root, table: &Table, answers: Vec<Answer>, seconds: u64) -> Ran {
    let until = RunMode::UntilBoot { timeout: Duration::from_secs(seconds), wait: Wait::Boot };
    let started = start(root, table, answers, until);
    let exit = started.engine.run(started.network).await.unwrap().exit;
    let written = started.written.borrow().clone();
    Ran { exit, written, status: status(root) }
}

pub(super) struct Started {
    pub(super) engine: Engine<Fake>,
    pub(super) network: UnboundedReceiver<NetEvent>,
    pub(super) events: UnboundedSender<NetEvent>,
    pub(super) written: Rc<RefCell<Vec<String>>>,
}

pub(super) fn start(root: &Root, table: &Table, answers: Vec<Answer>, until: RunMode) -> Started {
    start_with(root, table, answers, until, |_| ())
}

/// Settings of a run in this directory.
pub(in crate::connect) fn settings(root: &Root, until: RunMode, before: Option<Status>) -> Settings {
    Settings {
        root: root.0.clone(),
        status_file: StatusFile::new(root.0.join(STATUS)),
        until,
        keeps_trying: false,
        before,
        service: Some(7),
        connections: ConnectionSettings::default(),
        bind: Bind::Interface,
        persistent_discovery: false,
        one_path: false,
        keys: Keys::new(&root.0, None, "nqn.2014-08.org.example:host").with_keyring(tls::InRoot(root.0.clone())),
        sockets: Box::new(tls::InRoot(root.0.clone())),
        started: Instant::now(),
        audience: Audience::Log,
        report_every: Duration::from_secs(10),
    }
}

/// With other settings.
pub(super) fn start_with(
    root: &Root,
    table: &Table,
    answers: Vec<Answer>,
    until: RunMode,
    change: impl FnOnce(&mut Settings),
) -> Started {
    let plan = Plan::new(&[Source { name: "NBFT", table }], &Options::default());
    let before = Status::read(&root.0.join(STATUS)).unwrap();
    let additions =
        before.as_ref().map(|before| restore::restore_discovered(&plan, before, &root.0)).unwrap_or_default();
    let mut settings = settings(root, until, before);
    change(&mut settings);
    let written = Rc::new(RefCell::new(Vec::new()));
    let fake = Fake { root: root.0.clone(), answers: answers.into(), written: Rc::clone(&written) };
    let (events, network) = tokio::sync::mpsc::unbounded_channel();
    events.send(ready()).unwrap();
    Started { engine: Engine::new(plan, additions, settings, fake), network, events, written }
}

/// Runs an engine that does not end by itself until the scenario has, in so many seconds.
pub(super) async fn while_running(
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

pub(super) const STATUS: &str = "run/nbft/status.json";

pub(super) fn status(root: &Root) -> Status {
    Status::read(&root.0.join(STATUS)).unwrap().expect("a status file")
}

pub(in crate::connect) fn ready() -> NetEvent {
    NetEvent::Ready {
        at: NetworkRef { interface: 0, link: 0, network: 0 },
        link_name: "lo".into(),
        ifindex: 1,
        address: Ipv4Addr::LOCALHOST.into(),
        lease: None,
        timings: Default::default(),
        port: None,
        bond: None,
    }
}

pub(super) fn options(port: u16) -> String {
    format!(
        "nqn={NQN},transport=tcp,traddr=127.0.0.1,trsvcid={port},hostnqn=nqn.2014-08.org.example:host,\
         hostid=22222222-2222-2222-2222-222222222222,host_traddr=127.0.0.1,host_iface=lo,ctrl_loss_tmo=-1"
    )
}
