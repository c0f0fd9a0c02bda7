//! Adds and removes the IPv4 and UDP headers of DHCPv4 messages, for a link that has no address yet.

use std::net::Ipv4Addr;

pub(in crate::net) const CLIENT_PORT: u16 = 68;
pub(in crate::net) const SERVER_PORT: u16 = 67;

/// Bytes of the two headers.
const IP_HEADER: usize = 20;
const UDP_HEADER: usize = 8;

const UDP: u8 = 17;
const TIME_TO_LIVE: u8 = 64;

/// A packet to every server of the link (RFC 791, section 3.1; RFC 768).
pub(super) fn to_all(source: Ipv4Addr, message: &[u8]) -> Vec<u8> {
    let destination = Ipv4Addr::BROADCAST;
    // A request has some hundred bytes.
    let udp_length = ((UDP_HEADER + message.len()) as u16).to_be_bytes();
    let total = ((IP_HEADER + UDP_HEADER + message.len()) as u16).to_be_bytes();
    let addresses = [source.octets(), destination.octets()].concat();
    let mut ip = [&[0x45, 0][..], &total, &[0, 0, 0, 0, TIME_TO_LIVE, UDP, 0, 0], &addresses].concat();
    let sum = checksum(&ip);
    ip[10..12].copy_from_slice(&sum);
    let mut udp = [&CLIENT_PORT.to_be_bytes()[..], &SERVER_PORT.to_be_bytes(), &udp_length, &[0, 0], message].concat();
    let sum = checksum(&[&addresses[..], &[0, UDP], &udp_length, &udp].concat());
    // 0 would mean that there is no checksum.
    udp[6..8].copy_from_slice(if sum == [0, 0] { &[0xff, 0xff] } else { &sum });
    [ip, udp].concat()
}

/// The message in a packet to the client's port. Checksums are not verified: Ethernet protects the packet, and one from this machine may
/// have none yet.
pub(in crate::net) fn message(packet: &[u8]) -> Option<&[u8]> {
    let total = usize::from(u16::from_be_bytes([*packet.get(2)?, *packet.get(3)?]));
    let packet = packet.get(..total)?;
    let header = usize::from(packet.first()? & 0x0f) * 4;
    let (ip, udp) = packet.split_at_checked(header.max(IP_HEADER))?;
    // More fragments follow, or this is not the first.
    let is_fragment = u16::from_be_bytes([ip[6], ip[7]]) & 0x3fff != 0;
    if ip[0] >> 4 != 4 || ip[9] != UDP || is_fragment {
        return None;
    }
    let (udp, message) = udp.split_first_chunk::<UDP_HEADER>()?;
    let length = usize::from(u16::from_be_bytes([udp[4], udp[5]]));
    let is_for_client = u16::from_be_bytes([udp[2], udp[3]]) == CLIENT_PORT;
    message.get(..length.checked_sub(UDP_HEADER)?).filter(|_| is_for_client)
}

/// The Internet's checksum (RFC 1071).
fn checksum(bytes: &[u8]) -> [u8; 2] {
    let words = bytes.chunks(2).map(|word| u32::from(word[0]) << 8 | u32::from(word.get(1).copied().unwrap_or(0)));
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    (!(sum as u16)).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A packet from a server.
    fn packet(message: &[u8]) -> Vec<u8> {
        let mut packet = to_all(Ipv4Addr::new(192, 0, 2, 1), message);
        packet[20..24].copy_from_slice(&[0, 67, 0, 68]);
        packet
    }

    #[test]
    fn a_packet_byte_by_byte() {
        let expected = [
            &[0x45, 0, 0, 31, 0, 0, 0, 0, 64, 17, 0x7a, 0xcf, 0, 0, 0, 0, 255, 255, 255, 255][..],
            &[0, 68, 0, 67, 0, 11, 0x37, 0xe9, b'd', b'h', b'c'],
        ]
        .concat();
        let packet = to_all(Ipv4Addr::UNSPECIFIED, b"dhc");
        assert_eq!(packet, expected);
        assert_eq!(checksum(&packet[..20]), [0, 0], "the sum over a header with its checksum");
    }

    #[test]
    fn the_message_of_a_packet() {
        let good = packet(b"message");
        assert_eq!(message(&good), Some(&b"message"[..]));
        assert_eq!(message(&[&good[..], &[0; 20]].concat()), Some(&b"message"[..]), "Ethernet's padding");
        let with_options = [&[0x46][..], &[0, 0, 39], &good[4..20], &[1; 4], &good[20..]].concat();
        assert_eq!(message(&with_options), Some(&b"message"[..]));
        for end in 0..good.len() {
            assert_eq!(message(&good[..end]), None, "cut at {end}");
        }
        for (what, at, byte) in [
            ("IPv6", 0, 0x65),
            ("a header of the whole packet", 0, 0x4f),
            ("TCP", 9, 6),
            ("a first fragment", 6, 0x20),
            ("a later fragment", 7, 1),
            ("another port", 23, 67),
            ("less than a header", 25, 7),
            ("more than there is", 25, 99),
        ] {
            let mut other = good.clone();
            other[at] = byte;
            assert_eq!(message(&other), None, "{what}");
        }
    }
}
