//! Asks the hosts of a link which of them has an IPv6 address (RFC 4861, neighbour solicitation).

use super::addresses::link_local_of;
use super::error::NetFailure;
use super::target::LinkNetwork;
use super::worker::Worker;
use libnbft::model::Mac;
use nix::sys::socket::{AddressFamily, SockFlag, SockProtocol, SockType, setsockopt, socket, sockopt};
use nix::sys::socket::{SockaddrIn6, bind};
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddrV6};
use std::os::fd::AsRawFd;
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::time::timeout;

/// How long one solicitation waits for an answer, and how many are sent: as many as the kernel sends (RFC 4861, section 10).
const ANSWER_LIMIT: Duration = Duration::from_millis(500);
const SOLICITATIONS: usize = 3;

/// How long to wait for the link's own address, from which the solicitations are sent.
const SOURCE_LIMIT: Duration = Duration::from_secs(2);

const SOLICITATION: u8 = 135;
const ADVERTISEMENT: u8 = 136;
/// Options with the link-layer address of the sender, and of the address that was asked for.
const SOURCE_OPTION: u8 = 1;
const TARGET_OPTION: u8 = 2;

/// Length of both messages without their options.
const HEADER: usize = 24;

impl Worker {
    /// The failure, with the MAC address of the host that has the address if that host answers.
    pub(super) async fn name_owner(&self, on: LinkNetwork<'_>, failure: NetFailure) -> NetFailure {
        let NetFailure::Duplicate { address: IpAddr::V6(ip), mac: None } = failure else { return failure };
        let index = on.link.index;
        let own = timeout(SOURCE_LIMIT, self.watcher.wait_for(|state| link_local_of(&state.addresses, index))).await;
        let Ok(Some(own)) = own else { return failure };
        let mac = owner(index, self.interface.mac, own, ip).await;
        NetFailure::Duplicate { address: ip.into(), mac }
    }
}

/// The MAC address of the host on a link that has `ip`; `None` if none answers or the system forbids asking. `mac` and `own` are the link's
/// own addresses.
pub(super) async fn owner(link: u32, mac: Mac, own: Ipv6Addr, ip: Ipv6Addr) -> Option<Mac> {
    match ask(link, mac, own, ip).await {
        Ok(owner) => owner,
        Err(error) => {
            log::debug!("{ip}: neighbour solicitation: {error}");
            None
        }
    }
}

async fn ask(link: u32, mac: Mac, own: Ipv6Addr, ip: Ipv6Addr) -> io::Result<Option<Mac>> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let socket = socket(AddressFamily::Inet6, SockType::Raw, flags, SockProtocol::IcmpV6)?;
    // Receivers drop messages with another hop limit: a router may have forwarded those.
    setsockopt(&socket, sockopt::Ipv6MulticastHops, &255)?;
    bind(socket.as_raw_fd(), &SockaddrIn6::from(SocketAddrV6::new(own, 0, 0, link)))?;
    // A UDP socket's system calls also serve raw sockets.
    let socket = UdpSocket::from_std(socket.into())?;
    let [.., high, middle, low] = ip.octets();
    let all = Ipv6Addr::from([0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, high, middle, low]);
    for _ in 0..SOLICITATIONS {
        socket.send_to(&solicitation(mac, ip), SocketAddrV6::new(all, 0, 0, link)).await?;
        let answer = async {
            let mut buffer = [0; 1500];
            loop {
                let length = socket.recv(&mut buffer).await?;
                if let Some(owner) = buffer.get(..length).and_then(|message| advertised(message, ip)) {
                    return Ok::<_, io::Error>(owner);
                }
            }
        };
        if let Ok(owner) = timeout(ANSWER_LIMIT, answer).await {
            return owner.map(Some);
        }
    }
    Ok(None)
}

/// The message; the kernel puts in the checksum.
fn solicitation(mac: Mac, ip: Ipv6Addr) -> Vec<u8> {
    let mut message = vec![SOLICITATION, 0, 0, 0, 0, 0, 0, 0];
    message.extend(ip.octets());
    message.extend([SOURCE_OPTION, 1]);
    message.extend(mac.0);
    message
}

/// The MAC address that an advertisement of `ip` names.
fn advertised(message: &[u8], ip: Ipv6Addr) -> Option<Mac> {
    let (header, mut options) = message.split_at_checked(HEADER)?;
    if header.first() != Some(&ADVERTISEMENT) || header.get(8..) != Some(&ip.octets()[..]) {
        return None;
    }
    // Type, length in units of 8 bytes, value.
    while let [kind, units, ..] = *options {
        let (option, rest) = options.split_at_checked(usize::from(units).max(1) * 8)?;
        if kind == TARGET_OPTION && units == 1 {
            return option.get(2..)?.try_into().ok().map(Mac);
        }
        options = rest;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_advertisement_is_read_whatever_its_options() {
        let ip: Ipv6Addr = "2001:db8:1::2".parse().unwrap();
        let header = |kind: u8, ip: Ipv6Addr| [&[kind, 0, 0, 0, 0x60, 0, 0, 0][..], &ip.octets()].concat();
        let mac = [2, 1, 2, 0, 0, 0, 0, 0x99];
        let nonce = [14, 1, 1, 2, 3, 4, 5, 6];
        let read = |parts: &[&[u8]]| advertised(&parts.concat(), ip);
        let own = header(ADVERTISEMENT, ip);
        let owner = Some(Mac([2, 0, 0, 0, 0, 0x99]));
        assert_eq!(read(&[&own, &[TARGET_OPTION, 1, 2, 0, 0, 0, 0, 0x99]]), owner);
        assert_eq!(read(&[&own, &nonce, &[TARGET_OPTION, 1, 2, 0, 0, 0, 0, 0x99]]), owner);
        assert_eq!(read(&[&header(SOLICITATION, ip), &mac]), None);
        assert_eq!(read(&[&header(ADVERTISEMENT, Ipv6Addr::LOCALHOST), &mac]), None);
        for broken in [&[][..], &[2], &[2, 1, 2], &[2, 0, 2, 0, 0, 0, 0, 0], &[0; 8], &[14, 2, 0, 0, 0, 0, 0, 0]] {
            assert_eq!(read(&[&own, broken]), None, "{broken:?}");
        }
        assert_eq!(advertised(&own[..20], ip), None);
    }
}
