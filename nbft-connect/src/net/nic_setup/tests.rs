//! Tests a NIC that goes and comes back, with events in a forced order. No link has its index, so the kernel refuses every request for it.

use super::*;
use crate::net::options::NetOptions;
use crate::net::state::State;
use crate::net::watcher::Watcher;
use libnbft::plan::{Interface, Options, Plan, Source};
use rtnetlink::packet_route::RouteNetlinkMessage::{self, DelAddress, DelLink, NewAddress, NewLink};
use rtnetlink::packet_route::address::{AddressAttribute, AddressMessage};
use rtnetlink::packet_route::link::{InfoKind, LinkAttribute, LinkFlags, LinkInfo, LinkMessage};
use rtnetlink::packet_route::{AddressFamily, address::AddressHeaderFlags};
use std::net::Ipv6Addr;
use std::path::PathBuf;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::watch;

const MAC: [u8; 6] = [2, 0, 0, 0, 0, 1];
const IP: &str = "2001:db8:1::ff:fe00:1";

fn link(index: u32, name: &str) -> LinkMessage {
    let mut message = LinkMessage::default();
    message.header.index = index;
    message.header.flags = LinkFlags::Up | LinkFlags::LowerUp;
    message.attributes = vec![
        LinkAttribute::IfName(name.into()),
        LinkAttribute::Address(MAC.to_vec()),
        LinkAttribute::LinkInfo(vec![LinkInfo::Kind(InfoKind::Veth)]),
    ];
    message
}

fn address(index: u32) -> AddressMessage {
    let mut message = AddressMessage::default();
    message.header.family = AddressFamily::Inet6;
    (message.header.index, message.header.prefix_len) = (index, 64);
    message.header.flags = AddressHeaderFlags::empty();
    message.attributes = vec![AddressAttribute::Address(IP.parse::<Ipv6Addr>().unwrap().into())];
    message
}

/// The worker of one NIC, and the state that a test gives it.
struct Kernel {
    state: watch::Sender<State>,
    events: UnboundedReceiver<NetEvent>,
    worker: tokio::task::JoinHandle<()>,
    interface: Interface,
    root: tempfile::TempDir,
}

impl Kernel {
    /// A worker for one NIC whose address a router advertisement brings.
    fn start() -> Self {
        use libnbft::model::{Hfi, HfiTcp, HfiTcpFlags, Mac, Table, TransportType};
        let mut tcp = HfiTcp::default();
        (tcp.mac, tcp.flags) = (Mac(MAC), HfiTcpFlags::VALID.with(HfiTcpFlags::AUTOCONFIGURED));
        let mut hfi = Hfi::default();
        (hfi.index, hfi.transport, hfi.tcp) = (1, TransportType::TCP, Some(tcp));
        let mut table = Table::default();
        table.hfis.push(hfi);
        let plan = Plan::new(&[Source { name: "NBFT", table: &table }], &Options::default());
        let root = tempfile::tempdir().unwrap();
        let (sender, events) = unbounded_channel();
        let (state, watcher) = Watcher::with_state(State::default());
        let options = NetOptions::new(root.path().to_owned()).maintaining(Vec::new());
        let worker = Worker::new(0, plan.interfaces[0].clone(), &options, watcher, sender);
        let interface = worker.interface.clone();
        Self { state, events, worker: tokio::spawn(worker.run()), interface, root }
    }

    fn send(&self, message: RouteNetlinkMessage) {
        self.state.send_modify(|state| state.apply(message));
    }

    /// The next event.
    async fn next(&mut self) -> NetEvent {
        tokio::time::timeout(Duration::from_secs(20), self.events.recv()).await.expect("an event in time").unwrap()
    }

    /// Waits for an event; only `Waiting` may come before it.
    async fn until(&mut self, is: impl Fn(&NetEvent) -> bool) {
        loop {
            let event = self.next().await;
            if is(&event) {
                return;
            }
            assert!(matches!(event, NetEvent::Waiting { .. }), "{event:?}");
        }
    }
}

fn waits(event: &NetEvent, what: Waiting) -> bool {
    matches!(event, NetEvent::Waiting { for_what, .. } if *for_what == what)
}

fn is_gone(event: &NetEvent) -> bool {
    matches!(event, NetEvent::Failed { reason: NetFailure::LinkGone, .. })
}

fn ready_on(event: &NetEvent, index: u32, name: &str) -> bool {
    matches!(event, NetEvent::Ready { ifindex, link_name, .. } if *ifindex == index && link_name == name)
}

const NIC: u32 = 2_000_000_001;

#[tokio::test]
async fn a_nic_that_is_removed_is_waited_for_in_either_order_of_events() {
    for address_first in [true, false] {
        let mut kernel = Kernel::start();
        kernel.until(|event| waits(event, Waiting::Nic)).await;
        for index in [NIC, NIC + 1, NIC] {
            kernel.send(NewLink(link(index, "nbft0")));
            kernel.until(|event| waits(event, Waiting::Advertisement)).await;
            kernel.send(NewAddress(address(index)));
            kernel.until(|event| ready_on(event, index, "nbft0")).await;
            if address_first {
                kernel.send(DelAddress(address(index)));
                // The worker waits for the address again, on a link that is about to go.
                kernel.until(|event| waits(event, Waiting::Advertisement)).await;
                kernel.send(DelLink(link(index, "nbft0")));
            } else {
                kernel.send(DelLink(link(index, "nbft0")));
                kernel.send(DelAddress(address(index)));
            }
            kernel.until(is_gone).await;
            kernel.until(|event| waits(event, Waiting::Nic)).await;
        }
        kernel.worker.abort();
    }
}

