//! Makes links, and receives the events of setting them up.

use super::ip;
use libnbft::model::{Hfi, HfiTcp, HfiTcpFlags, Host, HostFlags, Mac, NidType, Nqn, Ssns, Table, TransportType};
use libnbft::plan::{NetworkRef, Options, Plan, Source};
use nbft_connect::net::{self, NetEvent, NetOptions};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::mpsc::UnboundedReceiver;

/// The longest wait for one event.
const LIMIT: Duration = Duration::from_secs(40);

/// The first network of a plan.
pub(crate) const AT: NetworkRef = NetworkRef { interface: 0, link: 0, network: 0 };

/// An HFI with a static address.
pub(crate) struct Nic {
    pub(crate) mac: u8,
    pub(crate) address: &'static str,
    pub(crate) prefix: u8,
    pub(crate) gateway: &'static str,
}

pub(crate) const NIC: Nic = Nic { mac: 1, address: "192.0.2.2", prefix: 24, gateway: "::" };

/// The plan of a table with an HFI for each NIC, all reaching 203.0.113.1.
pub(crate) fn plan(nics: &[Nic]) -> Plan {
    plan_with(nics, &Options::default())
}

/// The same plan, as a user wants it.
pub(crate) fn plan_with(nics: &[Nic], options: &Options) -> Plan {
    let mut table = Table::default();
    let mut ssns = Ssns::default();
    ssns.index = 1;
    ssns.transport = TransportType::TCP;
    ssns.traddr = Some("203.0.113.1".parse::<IpAddr>().unwrap().into());
    ssns.nqn = Some(Nqn("nqn.2014-08.org.example:s".into()));
    ssns.nid_type = NidType::NONE;
    for (number, nic) in nics.iter().enumerate() {
        let mut tcp = HfiTcp::default();
        tcp.mac = Mac([2, 0, 0, 0, 0, nic.mac]);
        tcp.ip = nic.address.parse::<IpAddr>().unwrap().into();
        tcp.prefix = nic.prefix;
        tcp.gateway = nic.gateway.parse::<IpAddr>().unwrap().into();
        tcp.flags = HfiTcpFlags::VALID.with(HfiTcpFlags::GLOBAL_ROUTE);
        let mut hfi = Hfi::default();
        (hfi.index, hfi.transport, hfi.tcp) = (number as u8 + 1, TransportType::TCP, Some(tcp));
        table.hfis.push(hfi);
        ssns.secondary_hfis.push(number as u8 + 1);
    }
    table.ssns.push(ssns);
    Plan::new(&[Source { name: "NBFT", table: &table }], options)
}

/// Gives a table the revision and the host that it must have to be written.
pub(crate) fn with_host(table: &mut Table) {
    (table.header.major, table.header.minor) = (1, 1);
    (table.control.major, table.control.flags) = (1, 1);
    let mut host = Host::default();
    host.flags = HostFlags::VALID;
    host.nqn = Some(Nqn("nqn.2014-08.org.nvmexpress:uuid:11111111-2222-3333-4444-555555555555".into()));
    table.host = Some(host);
}

pub(crate) fn veth(name: &str, mac: u8) {
    ip(&format!("link add {name} address 02:00:00:00:00:{mac:02x} type veth peer name {name}-peer"));
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Starts setting up under a root without udev.
pub(crate) async fn start(plan: &Plan) -> (net::NetHandle, UnboundedReceiver<NetEvent>) {
    start_with(NetOptions::new(PathBuf::from("/")), plan).await
}

/// Starts setting up with `/sys`, `/proc` and `/run` under `root`.
pub(crate) async fn start_under(root: &Path, plan: &Plan) -> (net::NetHandle, UnboundedReceiver<NetEvent>) {
    start_with(NetOptions::new(root.to_owned()), plan).await
}

pub(crate) async fn start_with(options: NetOptions, plan: &Plan) -> (net::NetHandle, UnboundedReceiver<NetEvent>) {
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
    let handle = net::start(&plan.interfaces, options, sender).await.unwrap();
    (handle, receiver)
}

/// A root that has the real `/proc` and nothing else. Its directory is removed with it.
pub(crate) struct Root(pub(crate) PathBuf, #[expect(dead_code)] TempDir);

impl Root {
    pub(crate) fn new(name: &str) -> Self {
        let directory = tempfile::Builder::new().prefix(&format!("nbft-{name}-")).tempdir().unwrap();
        let root = directory.path().to_owned();
        std::os::unix::fs::symlink("/proc", root.join("proc")).unwrap();
        Self(root, directory)
    }

    pub(crate) fn file(&self, path: &str, content: &str) {
        let path = self.0.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
}

pub(crate) async fn next(events: &mut UnboundedReceiver<NetEvent>) -> NetEvent {
    tokio::time::timeout(LIMIT, events.recv()).await.expect("an event in time").expect("an open channel")
}

/// The next event other than `Waiting`.
pub(crate) async fn outcome(events: &mut UnboundedReceiver<NetEvent>) -> NetEvent {
    loop {
        match next(events).await {
            NetEvent::Waiting { .. } => {}
            other => return other,
        }
    }
}

pub(crate) async fn ready(events: &mut UnboundedReceiver<NetEvent>) -> (NetworkRef, String, IpAddr) {
    match outcome(events).await {
        NetEvent::Ready { at, link_name, address, .. } => (at, link_name, address),
        other => panic!("{other:?}"),
    }
}
