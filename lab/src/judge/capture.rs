//! Reads the NVMe/TCP connections from a packet capture of a wire.
//!
//! The search for a command capsule in plain text covers every byte that a host sends, not only the places where a PDU would begin. So no
//! match proves that there is none.

use crate::tools::error::{At, Result};
use etherparse::{LaxNetSlice, LaxSlicedPacket, TransportSlice};
use memchr::memmem;
use pcap_parser::{parse_pcap_frame, parse_pcap_header};
use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;

/// A connection to a target. An ICReq, a TLS handshake (ClientHello) or a command capsule reveals it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The host's address and port.
    pub source: SocketAddr,
    /// The target's address and port.
    pub destination: SocketAddr,
    /// Whether the host requested PDU header digests; unknown (false) if the PDUs are not in plain text.
    pub header_digest: bool,
    /// Whether the host requested data digests; likewise.
    pub data_digest: bool,
    /// Whether a TLS handshake began.
    pub tls: bool,
    /// The number of ICReqs and command capsules that crossed the wire in plain text.
    pub clear: usize,
    /// Whether the host ended it.
    pub ended: bool,
}

/// The contents of all captures of a run.
#[derive(Debug, Default)]
pub struct Wire {
    /// All connections.
    pub sessions: Vec<Session>,
    /// The positions of those needles that crossed the wires.
    pub found: BTreeSet<usize>,
}

impl Wire {
    /// Adds the contents of a capture, and which of `needles` are in one of its frames.
    pub fn read(&mut self, path: &Path, needles: &[Vec<u8>]) -> Result<()> {
        let bytes = fs::read(path).at(path)?;
        self.sessions.extend(parse(&bytes));
        let found = needles.iter().enumerate().filter(|(_, needle)| memmem::find(&bytes, needle).is_some());
        self.found.extend(found.map(|(number, _)| number));
        Ok(())
    }
}

fn parse(bytes: &[u8]) -> Vec<Session> {
    let mut sessions: Vec<Session> = Vec::new();
    let mut rest = parse_pcap_header(bytes).map_or(&[][..], |(rest, _)| rest);
    // The last frame is incomplete if QEMU was killed.
    while let Ok((after, frame)) = parse_pcap_frame(rest) {
        rest = after;
        let Some(segment) = segment(frame.data) else { continue };
        let answer = |known: &Session| (known.destination, known.source) == (segment.source, segment.destination);
        if sessions.iter().any(answer) {
            continue;
        }
        let seen = segment.seen();
        let same = |known: &Session| (known.source, known.destination) == (segment.source, segment.destination);
        match (sessions.iter_mut().find(|known| same(known)), seen) {
            (Some(known), seen) => known.more(seen),
            (None, seen) if seen.tls || seen.clear > 0 => sessions.push(seen),
            (None, _) => {}
        }
    }
    sessions
}

impl Session {
    /// Adds what a later segment reveals.
    fn more(&mut self, seen: Self) {
        self.header_digest |= seen.header_digest;
        self.data_digest |= seen.data_digest;
        self.tls |= seen.tls;
        self.clear += seen.clear;
        self.ended |= seen.ended;
    }
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
    /// What the segment reveals about its connection.
    fn seen(&self) -> Session {
        // ICReq: type 0, header and PDU 128 bytes long; byte 11 has the digests (NVMe/TCP transport, ICReq).
        let request = self.payload.starts_with(&[0])
            && self.payload.get(2..8).is_some_and(|b| b[0] == 128 && b[2..] == [128, 0, 0, 0]);
        let digests = if request { self.payload.get(11).copied().unwrap_or_default() } else { 0 };
        Session {
            source: self.source,
            destination: self.destination,
            header_digest: digests & 1 != 0,
            data_digest: digests & 2 != 0,
            // Record of a handshake, version 3.1, ClientHello (RFC 8446, sections 4 and 5.1).
            tls: self.payload.starts_with(&[0x16, 3, 1]) && self.payload.get(5) == Some(&1),
            clear: usize::from(request) + capsules(self.payload),
            ended: self.ends,
        }
    }
}

/// The largest command capsule that Linux sends, in bytes.
const MAX_CAPSULE: usize = 1 << 20;

/// Counts the command capsules that begin anywhere in a payload: type 4, only the digest flags, a header of 72 bytes, a plausible length,
/// and a command that uses SGLs, as every command on fabrics does (NVMe/TCP transport, CapsuleCmd). Random bytes match with a chance of 1
/// in 2^50.
fn capsules(payload: &[u8]) -> usize {
    memchr::memchr_iter(4, payload).filter_map(|at| payload.get(at..at + 10)).filter(|pdu| is_capsule(pdu)).count()
}

fn is_capsule(pdu: &[u8]) -> bool {
    let length = pdu[4..8].iter().rev().fold(0, |value, byte| value << 8 | usize::from(*byte));
    pdu[1] & !3 == 0 && pdu[2] == 72 && (72..=MAX_CAPSULE).contains(&length) && pdu[9] == 0x40
}

