//! What went over a wire: the NVMe/TCP connections that were opened, read from a packet capture.

use crate::error::{At, Result};
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

/// An NVMe/TCP connection, as its first PDU (ICReq) shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The host's address and port.
    pub source: SocketAddr,
    /// The target's.
    pub destination: SocketAddr,
    /// Whether PDU header digests were asked for.
    pub header_digest: bool,
    /// Whether data digests were asked for.
    pub data_digest: bool,
    /// Whether the host has ended it.
    pub ended: bool,
}

/// All connections in a capture.
pub fn sessions(path: &Path) -> Result<Vec<Session>> {
    let bytes = fs::read(path).at(path)?;
    Ok(parse(&bytes))
}

fn parse(bytes: &[u8]) -> Vec<Session> {
    let mut sessions = Vec::new();
    let mut rest = bytes.get(24..).unwrap_or_default();
    while let Some((header, after)) = rest.split_at_checked(16) {
        let length = u32::from_le_bytes([header[8], header[9], header[10], header[11]]) as usize;
        let Some((packet, after)) = after.split_at_checked(length) else { break };
        rest = after;
        let Some(segment) = segment(packet) else { continue };
        let same = |known: &&mut Session| (known.source, known.destination) == (segment.source, segment.destination);
        match (sessions.iter_mut().find(same), segment.request()) {
            (Some(known), _) => known.ended |= segment.ends,
            (None, Some(session)) => sessions.push(session),
            (None, None) => {}
        }
    }
    sessions
}

/// A TCP segment.
struct Segment<'a> {
    source: SocketAddr,
    destination: SocketAddr,
    /// FIN or RST.
    ends: bool,
    payload: &'a [u8],
}

impl Segment<'_> {
    /// The connection, when this is its first PDU.
    fn request(&self) -> Option<Session> {
        let payload = self.payload;
        // ICReq: type 0, header and PDU 128 bytes long; byte 11 has the digests (NVMe/TCP transport, ICReq).
        let request = *payload.first()? == 0 && *payload.get(2)? == 128 && payload.get(4..8)? == [128, 0, 0, 0];
        let digests = *payload.get(11)?;
        request.then_some(Session {
            source: self.source,
            destination: self.destination,
            header_digest: digests & 1 != 0,
            data_digest: digests & 2 != 0,
            ended: self.ends,
        })
    }
}

fn segment(frame: &[u8]) -> Option<Segment<'_>> {
    let mut kind = be16(frame.get(12..14)?);
    let mut packet = frame.get(14..)?;
    while kind == 0x8100 {
        kind = be16(packet.get(2..4)?);
        packet = packet.get(4..)?;
    }
    let (source, destination, segment) = match kind {
        0x0800 if *packet.get(9)? == 6 => {
            let header = usize::from(packet[0] & 0xf) * 4;
            (IpAddr::V4(v4(packet.get(12..16)?)?), IpAddr::V4(v4(packet.get(16..20)?)?), packet.get(header..)?)
        }
        0x86dd if *packet.get(6)? == 6 => {
            (IpAddr::V6(v6(packet.get(8..24)?)?), IpAddr::V6(v6(packet.get(24..40)?)?), packet.get(40..)?)
        }
        _ => return None,
    };
    let ports = (be16(segment.get(..2)?), be16(segment.get(2..4)?));
    let payload = segment.get(usize::from(*segment.get(12)? >> 4) * 4..)?;
    Some(Segment {
        source: SocketAddr::new(source, ports.0),
        destination: SocketAddr::new(destination, ports.1),
        ends: *segment.get(13)? & 0b101 != 0,
        payload,
    })
}

fn be16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |value, byte| value << 8 | u16::from(*byte))
}

fn v4(bytes: &[u8]) -> Option<Ipv4Addr> {
    <[u8; 4]>::try_from(bytes).ok().map(Ipv4Addr::from)
}

fn v6(bytes: &[u8]) -> Option<Ipv6Addr> {
    <[u8; 16]>::try_from(bytes).ok().map(Ipv6Addr::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A capture of one frame: Ethernet, IPv4, TCP with 12 bytes of options.
    fn capture(flags: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; 24];
        bytes.extend(packet(flags, payload));
        bytes
    }

    fn packet(flags: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![0; 12];
        frame.extend([0x08, 0x00, 0x45]);
        frame.extend([0; 8]);
        frame.extend([6, 0, 0, 192, 0, 2, 2, 192, 0, 2, 1]);
        frame.extend([0xc0, 0x00, 0x11, 0x44]);
        frame.extend([0; 8]);
        frame.extend([0x80, flags]);
        frame.extend([0; 18]);
        frame.extend(payload);
        let mut bytes = vec![0; 8];
        bytes.extend((frame.len() as u32).to_le_bytes());
        bytes.extend((frame.len() as u32).to_le_bytes());
        bytes.extend(frame);
        bytes
    }

    #[test]
    fn a_connection_is_found_by_its_first_pdu() {
        let mut request = vec![0; 128];
        (request[2], request[4], request[11]) = (128, 128, 2);
        let bytes = capture(0x18, &request);
        let found = parse(&bytes);
        let mut expected = Session {
            source: "192.0.2.2:49152".parse().unwrap_or_else(|_| unreachable!()),
            destination: "192.0.2.1:4420".parse().unwrap_or_else(|_| unreachable!()),
            header_digest: false,
            data_digest: true,
            ended: false,
        };
        assert_eq!(found, [expected.clone()]);
        for length in 0..bytes.len() {
            assert_eq!(parse(&bytes[..length]), []);
        }
        // An acknowledgement, then FIN.
        let goes_on = [bytes, packet(0x10, &[])].concat();
        assert_eq!(parse(&goes_on), [expected.clone()]);
        expected.ended = true;
        assert_eq!(parse(&[goes_on, packet(0x11, &[])].concat()), [expected]);
        request[0] = 4;
        assert_eq!(parse(&capture(0x18, &request)), []);
    }
}
