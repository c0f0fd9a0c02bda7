//! Sends DHCPv6's messages to all servers of a link, and receives what they answer.

use crate::net::dhcp::Client;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddrV6};
use tokio::net::UdpSocket;

const CLIENT_PORT: u16 = 546;
const SERVER_PORT: u16 = 547;
const SERVERS: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 1, 2);

pub(in crate::net) struct ServersSocket {
    socket: UdpSocket,
    link: u32,
}

impl ServersSocket {
    /// On the client's link, whose own address is `link_local`.
    pub(in crate::net) async fn open(client: &Client<'_>, link_local: Ipv6Addr) -> io::Result<Self> {
        let own = SocketAddrV6::new(link_local, CLIENT_PORT, 0, client.index);
        Ok(Self { socket: UdpSocket::bind(own).await?, link: client.index })
    }

    pub(in crate::net) async fn send(&self, message: &[u8]) -> io::Result<()> {
        let to = SocketAddrV6::new(SERVERS, SERVER_PORT, 0, self.link);
        self.socket.send_to(message, to).await?;
        Ok(())
    }

    /// Waits for a message; returns its length and sender.
    pub(in crate::net) async fn receive(&self, buffer: &mut [u8]) -> io::Result<(usize, Ipv6Addr)> {
        loop {
            if let (length, IpAddr::V6(from)) = self.socket.recv_from(buffer).await.map(|(n, from)| (n, from.ip()))? {
                return Ok((length, from));
            }
        }
    }
}
