//! Sends and receives DHCPv4's packets: below IP as long as the link has no address, by UDP from an address that it has.

use super::frame::{self, CLIENT_PORT, SERVER_PORT};
use crate::net::dhcp::{Client, DhcpFailure};
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, LinkAddr, MsgFlags, SockFlag, SockType, SockaddrIn, SockaddrLike, bind, recv, sendto, setsockopt,
    socket, sockopt,
};
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::{AsRawFd, OwnedFd};
use tokio::io::unix::AsyncFd;

const FLAGS: SockFlag = SockFlag::SOCK_CLOEXEC.union(SockFlag::SOCK_NONBLOCK);

/// IPv4, as Ethernet names it, in network byte order.
const IPV4: u16 = (libc::ETH_P_IP as u16).to_be();

/// Receives every packet to DHCP's client port, whatever its destination address, and sends to all.
pub(super) struct PacketSocket {
    socket: AsyncFd<OwnedFd>,
    all: LinkAddr,
}

impl PacketSocket {
    /// On the client's link; must be called on the runtime.
    pub(super) fn open(client: &Client<'_>) -> Result<Self, DhcpFailure> {
        let failed = |step| move |error: Errno| DhcpFailure::socket(step)(error.into());
        // Without a protocol the socket receives nothing until it is bound, so no packet bypasses the filter.
        let socket = socket(AddressFamily::Packet, SockType::Datagram, FLAGS, None).map_err(failed("packet socket"))?;
        attach_filter(&socket).map_err(DhcpFailure::socket("packet filter"))?;
        let all = everybody_on(client.index).map_err(DhcpFailure::socket("packet socket"))?;
        bind(socket.as_raw_fd(), &all).map_err(failed("bind"))?;
        // SAFETY: the `OwnedFd` keeps its descriptor open until the `AsyncFd` that owns it is dropped, and always gives the
        // same number.
        let socket = unsafe { AsyncFd::register(socket) };
        let socket = socket.map_err(|error| DhcpFailure::socket("packet socket")(error.into()))?;
        Ok(Self { socket, all })
    }

    /// Sends a message from `own`, which may be no address, to every server of the link.
    pub(super) fn send(&self, own: Ipv4Addr, message: &[u8]) -> io::Result<()> {
        let packet = frame::to_all(own, message);
        sendto(self.socket.as_raw_fd(), &packet, &self.all, MsgFlags::empty())?;
        Ok(())
    }

    /// Waits for a packet, and gives its length.
    pub(super) async fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let mut guard = self.socket.readable().await?;
            let received = guard.try_io(|socket| Ok(recv(socket.as_raw_fd(), buffer, MsgFlags::empty())?));
            if let Ok(received) = received {
                return received;
            }
        }
    }
}

/// Sends from an address that the link has. The packet socket receives the replies as well; this socket keeps the kernel from reporting the
/// port as unreachable.
pub(super) struct UnicastSocket(OwnedFd);

impl UnicastSocket {
    pub(super) fn open(client: &Client<'_>, own: Ipv4Addr) -> io::Result<Self> {
        let socket = socket(AddressFamily::Inet, SockType::Datagram, FLAGS, None)?;
        setsockopt(&socket, sockopt::BindToDevice, &client.name.into())?;
        bind(socket.as_raw_fd(), &SockaddrIn::from(SocketAddrV4::new(own, CLIENT_PORT)))?;
        Ok(Self(socket))
    }

    pub(super) fn send(&self, server: Ipv4Addr, message: &[u8]) -> io::Result<()> {
        let to = SockaddrIn::from(SocketAddrV4::new(server, SERVER_PORT));
        sendto(self.0.as_raw_fd(), message, &to, MsgFlags::empty())?;
        Ok(())
    }
}

/// Ethernet's broadcast address on a link.
fn everybody_on(link: u32) -> io::Result<LinkAddr> {
    let address = libc::sockaddr_ll {
        sll_family: libc::AF_PACKET as u16,
        sll_protocol: IPV4,
        sll_ifindex: i32::try_from(link).map_err(io::Error::other)?,
        sll_hatype: 0,
        sll_pkttype: 0,
        sll_halen: 6,
        sll_addr: [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0],
    };
    let length = size_of_val(&address) as libc::socklen_t;
    // SAFETY: the pointer names `address`, which lives while it is read and has `length` bytes.
    let address = unsafe { LinkAddr::from_raw((&raw const address).cast(), Some(length)) };
    address.ok_or_else(|| io::ErrorKind::InvalidInput.into())
}

/// One instruction of the filter.
const fn step(code: u32, if_true: u8, if_false: u8, operand: u32) -> libc::sock_filter {
    libc::sock_filter { code: code as u16, jt: if_true, jf: if_false, k: operand }
}

/// Passes only UDP packets to the client's port that are no fragments: a link used for storage carries many others. Offsets count from the
/// IP header.
const FILTER: [libc::sock_filter; 9] = [
    step(libc::BPF_LD | libc::BPF_B | libc::BPF_ABS, 0, 0, 9),
    step(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, 0, 6, libc::IPPROTO_UDP as u32),
    step(libc::BPF_LD | libc::BPF_H | libc::BPF_ABS, 0, 0, 6),
    step(libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K, 4, 0, 0x3fff),
    step(libc::BPF_LDX | libc::BPF_B | libc::BPF_MSH, 0, 0, 0),
    step(libc::BPF_LD | libc::BPF_H | libc::BPF_IND, 0, 0, 2),
    step(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, 0, 1, CLIENT_PORT as u32),
    step(libc::BPF_RET | libc::BPF_K, 0, 0, u32::MAX),
    step(libc::BPF_RET | libc::BPF_K, 0, 0, 0),
];

fn attach_filter(socket: &OwnedFd) -> io::Result<()> {
    let mut filter = FILTER;
    let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_mut_ptr() };
    let length = size_of_val(&program) as libc::socklen_t;
    // SAFETY: the pointer names `program`, which has `length` bytes and names `filter` with its length; the kernel copies both
    // before it returns.
    let set = unsafe {
        let program = (&raw const program).cast();
        libc::setsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, program, length)
    };
    Errno::result(set)?;
    Ok(())
}
