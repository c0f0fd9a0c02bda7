//! Mirrors the kernel's links and addresses and wakes waiters on change.

use super::error::{KernelError, NetFailure};
use super::options::NetOptions;
use super::state::{Link, State};
use super::{nic, requests, rules};
use crate::nvme::uevent::Uevents;
use futures_util::{FutureExt, Stream, StreamExt};
use nix::sys::socket::{setsockopt, sockopt};
use rtnetlink::packet_core::{NetlinkMessage, NetlinkPayload};
use rtnetlink::packet_route::RouteNetlinkMessage;
use rtnetlink::sys::SocketAddr;
use rtnetlink::{Handle, MulticastGroup};
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::path::Path;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Sends requests to the kernel, and waits for its state to change.
#[derive(Debug, Clone)]
pub(super) struct Watcher {
    pub(super) handle: Handle,
    state: watch::Receiver<State>,
}

impl Watcher {
    /// Subscribes to events, then reads the state, so that no change between the two is missed.
    ///
    /// Events have a socket of their own: when it overflows, no answer to a request is lost with them.
    pub(super) async fn start(options: &NetOptions) -> Result<(Self, Vec<JoinHandle<()>>), NetFailure> {
        use MulticastGroup::{Ipv4Ifaddr, Ipv4Rule, Ipv6Ifaddr, Ipv6Ifinfo, Ipv6Rule};
        let groups = [MulticastGroup::Link, Ipv4Ifaddr, Ipv6Ifaddr, Ipv6Ifinfo, Ipv4Rule, Ipv6Rule];
        let (mut listening, _, events) =
            rtnetlink::new_multicast_connection(&groups).map_err(|error| NetFailure::Netlink(error.into()))?;
        set_buffer(listening.socket_mut().as_raw_fd(), options.event_buffer);
        let (asking, handle, _) = rtnetlink::new_connection().map_err(|error| NetFailure::Netlink(error.into()))?;
        let mut tasks = vec![tokio::spawn(listening), tokio::spawn(asking)];
        let (sender, state) = watch::channel(dump_all(&handle).await?);
        let udev = udev_events(&options.root);
        tasks.push(tokio::spawn(mirror(handle.clone(), sender, events, udev)));
        Ok((Self { handle, state }, tasks))
    }

    /// For tests: the caller sends the state, the kernel is the real one.
    #[cfg(test)]
    pub(super) fn with_state(state: State) -> (watch::Sender<State>, Self) {
        let (asking, handle, _) = rtnetlink::new_connection().unwrap();
        tokio::spawn(asking);
        let (sender, state) = watch::channel(state);
        (sender, Self { handle, state })
    }

    /// Waits until `find` finds something; `None` when the watcher has ended.
    pub(super) async fn wait_for<T>(&self, mut find: impl FnMut(&State) -> Option<T>) -> Option<T> {
        let mut state = self.state.clone();
        loop {
            if let Some(found) = find(&state.borrow_and_update()) {
                return Some(found);
            }
            state.changed().await.ok()?;
        }
    }

    /// Does the work while the link of this index exists and fulfils a condition; `None` when it no longer does. All work on a link must
    /// run in here: an index that is gone never comes back, and no second event reports it.
    pub(super) async fn while_there<T>(
        &self,
        index: u32,
        condition: impl Fn(&Link) -> bool,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        let gone = async {
            let gone = |state: &State| (!state.links.get(&index).is_some_and(&condition)).then_some(());
            if self.wait_for(gone).await.is_none() {
                // The watcher has ended.
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            biased;
            () = gone => None,
            done = work => Some(done),
        }
    }

    /// Reads the state as it is now.
    pub(super) fn read<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.state.borrow())
    }
}

/// An event and its sender.
type Event = (NetlinkMessage<RouteNetlinkMessage>, SocketAddr);

/// Applies each event to the state.
async fn mirror(
    handle: Handle,
    sender: watch::Sender<State>,
    mut events: impl Stream<Item = Event> + Unpin,
    mut udev: Option<Uevents>,
) {
    loop {
        tokio::select! {
            event = events.next() => match event {
                None => break,
                Some((message, _)) => match message.payload {
                    NetlinkPayload::InnerMessage(message) => sender.send_modify(|state| state.apply(message)),
                    NetlinkPayload::Overrun(_) => match resynchronize(&handle, &mut events).await {
                        Ok(mut state) => sender.send_modify(|before| {
                            state.adopt_generations(before);
                            *before = state;
                        }),
                        Err(error) => log::warn!("{error}"),
                    },
                    _ => {}
                },
            },
            // udev has handled a device: the tasks that wait for that check again.
            () = udev_event(&mut udev) => sender.send_modify(|_| {}),
        }
    }
}

/// The kernel's state after events were lost. Queued events may be older or newer than it. So the state is read again until no event comes
/// meanwhile, but only a limited number of times.
async fn resynchronize(handle: &Handle, events: &mut (impl Stream<Item = Event> + Unpin)) -> Result<State, NetFailure> {
    const TRIES: usize = 20;
    log::debug!("netlink events were lost; asking for everything again");
    for _ in 0..TRIES {
        while events.next().now_or_never().flatten().is_some() {}
        let state = dump_all(handle).await?;
        match events.next().now_or_never() {
            None => return Ok(state),
            Some(_) => tokio::task::yield_now().await,
        }
    }
    dump_all(handle).await
}

/// Makes room for the events of many interfaces at once. Without the right to do so the kernel's default stays; when events are
/// lost, the state is read again.
fn set_buffer(socket: RawFd, bytes: usize) {
    // SAFETY: the caller's socket is open while this runs, and nothing keeps the borrow.
    let socket = unsafe { BorrowedFd::borrow_raw(socket) };
    if let Err(error) = setsockopt(&socket, sockopt::RcvBufForce, &bytes) {
        log::debug!("netlink: buffer of {bytes} bytes: {error}");
    }
}

fn udev_events(root: &Path) -> Option<Uevents> {
    nic::udev_runs(root).then(|| Uevents::of_udev().ok()).flatten()
}

async fn udev_event(udev: &mut Option<Uevents>) {
    match udev {
        Some(events) => {
            if let Err(error) = events.net_changed().await {
                log::warn!("udev's events: {error}");
                *udev = None;
            }
        }
        None => std::future::pending().await,
    }
}

/// The failure of waiting for something when the watcher has ended.
pub(super) fn ended() -> NetFailure {
    NetFailure::Netlink(KernelError::Errno(libc::EPIPE))
}

/// Links, addresses and rules.
async fn dump_all(handle: &Handle) -> Result<State, NetFailure> {
    let mut fresh = dump(handle).await?;
    for rule in rules::dump(handle).await {
        fresh.apply(RouteNetlinkMessage::NewRule(rule));
    }
    Ok(fresh)
}

/// Links and addresses.
pub(super) async fn dump(handle: &Handle) -> Result<State, NetFailure> {
    let failed = |error: rtnetlink::Error| NetFailure::Netlink(requests::kernel_error(&error));
    let mut fresh = State::default();
    let mut links = Box::pin(handle.link().get().execute());
    while let Some(message) = links.next().await {
        fresh.apply(RouteNetlinkMessage::NewLink(message.map_err(failed)?));
    }
    let mut addresses = Box::pin(handle.address().get().execute());
    while let Some(message) = addresses.next().await {
        fresh.apply(RouteNetlinkMessage::NewAddress(message.map_err(failed)?));
    }
    Ok(fresh)
}
