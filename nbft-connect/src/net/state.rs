//! What the kernel says of links and addresses, kept up to date by its events.

use super::{NetError, Settings};
use crate::nvme::uevent::Uevents;
use futures_util::{FutureExt, Stream, StreamExt};
use libnbft::model::Mac;
use nix::sys::socket::{setsockopt, sockopt};
use rtnetlink::packet_core::{NetlinkMessage, NetlinkPayload, Nla};
use rtnetlink::packet_route::address::{AddressAttribute, AddressFlags, AddressMessage};
use rtnetlink::packet_route::link::{
    AfSpecInet6, AfSpecUnspec, Inet6IfaceFlags, InfoData, InfoKind, InfoVlan, LinkAttribute, LinkFlags, LinkInfo,
    LinkMessage, LinkProtoInfoInet6,
};
use rtnetlink::packet_route::{AddressFamily, RouteNetlinkMessage};
use rtnetlink::sys::SocketAddr;
use rtnetlink::{Handle, MulticastGroup};
use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::path::Path;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A link.
#[derive(Debug, Clone, Default)]
pub(crate) struct Link {
    pub(crate) index: u32,
    pub(crate) name: String,
    pub(crate) mac: Option<Mac>,
    pub(super) permanent_mac: Option<Mac>,
    pub(crate) up: bool,
    pub(crate) carrier: bool,
    /// How often the carrier has come.
    pub(super) carrier_ups: u32,
    pub(super) kind: Option<InfoKind>,
    pub(crate) mtu: u32,
    /// The bond or bridge that it is a port of.
    pub(crate) master: Option<u32>,
    /// The link that it lies on, and its VLAN ID.
    pub(crate) vlan: Option<(u32, u16)>,
    /// What the last router advertisement says of DHCPv6.
    pub(super) advertised: Advertised,
}

/// Flags of a router advertisement (RFC 4861, section 4.2).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Advertised {
    /// M: DHCPv6 grants addresses.
    pub(super) managed: bool,
    /// O: DHCPv6 tells other things, DNS servers among them.
    pub(super) other: bool,
}

impl From<Inet6IfaceFlags> for Advertised {
    fn from(flags: Inet6IfaceFlags) -> Self {
        let has = |flag| flags.contains(flag);
        Self { managed: has(Inet6IfaceFlags::RaManaged), other: has(Inet6IfaceFlags::Otherconf) }
    }
}

/// An address.
#[derive(Debug, Clone)]
pub(crate) struct Address {
    pub(crate) link: u32,
    pub(crate) ip: IpAddr,
    pub(crate) prefix: u8,
    pub(crate) tentative: bool,
    pub(crate) duplicate: bool,
    /// Never expires.
    pub(super) permanent: bool,
}

/// The whole.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) links: BTreeMap<u32, Link>,
    pub(super) addresses: Vec<Address>,
}

impl State {
    pub(super) fn address(&self, link: u32, ip: IpAddr) -> Option<&Address> {
        self.addresses.iter().find(|address| address.link == link && address.ip == ip)
    }

    fn apply(&mut self, message: RouteNetlinkMessage) {
        match message {
            RouteNetlinkMessage::NewLink(message) => {
                // Events on IPv6 settings come as link messages of that family, with a few of the link's own attributes.
                if message.header.interface_family == AddressFamily::Inet6 {
                    let link = self.links.get_mut(&message.header.index);
                    if let Some((link, advertised)) = link.zip(advertised(&message)) {
                        link.advertised = advertised;
                    }
                } else if let Some(link) = link(&message) {
                    self.links.insert(link.index, link);
                }
            }
            RouteNetlinkMessage::DelLink(message) => drop(self.links.remove(&message.header.index)),
            RouteNetlinkMessage::NewAddress(message) => {
                if let Some(new) = address(&message) {
                    self.addresses.retain(|old| old.link != new.link || old.ip != new.ip);
                    self.addresses.push(new);
                }
            }
            RouteNetlinkMessage::DelAddress(message) => {
                if let Some(gone) = address(&message) {
                    self.addresses.retain(|old| old.link != gone.link || old.ip != gone.ip);
                }
            }
            _ => {}
        }
    }
}