#[tokio::test]
async fn a_nic_that_is_removed_before_it_is_set_up_is_waited_for() {
    let mut kernel = Kernel::start();
    let mut down = link(NIC, "nbft0");
    down.header.flags = LinkFlags::Up;
    kernel.send(NewLink(down));
    kernel.until(|event| waits(event, Waiting::Carrier)).await;
    kernel.send(DelLink(link(NIC, "nbft0")));
    kernel.until(is_gone).await;
    kernel.until(|event| waits(event, Waiting::Nic)).await;
    kernel.worker.abort();
}

#[tokio::test]
async fn another_link_with_the_same_index_is_another_nic() {
    let mut kernel = Kernel::start();
    kernel.send(NewLink(link(NIC, "nbft0")));
    kernel.send(NewAddress(address(NIC)));
    kernel.until(|event| ready_on(event, NIC, "nbft0")).await;
    // One change, so that the worker sees no state between.
    kernel.state.send_modify(|state| {
        state.apply(DelAddress(address(NIC)));
        state.apply(DelLink(link(NIC, "nbft0")));
        state.apply(NewLink(link(NIC, "nbft0")));
        state.apply(NewAddress(address(NIC)));
    });
    kernel.until(|event| ready_on(event, NIC, "nbft0") || matches!(event, NetEvent::Failed { .. })).await;
    kernel.worker.abort();
}

#[tokio::test]
async fn a_nic_that_is_renamed_is_set_up_under_its_new_name() {
    let mut kernel = Kernel::start();
    // A connection is bound to this name, so the NIC keeps it.
    let controller = kernel.root.path().join("sys/class/nvme/nvme0");
    std::fs::create_dir_all(&controller).unwrap();
    std::fs::write(controller.join("address"), "traddr=203.0.113.1,trsvcid=4420,host_iface=lan0\n").unwrap();
    kernel.send(NewLink(link(NIC, "nbft0")));
    kernel.send(NewAddress(address(NIC)));
    kernel.until(|event| ready_on(event, NIC, "nbft0")).await;
    kernel.send(NewLink(link(NIC, "lan0")));
    kernel.until(|event| ready_on(event, NIC, "lan0")).await;
    kernel.worker.abort();
}

#[tokio::test]
async fn waiting_ends_for_an_address_that_is_removed_before_it_can_be_used() {
    let kernel = Kernel::start();
    let mut coming = address(NIC);
    coming.header.flags = AddressHeaderFlags::Tentative;
    let (state, watcher) = Watcher::with_state(State::default());
    state.send_modify(|state| state.apply(NewAddress(coming.clone())));
    let options = NetOptions::new(PathBuf::from("/nowhere")).maintaining(Vec::new());
    let (sender, _events) = unbounded_channel();
    let worker = Worker::new(0, kernel.interface.clone(), &options, watcher, sender);
    let at = NetworkRef { interface: 0, link: 0, network: 0 };
    let waits = worker.wait_until_usable(at, NIC, IP.parse().unwrap());
    let removed = async {
        tokio::task::yield_now().await;
        state.send_modify(|state| state.apply(DelAddress(coming.clone())));
    };
    let (verdict, ()) = tokio::join!(tokio::time::timeout(Duration::from_secs(5), waits), removed);
    assert!(matches!(verdict, Ok(Err(NetFailure::AddressGone(_)))), "{verdict:?}");
    kernel.worker.abort();
}

#[test]
fn messages_of_a_bridge_on_its_port_do_not_change_the_nic() {
    let mut state = State::default();
    state.apply(NewLink(link(NIC, "nbft0")));
    let mut port = link(NIC, "nbft0");
    port.header.interface_family = AddressFamily::Bridge;
    port.attributes.truncate(1);
    state.apply(NewLink(port.clone()));
    assert!(state.links[&NIC].has_mac(libnbft::model::Mac(MAC)));
    state.apply(DelLink(port));
    assert!(state.links.contains_key(&NIC), "the NIC has left the bridge, not the machine");
}

#[test]
fn lost_events_do_not_make_a_nic_another_one() {
    let mut before = State::default();
    before.apply(NewLink(link(NIC + 7, "lan7")));
    before.apply(NewLink(link(NIC, "nbft0")));
    let mut after = State::default();
    after.apply(NewLink(link(NIC, "nbft0")));
    after.apply(NewLink(link(NIC + 1, "nbft1")));
    after.adopt_generations(&before);
    assert_eq!(after.links[&NIC].generation, before.links[&NIC].generation);
    assert!(before.links.values().all(|old| old.generation != after.links[&(NIC + 1)].generation));
}
