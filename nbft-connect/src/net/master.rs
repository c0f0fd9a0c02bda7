//! Uses a network's address on the bridge, bond or team whose port its link has become. Nothing is set on a port.

use super::error::NetFailure;
use super::event::{NetEvent, Timings};
use super::external_manager::managed_address;
use super::requests;
use super::state::{Address, Link, State};
use super::subnet;
use super::target::{LinkId, LinkNetwork};
use super::worker::{ReadyNetwork, Worker};
use libnbft::plan::Method;
use rtnetlink::packet_route::link::InfoKind;
use std::net::IpAddr;
use std::time::Duration;

/// How long the address may take from the port to its master until that counts as a failure.
const MOVE: Duration = Duration::from_secs(2);

/// How many masters above each other are searched.
const MOST_MASTERS: usize = 8;

/// Kind of the links of Open vSwitch. Its ports have one master, and the address is on an internal port beside that.
const OPEN_VSWITCH: &str = "openvswitch";

/// An address that is on a master of a link.
pub(super) struct Moved {
    index: u32,
    name: String,
    address: Address,
}

/// The link that has this one as a port. A VRF does not count: its ports keep their addresses.
pub(super) fn master(state: &State, link: u32) -> Option<&Link> {
    let master = state.links.get(&state.links.get(&link)?.master?)?;
    (!master.is_vrf()).then_some(master)
}

/// The links above a port that can have its address, nearest first.
fn above(state: &State, port: u32) -> Vec<&Link> {
    let (mut found, mut at) = (Vec::new(), port);
    while let Some(link) = master(state, at).filter(|_| found.len() < MOST_MASTERS) {
        found.push(link);
        at = link.index;
    }
    let of_switch = |link: &&Link| link.kind == Some(InfoKind::Other(OPEN_VSWITCH.to_owned()));
    if found.last().is_some_and(of_switch) {
        found.extend(state.links.values().filter(of_switch));
    }
    found
}

impl Worker {
    /// Fails if a link is a port: nbft sets nothing on ports.
    pub(super) fn refuse_port(&self, link: LinkId<'_>) -> Result<(), NetFailure> {
        let master = self.watcher.read(|state| master(state, link.index).map(|master| master.name.clone()));
        match master {
            Some(master) => Err(NetFailure::HasMaster { port: link.name.to_owned(), master }),
            None => Ok(()),
        }
    }

    /// The network's address on a master of the link. If a server grants it, another address of the same subnet will do.
    pub(super) fn moved(&self, state: &State, on: LinkNetwork<'_>) -> Option<Moved> {
        let of_lease = || self.applied.lease(on.at).map(|lease| lease.address);
        let known = self.applied.of(on.at).map(|applied| applied.ip).or_else(of_lease).or(on.network.address);
        let usable = |address: &Address| !address.tentative && !address.duplicate;
        above(state, on.link.index).into_iter().find_map(|link| {
            let same = known.and_then(|ip| state.address(link.index, ip)).filter(|address| usable(address)).cloned();
            let other = || managed_address(state, link.index, on.network, &[]).filter(|other| serves(other, known));
            let address = match on.network.method {
                Method::Static => same,
                _ => same.or_else(other),
            };
            Some(Moved { index: link.index, name: link.name.clone(), address: address? })
        })
    }

    /// Uses the network's address on the master while its link is a port. Returns `false` when the link is no port any more. Where nothing
    /// is maintained, returns `true` when the network is ready.
    pub(super) async fn follow_master(&self, port: LinkNetwork<'_>, timings: Timings) -> bool {
        let index = port.link.index;
        let released =
            |state: &State| (state.links.contains_key(&index) && master(state, index).is_none()).then_some(());
        tokio::select! {
            Some(()) = self.watcher.wait_for(released) => {
                log::info!("{}: the link is no port any more", port.link.name);
                false
            }
            () = self.use_master(port, timings) => true,
        }
    }

    /// Sets rules and routes on the master that has the address. Ends only if nothing is maintained.
    async fn use_master(&self, port: LinkNetwork<'_>, timings: Timings) {
        loop {
            let moved = |state: &State| self.moved(state, port);
            let found = match tokio::time::timeout(MOVE, self.watcher.wait_for(moved)).await {
                Ok(found) => found,
                Err(_) => {
                    if let Err(reason) = self.refuse_port(port.link) {
                        self.send(NetEvent::Failed { at: port.at, reason });
                    }
                    self.watcher.wait_for(moved).await
                }
            };
            // The watcher has ended.
            let Some(found) = found else { return std::future::pending().await };
            log::info!("{}: {} has {}: its routes and rules go there", port.link.name, found.name, found.address.ip);
            self.leave_port(port, found.address.ip).await;
            let on = LinkNetwork { link: LinkId { index: found.index, name: &found.name }, ..port };
            let (address, lease) = self.adopt_address(on, &found.address).await;
            let ready = ReadyNetwork { link: on.link, address, lease, timings, port: Some(port.link.name) };
            self.send_ready(on.at, &ready);
            if !self.maintains {
                return;
            }
            self.maintain(on, ready).await;
        }
    }

