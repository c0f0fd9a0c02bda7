//! Writes requests to sock_diag and reads connections from its answers, in the kernel's layout (linux/inet_diag.h).
//!
//! Headers and attributes are netlink-packet-core's. The crate for sock_diag needs a newer Rust than Debian 13 has.

use netlink_packet_core::{DecodeError, NLM_F_DUMP, NLM_F_REQUEST, NetlinkDeserializable, NetlinkHeader};
use nom::bytes::complete::take;
use nom::number::complete::{be_u16, be_u32, be_u128, u8};
use nom::{IResult, Parser};
use std::net::{IpAddr, SocketAddr};

/// The type of both messages.
const SOCK_DIAG_BY_FAMILY: u16 = 20;

pub(super) const AF_INET: u8 = libc::AF_INET as u8;
pub(super) const AF_INET6: u8 = libc::AF_INET6 as u8;

/// The length of a netlink header, in bytes.
const HEADER: usize = 16;

/// The length of `inet_diag_sockid`: ports, addresses, interface and cookie.
const SOCKET_ID: usize = 48;

/// A request for all established TCP connections of an address family (`inet_diag_req_v2`).
pub(super) fn request(family: u8) -> Vec<u8> {
    const LENGTH: usize = HEADER + 8 + SOCKET_ID;
    // TLS has no flag of its own: Linux adds its attribute to TCP's, INET_DIAG_INFO.
    const EXTENSIONS: u8 = 1 << 1;
    // TCP_ESTABLISHED.
    const STATES: u32 = 1 << 1;
    let mut bytes = Vec::with_capacity(LENGTH);
    bytes.extend((LENGTH as u32).to_ne_bytes());
    bytes.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
    bytes.extend((NLM_F_REQUEST | NLM_F_DUMP).to_ne_bytes());
    // Sequence number and port: each socket has only one dump.
    bytes.extend([0; 8]);
    bytes.extend([family, libc::IPPROTO_TCP as u8, EXTENSIONS, 0]);
    bytes.extend(STATES.to_ne_bytes());
    bytes.resize(LENGTH, 0);
    bytes
}

/// A connection (`inet_diag_msg`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Connection {
    /// The kernel's number for this socket, which it never gives to another one.
    pub(super) cookie: [u8; 8],
    /// This machine's side.
    pub(super) local: SocketAddr,
    /// The other side.
    pub(super) peer: SocketAddr,
    /// Its netlink attributes.
    pub(super) attributes: Vec<u8>,
}

impl NetlinkDeserializable for Connection {
    type Error = DecodeError;

    fn deserialize(header: &NetlinkHeader, payload: &[u8]) -> Result<Self, DecodeError> {
        if header.message_type != SOCK_DIAG_BY_FAMILY {
            return Err(format!("unknown message type {}", header.message_type).into());
        }
        match connection(payload) {
            Ok((attributes, (family, id))) => id.connection(family, attributes),
            Err(_) => Err("a connection is cut short".into()),
        }
    }
}

/// Ports and addresses in wire form: an IPv4 address lies in the first four bytes.
struct SocketId {
    ports: (u16, u16),
    addresses: (u128, u128),
    cookie: [u8; 8],
}

impl SocketId {
    fn connection(&self, family: u8, attributes: &[u8]) -> Result<Connection, DecodeError> {
        let address = |raw: u128| match family {
            AF_INET => Ok(IpAddr::from(((raw >> 96) as u32).to_be_bytes())),
            AF_INET6 => Ok(IpAddr::from(raw.to_be_bytes())),
            _ => Err(DecodeError::from(format!("unknown address family {family}"))),
        };
        Ok(Connection {
            cookie: self.cookie,
            local: SocketAddr::new(address(self.addresses.0)?, self.ports.0),
            peer: SocketAddr::new(address(self.addresses.1)?, self.ports.1),
            attributes: attributes.to_vec(),
        })
    }
}

fn connection(input: &[u8]) -> IResult<&[u8], (u8, SocketId)> {
    // After the family: state, timer and retransmissions.
    let (rest, (family, _)) = (u8, take(3_usize)).parse(input)?;
    let (rest, id) = socket_id(rest)?;
    // Five more numbers: timer, queues, user and inode.
    let (rest, _) = take(20_usize)(rest)?;
    Ok((rest, (family, id)))
}

fn socket_id(input: &[u8]) -> IResult<&[u8], SocketId> {
    let (rest, (ports, addresses, _interface, cookie)) =
        ((be_u16, be_u16), (be_u128, be_u128), be_u32, take(8_usize)).parse(input)?;
    let cookie = cookie.try_into().unwrap_or_default();
    Ok((rest, SocketId { ports, addresses, cookie }))
}

#[cfg(test)]
impl Connection {
    /// The kernel's message for it, IPv4 only.
    pub(super) fn message(&self) -> Vec<u8> {
        let mut bytes = vec![AF_INET, 1, 0, 0];
        bytes.extend([self.local.port().to_be_bytes(), self.peer.port().to_be_bytes()].concat());
        for side in [self.local, self.peer] {
            let IpAddr::V4(address) = side.ip() else { panic!("{side}") };
            bytes.extend(address.octets());
            bytes.extend([0; 12]);
        }
        bytes.extend([2, 0, 0, 0]);
        bytes.extend(self.cookie);
        bytes.extend([0; 20]);
        bytes.extend(&self.attributes);
        let length = (HEADER + bytes.len()) as u32;
        [&length.to_ne_bytes()[..], &SOCK_DIAG_BY_FAMILY.to_ne_bytes(), &[0; 10], &bytes].concat()
    }
}
