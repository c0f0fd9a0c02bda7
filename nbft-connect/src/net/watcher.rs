//! The kernel's state of links and addresses, kept what it is by events, for whoever waits for it to change.

use super::state::{Link, State};
use super::{NetFailure, NetOptions, rules};
use crate::nvme::uevent::Uevents;
use futures_util::{FutureExt, Stream, StreamExt};
use nix::sys::socket::{setsockopt, sockopt};
use rtnetlink::packet_core::{NetlinkMessage, NetlinkPayload};
use rtnetlink::packet_route::RouteNetlinkMessage;
use rtnetlink::sys::SocketAddr;
use rtnetlink::{Handle, MulticastGroup};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::path::Path;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Gives requests to the kernel and the state to whoever waits for it to change.
#[derive(Debug, Clone)]
pub(super) struct Watcher {
    pub(super) handle: Handle,
    state: watch::Receiver<State>,
}

impl Watcher {
    /// Listens first and asks then, so that nothing is missed between.
    ///
    /// Events come over a socket of their own: where they overflow it, no answer to a request may be lost with them.
    pub(super) async fn start(options: &NetOptions) -> Result<(Self, Vec<JoinHandle<()>>), NetFailure> {
        use MulticastGroup::{Ipv4Ifaddr, Ipv4Rule, Ipv6Ifaddr, Ipv6Ifinfo, Ipv6Rule};
        let groups = [MulticastGroup::Link, Ipv4Ifaddr, Ipv6Ifaddr, Ipv6Ifinfo, Ipv4Rule, Ipv6Rule];
        let (mut listening, _, events) = rtnetlink::new_multicast_connection(&groups).map_err(NetFailure::Netlink)?;
        set_buffer(listening.socket_mut().as_raw_fd(), options.event_buffer);
        let (asking, handle, _) = rtnetlink::new_connection().map_err(NetFailure::Netlink)?;
        let mut tasks = vec![tokio::spawn(listening), tokio::spawn(asking)];
        let (sender, state) = watch::channel(dump_all(&handle).await?);
        let udev = udev_events(&options.root);
        tasks.push(tokio::spawn(listen(handle.clone(), sender, events, udev)));
        Ok((Self { handle, state }, tasks))
    }

    /// With a state that a test tells, and a kernel that is the real one.
    #[cfg(test)]
    pub(super) fn told(state: State) -> (watch::Sender<State>, Self) {
        let (asking, handle, _) = rtnetlink::new_connection().unwrap();
        tokio::spawn(asking);
        let (sender, state) = watch::channel(state);
        (sender, Self { handle, state })
    }

    /// Waits until `look` finds what it looks for.
    pub(super) async fn wait_for<T>(&self, mut look: impl FnMut(&State) -> Option<T>) -> Option<T> {
        let mut state = self.state.clone();
        loop {
            if let Some(found) = look(&state.borrow_and_update()) {
                return Some(found);
            }
            state.changed().await.ok()?;
        }
    }

    /// Does the work as long as the link of this index is there and such; `None` when it no longer is. Whatever waits on a link
    /// waits in here: an index that is gone never comes back, and nothing tells so twice.
    pub(super) async fn while_there<T>(
        &self,
        index: u32,
        such: impl Fn(&Link) -> bool,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        let gone = async {
            let gone = |state: &State| (!state.links.get(&index).is_some_and(&such)).then_some(());
            if self.wait_for(gone).await.is_none() {
                // Nobody listens any more.
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            biased;
            () = gone => None,
            done = work => Some(done),
        }
    }

    /// Looks once.
    pub(super) fn look<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.borrow())
    }
}

/// An event and who sent it.
type Event = (NetlinkMessage<RouteNetlinkMessage>, SocketAddr);

/// Keeps the state what the kernel's is.
async fn listen(
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
                            state.follow(before);
                            *before = state;
                        }),
                        Err(error) => log::warn!("{error}"),
                    },
                    _ => {}
                },
            },
            // udev is done with a device: those who wait for it look again.
            () = heard(&mut udev) => sender.send_modify(|_| {}),
        }
    }
}

/// The kernel's state after events were lost. Those that are still queued are older than it or newer, nobody can tell: it is
/// asked for until none came meanwhile, or, where there is no end of them, until they are not worth the wait.
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

/// Room for the events of many interfaces at once. Best effort: without the right to it the kernel's default stays, and
/// what is lost is asked for again.
fn set_buffer(socket: RawFd, bytes: usize) {
    // SAFETY: the caller's socket is open while this runs, and nothing keeps the borrow.
    let socket = unsafe { BorrowedFd::borrow_raw(socket) };
    if let Err(error) = setsockopt(&socket, sockopt::RcvBufForce, &bytes) {
        log::debug!("netlink: buffer of {bytes} bytes: {error}");
    }
}

fn udev_events(root: &Path) -> Option<Uevents> {
    super::nic::udev_runs(root).then(|| Uevents::of_udev().ok()).flatten()
}

async fn heard(udev: &mut Option<Uevents>) {
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
    let failed = |error: rtnetlink::Error| NetFailure::Netlink(io::Error::other(error.to_string()));
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