    /// Removes from the port what nbft has set there: two links with one address would answer for each other.
    async fn leave_port(&self, port: LinkNetwork<'_>, ip: IpAddr) {
        let (handle, link) = (&self.watcher.handle, port.link);
        let Some(applied) = self.applied.of(port.at).filter(|applied| applied.index == link.index) else { return };
        let present = self.watcher.read(|state| state.address(link.index, applied.ip).cloned());
        if let Some(present) = present.filter(|present| present.ip == ip && present.permanent) {
            if let Err(error) = requests::promote_secondaries(&self.root, link.name) {
                log::debug!("{}: {error}", link.name);
            }
            let table = applied.network.route_table;
            if let Err(error) = requests::remove_address(handle, link.index, ip, present.prefix, table).await {
                log::warn!("{}: {error}", link.name);
            }
        }
        requests::remove_routes(handle, link.index, applied.ip, &applied.network).await;
    }
}

/// Whether an address can replace the one that the network is known to have had.
fn serves(address: &Address, known: Option<IpAddr>) -> bool {
    let same = |ip: IpAddr| {
        ip.is_ipv4() == address.ip.is_ipv4() && subnet(ip, address.prefix) == subnet(address.ip, address.prefix)
    };
    known.is_none_or(|ip| ip.is_unspecified() || address.prefix == 128 || same(ip))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Links by index, kind and master.
    fn state(links: &[(u32, InfoKind, Option<u32>)]) -> State {
        let mut state = State::default();
        for (index, kind, master) in links {
            let link = Link { index: *index, kind: Some(kind.clone()), master: *master, ..Link::default() };
            state.links.insert(*index, link);
        }
        state
    }

    fn indexes(state: &State, port: u32) -> Vec<u32> {
        above(state, port).iter().map(|link| link.index).collect()
    }

    #[test]
    fn masters_are_followed_to_the_top() {
        let (nic, bond, bridge) = (InfoKind::Veth, InfoKind::Bond, InfoKind::Bridge);
        let bonded = state(&[(1, nic.clone(), Some(2)), (2, bond, Some(3)), (3, bridge.clone(), None)]);
        assert_eq!(indexes(&bonded, 1), [2, 3]);
        assert!(indexes(&bonded, 3).is_empty());
        // Ports of a VRF keep their addresses, even if the port is a bridge.
        let in_vrf = state(&[(1, nic.clone(), Some(2)), (2, bridge.clone(), Some(3)), (3, InfoKind::Vrf, None)]);
        assert_eq!((indexes(&in_vrf, 1), master(&in_vrf, 2).is_none()), (vec![2], true));
        // A circle, which the kernel never makes, ends.
        let circle = state(&[(1, nic, Some(2)), (2, bridge.clone(), Some(2))]);
        assert_eq!(indexes(&circle, 1).len(), MOST_MASTERS);
    }

    #[test]
    fn internal_ports_of_open_vswitch_may_have_the_address() {
        let switch = || InfoKind::Other(OPEN_VSWITCH.to_owned());
        let state = state(&[
            (1, InfoKind::Veth, Some(2)),
            (2, switch(), None),
            (3, switch(), None),
            (4, InfoKind::Bridge, None),
        ]);
        assert_eq!(indexes(&state, 1), [2, 2, 3]);
    }

    #[test]
    fn another_address_serves_in_the_same_subnet() {
        let address = |ip: &str, prefix| Address {
            link: 2,
            ip: ip.parse().unwrap(),
            prefix,
            tentative: false,
            duplicate: false,
            permanent: true,
            preferred: u32::MAX,
            deprecated: false,
            temporary: false,
            metric: 0,
        };
        let known = Some("192.0.2.7".parse().unwrap());
        assert!(serves(&address("192.0.2.60", 24), known) && serves(&address("198.51.100.1", 24), None));
        assert!(!serves(&address("198.51.100.1", 24), known) && !serves(&address("2001:db8::1", 64), known));
        assert!(serves(&address("198.51.100.1", 24), Some("0.0.0.0".parse().unwrap())));
    }
}
