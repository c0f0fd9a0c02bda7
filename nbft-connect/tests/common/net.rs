//! Links and the events on them.

use super::ip;
use libnbft::plan::{NetworkRef, Plan};
use nbft_connect::net::{self, NetEvent, Settings};
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;

/// No test takes longer than this; none waits for it.
const LIMIT: Duration = Duration::from_secs(40);

pub(crate) fn veth(name: &str, mac: u8) {
    ip(&format!("link add {name} address 02:00:00:00:00:{mac:02x} type veth peer name {name}-peer"));
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Starts setting up under a root without udev.
pub(crate) async fn start(plan: &Plan) -> (net::NetHandle, UnboundedReceiver<NetEvent>) {
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
    let handle = net::start(&plan.interfaces, Settings::new(PathBuf::from("/")), sender).await.unwrap();
    (handle, receiver)
}

pub(crate) async fn next(events: &mut UnboundedReceiver<NetEvent>) -> NetEvent {
    tokio::time::timeout(LIMIT, events.recv()).await.expect("an event in time").expect("an open channel")
}

/// The next event that is not of waiting.
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