fn link(message: &LinkMessage) -> Option<Link> {
    let mut link = Link { index: message.header.index, ..Link::default() };
    let flags = message.header.flags;
    link.up = flags.contains(LinkFlags::Up);
    link.carrier = flags.contains(LinkFlags::LowerUp);
    let mac = |bytes: &[u8]| bytes.try_into().ok().map(Mac);
    let (mut parent, mut vlan) = (None, None);
    for attribute in &message.attributes {
        match attribute {
            LinkAttribute::IfName(name) => link.name.clone_from(name),
            LinkAttribute::Address(bytes) => link.mac = mac(bytes),
            LinkAttribute::PermAddress(bytes) => link.permanent_mac = mac(bytes),
            LinkAttribute::CarrierUpCount(count) => link.carrier_ups = *count,
            LinkAttribute::Mtu(mtu) => link.mtu = *mtu,
            LinkAttribute::Controller(master) => link.master = (*master != 0).then_some(*master),
            LinkAttribute::Link(index) => parent = Some(*index),
            LinkAttribute::AfSpecUnspec(families) => {
                let inet6 = families.iter().find_map(|family| match family {
                    AfSpecUnspec::Inet6(settings) => settings.iter().find_map(|setting| match setting {
                        AfSpecInet6::Flags(flags) => Some(*flags),
                        _ => None,
                    }),
                    _ => None,
                });
                link.advertised = inet6.map(Advertised::from).unwrap_or_default();
            }
            LinkAttribute::LinkInfo(infos) => {
                for info in infos {
                    match info {
                        LinkInfo::Kind(kind) => link.kind = Some(kind.clone()),
                        LinkInfo::Data(InfoData::Vlan(data)) => vlan = vlan_id(data),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    link.vlan = parent.zip(vlan);
    (!link.name.is_empty()).then_some(link)
}

/// What an event on IPv6 settings says of router advertisements: the crate gives its attributes as bytes.
fn advertised(message: &LinkMessage) -> Option<Advertised> {
    /// IFLA_INET6_FLAGS.
    const FLAGS: u16 = 1;
    let settings = message.attributes.iter().find_map(|attribute| match attribute {
        LinkAttribute::ProtoInfoInet6(settings) => Some(settings),
        _ => None,
    })?;
    settings.iter().find_map(|setting| match setting {
        LinkProtoInfoInet6::Other(setting) if setting.kind() == FLAGS => {
            let mut bytes = [0; 4];
            (setting.value_len() == bytes.len()).then(|| setting.emit_value(&mut bytes))?;
            Some(Inet6IfaceFlags::from_bits_retain(u32::from_ne_bytes(bytes)).into())
        }
        _ => None,
    })
}

fn vlan_id(data: &[InfoVlan]) -> Option<u16> {
    data.iter().find_map(|item| match item {
        InfoVlan::Id(id) => Some(*id),
        _ => None,
    })
}

fn address(message: &AddressMessage) -> Option<Address> {
    let mut ip = None;
    let mut flags = AddressFlags::from_bits_truncate(u32::from(message.header.flags.bits()));
    for attribute in &message.attributes {
        match attribute {
            // On point-to-point links `Address` is the peer's and `Local` ours.
            AddressAttribute::Local(local) => ip = Some(*local),
            AddressAttribute::Address(address) => ip = ip.or(Some(*address)),
            AddressAttribute::Flags(all) => flags = *all,
            _ => {}
        }
    }
    Some(Address {
        link: message.header.index,
        ip: ip?,
        prefix: message.header.prefix_len,
        tentative: flags.contains(AddressFlags::Tentative),
        duplicate: flags.contains(AddressFlags::Dadfailed),
        permanent: flags.contains(AddressFlags::Permanent),
    })
}

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
    pub(super) async fn start(settings: &Settings) -> Result<(Self, Vec<JoinHandle<()>>), NetError> {
        use MulticastGroup::{Ipv4Ifaddr, Ipv6Ifaddr, Ipv6Ifinfo};
        let groups = [MulticastGroup::Link, Ipv4Ifaddr, Ipv6Ifaddr, Ipv6Ifinfo];
        let (mut listening, _, events) = rtnetlink::new_multicast_connection(&groups).map_err(NetError::Netlink)?;
        set_buffer(listening.socket_mut().as_raw_fd(), settings.event_buffer);
        let (asking, handle, _) = rtnetlink::new_connection().map_err(NetError::Netlink)?;
        let mut tasks = vec![tokio::spawn(listening), tokio::spawn(asking)];
        let (sender, state) = watch::channel(dump(&handle).await?);
        let udev = udev_events(&settings.root);
        tasks.push(tokio::spawn(listen(handle.clone(), sender, events, udev)));
        Ok((Self { handle, state }, tasks))
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
                        Ok(state) => drop(sender.send_replace(state)),
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
async fn resynchronize(handle: &Handle, events: &mut (impl Stream<Item = Event> + Unpin)) -> Result<State, NetError> {
    const TRIES: usize = 20;
    log::debug!("netlink events were lost; asking for everything again");
    for _ in 0..TRIES {
        while events.next().now_or_never().flatten().is_some() {}
        let state = dump(handle).await?;
        match events.next().now_or_never() {
            None => return Ok(state),
            Some(_) => tokio::task::yield_now().await,
        }
    }
    dump(handle).await
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

pub(super) async fn dump(handle: &Handle) -> Result<State, NetError> {
    let failed = |error: rtnetlink::Error| NetError::Netlink(io::Error::other(error.to_string()));
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