fn segment(frame: &[u8]) -> Option<Segment<'_>> {
    // Lax: a capture holds the first bytes of each frame only.
    let packet = LaxSlicedPacket::from_ethernet(frame).ok()?;
    let (source, destination) = match packet.net? {
        LaxNetSlice::Ipv4(ip) => (ip.header().source_addr().into(), ip.header().destination_addr().into()),
        LaxNetSlice::Ipv6(ip) => (ip.header().source_addr().into(), ip.header().destination_addr().into()),
        LaxNetSlice::Arp(_) => return None,
    };
    let Some(TransportSlice::Tcp(tcp)) = packet.transport else { return None };
    Some(Segment {
        source: SocketAddr::new(source, tcp.source_port()),
        destination: SocketAddr::new(destination, tcp.destination_port()),
        ends: tcp.fin() || tcp.rst(),
        payload: tcp.payload(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use etherparse::{PacketBuilder, VlanId};

    /// A capture of one frame: Ethernet, IPv4, TCP with 12 bytes of options.
    fn capture(flags: u8, payload: &[u8]) -> Vec<u8> {
        // Magic number, version 2.4, no time zone, length of frames, Ethernet.
        let mut bytes = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0];
        bytes.extend([0; 8]);
        bytes.extend([0, 0, 1, 0, 1, 0, 0, 0]);
        bytes.extend(packet(flags, payload));
        bytes
    }

    fn packet(flags: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![0; 12];
        frame.extend([0x08, 0x00, 0x45, 0]);
        // The original frame was longer than its captured part.
        frame.extend(1500_u16.to_be_bytes());
        frame.extend([0; 5]);
        frame.extend([6, 0, 0, 192, 0, 2, 2, 192, 0, 2, 1]);
        frame.extend([0xc0, 0x00, 0x11, 0x44]);
        frame.extend([0; 8]);
        frame.extend([0x80, flags]);
        frame.extend([0; 18]);
        frame.extend(payload);
        record(&frame)
    }

    fn record(frame: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; 8];
        bytes.extend((frame.len() as u32).to_le_bytes());
        bytes.extend((frame.len() as u32).to_le_bytes());
        bytes.extend(frame);
        bytes
    }

    fn session(digests: (bool, bool), tls: bool, clear: usize) -> Session {
        Session {
            source: "192.0.2.2:49152".parse().unwrap_or_else(|_| unreachable!()),
            destination: "192.0.2.1:4420".parse().unwrap_or_else(|_| unreachable!()),
            header_digest: digests.0,
            data_digest: digests.1,
            tls,
            clear,
            ended: false,
        }
    }

    /// A command capsule without data: header and a Fabrics command.
    fn capsule() -> Vec<u8> {
        let mut pdu = vec![0; 72];
        pdu[..10].copy_from_slice(&[4, 0, 72, 0, 72, 0, 0, 0, 0x7f, 0x40]);
        pdu
    }

    #[test]
    fn a_connection_is_found_by_its_first_pdu() {
        let mut request = vec![0; 128];
        (request[2], request[4], request[11]) = (128, 128, 2);
        let bytes = capture(0x18, &request);
        let mut expected = session((false, true), false, 1);
        assert_eq!(parse(&bytes), [expected.clone()]);
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

    #[test]
    fn a_capsule_in_plain_text_is_found_wherever_it_begins() {
        let hello = [0x16, 3, 1, 0, 200, 1, 0, 0, 196];
        let secured = capture(0x18, &hello);
        assert_eq!(parse(&secured), [session((false, false), true, 0)]);
        for before in 0..100 {
            let payload = [vec![0x17; before], capsule(), capsule()].concat();
            let both = [secured.clone(), packet(0x18, &payload)].concat();
            assert_eq!(parse(&both), [session((false, false), true, 2)]);
            assert_eq!(parse(&capture(0x18, &payload)), [session((false, false), false, 2)]);
        }
        // A change in any of the bytes that identify a capsule hides it.
        for (at, value) in [(0, 5), (1, 4), (2, 24), (4, 71), (7, 1), (9, 0)] {
            let mut other = capsule();
            other[at] = value;
            assert_eq!(parse(&capture(0x18, &other)), [], "byte {at}");
        }
    }

    #[test]
    fn a_connection_over_a_vlan_and_ipv6_is_found() {
        let packet = PacketBuilder::ethernet2([2; 6], [4; 6])
            .single_vlan(VlanId::try_new(10).expect("a VLAN"))
            .ipv6([0xfd; 16], [0xfe; 16], 64)
            .tcp(49152, 4420, 1, 512)
            .fin();
        let mut frame = Vec::new();
        packet.write(&mut frame, &capsule()).expect("a vector takes it");
        let found = parse(&[capture(0x18, &[]), record(&frame)].concat());
        let wanted = Session {
            source: SocketAddr::new([0xfd; 16].into(), 49152),
            destination: SocketAddr::new([0xfe; 16].into(), 4420),
            ended: true,
            ..session((false, false), false, 1)
        };
        assert_eq!(found, [wanted]);
    }
}
