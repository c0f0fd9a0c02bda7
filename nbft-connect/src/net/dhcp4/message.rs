//! Writes and reads DHCPv4's messages, byte by byte (RFC 2131, section 2).

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

/// Option codes (RFC 2132; 77: RFC 3004; 119: RFC 3397; 121: RFC 3442; 249: the same, as Microsoft has it).
pub(super) const SUBNET_MASK: u8 = 1;
pub(super) const ROUTER: u8 = 3;
pub(super) const DNS_SERVERS: u8 = 6;
pub(super) const HOST_NAME: u8 = 12;
pub(super) const DOMAIN_NAME: u8 = 15;
pub(super) const ROOT_PATH: u8 = 17;
pub(super) const MTU: u8 = 26;
pub(super) const NTP_SERVERS: u8 = 42;
const REQUESTED_ADDRESS: u8 = 50;
pub(super) const LEASE_TIME: u8 = 51;
const OVERLOAD: u8 = 52;
const MESSAGE_TYPE: u8 = 53;
pub(super) const SERVER_ID: u8 = 54;
const PARAMETER_LIST: u8 = 55;
pub(super) const RENEWAL_TIME: u8 = 58;
pub(super) const REBINDING_TIME: u8 = 59;
pub(super) const VENDOR_CLASS: u8 = 60;
const CLIENT_ID: u8 = 61;
pub(super) const USER_CLASS: u8 = 77;
pub(super) const DOMAIN_SEARCH: u8 = 119;
pub(super) const CLASSLESS_ROUTES: u8 = 121;
pub(super) const MICROSOFT_ROUTES: u8 = 249;
const PAD: u8 = 0;
const END: u8 = 255;

const REQUESTED: [u8; 11] = [
    SUBNET_MASK,
    ROUTER,
    DNS_SERVERS,
    HOST_NAME,
    DOMAIN_NAME,
    ROOT_PATH,
    MTU,
    NTP_SERVERS,
    DOMAIN_SEARCH,
    CLASSLESS_ROUTES,
    MICROSOFT_ROUTES,
];

const DISCOVER: u8 = 1;
const OFFER: u8 = 2;
const REQUEST: u8 = 3;
const ACK: u8 = 5;
const NAK: u8 = 6;

const BOOT_REQUEST: u8 = 1;
const BOOT_REPLY: u8 = 2;

/// Where the fields lie: before `sname`, `sname` itself, `file`, the cookie.
const FIXED: usize = 44;
const SERVER_NAME: usize = 64;
const FILE: usize = 128;
const COOKIE: [u8; 4] = [99, 130, 83, 99];

/// Relays and old servers drop a shorter message (RFC 1542, section 2.1).
const SHORTEST: usize = 300;

/// What is asked of which server (RFC 2131, section 4.3.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Request {
    /// DHCPDISCOVER.
    Discover,
    /// DHCPREQUEST of firmware's address (INIT-REBOOT).
    Reboot { address: Ipv4Addr },
    /// DHCPREQUEST of what a server has offered.
    Select { address: Ipv4Addr, server: Ipv4Addr },
    /// DHCPREQUEST of the address that the client has (RENEWING, REBINDING).
    Extend { address: Ipv4Addr },
}

/// The client that asks.
#[derive(Debug)]
pub(super) struct Sender {
    pub(super) mac: [u8; 6],
    /// The client identifier with its type.
    pub(super) client_id: Vec<u8>,
    /// Options by which it describes itself.
    pub(super) options: Vec<(u8, Vec<u8>)>,
}

/// A message to a server; `seconds` have passed since the first one of this exchange.
pub(super) fn request(request: Request, transaction: u32, seconds: u16, sender: &Sender) -> Vec<u8> {
    let own = match request {
        Request::Extend { address } => address,
        _ => Ipv4Addr::UNSPECIFIED,
    };
    let mut bytes = vec![BOOT_REQUEST, super::super::dhcp_identity::ETHERNET, sender.mac.len() as u8, 0];
    bytes.extend(transaction.to_be_bytes());
    bytes.extend(seconds.to_be_bytes());
    // Without the broadcast flag: the packet socket also receives packets to an address that is not set yet.
    bytes.extend([0, 0]);
    bytes.extend(own.octets());
    bytes.extend([0; 12]);
    bytes.extend(sender.mac);
    bytes.resize(FIXED + SERVER_NAME + FILE, 0);
    bytes.extend(COOKIE);
    let mut option = |code: u8, content: &[u8]| {
        // Longer contents go into several options of one code (RFC 3396).
        for part in content.chunks(255) {
            bytes.extend([code, part.len() as u8]);
            bytes.extend(part);
        }
    };
    option(MESSAGE_TYPE, &[if request == Request::Discover { DISCOVER } else { REQUEST }]);
    match request {
        Request::Reboot { address } => option(REQUESTED_ADDRESS, &address.octets()),
        Request::Select { address, server } => {
            option(REQUESTED_ADDRESS, &address.octets());
            if !server.is_unspecified() {
                option(SERVER_ID, &server.octets());
            }
        }
        Request::Discover | Request::Extend { .. } => {}
    }
    option(PARAMETER_LIST, &REQUESTED);
    option(CLIENT_ID, &sender.client_id);
    for (code, content) in &sender.options {
        option(*code, content);
    }
    bytes.push(END);
    bytes.resize(bytes.len().max(SHORTEST), PAD);
    bytes
}

/// What a server does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReplyKind {
    Offer,
    Ack,
    Nak,
}

/// A message from a server.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) kind: ReplyKind,
    /// The address that it offers or grants.
    pub(super) address: Ipv4Addr,
    /// The next server (`siaddr`).
    pub(super) next_server: Ipv4Addr,
    options: BTreeMap<u8, Vec<u8>>,
}

impl Reply {
    /// The content of an option.
    pub(super) fn option(&self, code: u8) -> Option<&[u8]> {
        self.options.get(&code).map(Vec::as_slice)
    }

    /// The server's identifier, else the next server.
    pub(super) fn server(&self) -> Ipv4Addr {
        self.option(SERVER_ID).and_then(address).unwrap_or(self.next_server)
    }
}

/// The reply to this transaction; `None` for any other message. Options after a truncated one are left out.
pub(super) fn reply(bytes: &[u8], transaction: u32) -> Option<Reply> {
    let (fixed, rest) = bytes.split_first_chunk::<FIXED>()?;
    let (server_name, rest) = rest.split_first_chunk::<SERVER_NAME>()?;
    let (file, rest) = rest.split_first_chunk::<FILE>()?;
    let field = rest.strip_prefix(&COOKIE)?;
    if fixed[0] != BOOT_REPLY || fixed[4..8] != transaction.to_be_bytes() {
        return None;
    }
    let mut options = BTreeMap::new();
    read_options(field, &mut options);
    // The other two fields may hold options too (RFC 2132, section 9.3), in this order (RFC 3396, section 5).
    let overload = options.get(&OVERLOAD).and_then(|content| content.first().copied()).unwrap_or(0);
    if overload & 1 != 0 {
        read_options(file, &mut options);
    }
    if overload & 2 != 0 {
        read_options(server_name, &mut options);
    }
    let kind = match options.get(&MESSAGE_TYPE)?.as_slice() {
        [OFFER] => ReplyKind::Offer,
        [ACK] => ReplyKind::Ack,
        [NAK] => ReplyKind::Nak,
        _ => return None,
    };
    let address = |at: usize| address(&fixed[at..at + 4]).unwrap_or(Ipv4Addr::UNSPECIFIED);
    Some(Reply { kind, address: address(16), next_server: address(20), options })
}

fn read_options(field: &[u8], options: &mut BTreeMap<u8, Vec<u8>>) {
    let mut rest = field;
    while let [code, after @ ..] = rest {
        match (*code, after) {
            (PAD, _) => rest = after,
            (END, _) => return,
            (code, [length, after @ ..]) => {
                let Some((content, after)) = after.split_at_checked(usize::from(*length)) else { return };
                options.entry(code).or_default().extend_from_slice(content);
                rest = after;
            }
            _ => return,
        }
    }
}

/// The address that an option begins with.
pub(super) fn address(content: &[u8]) -> Option<Ipv4Addr> {
    content.first_chunk::<4>().map(|octets| Ipv4Addr::from(*octets))
}

/// The addresses that an option holds; surplus bytes at the end are ignored.
pub(super) fn addresses(content: &[u8]) -> impl Iterator<Item = Ipv4Addr> {
    content.chunks_exact(4).filter_map(address)
}

/// An option's four bytes as a number; 0 for any other length.
pub(super) fn seconds(content: Option<&[u8]>) -> u32 {
    content.and_then(|content| content.try_into().ok()).map_or(0, u32::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAC: [u8; 6] = [2, 0, 0, 0, 0, 1];
    const SERVER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
    const OWN: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 77);

    fn sender() -> Sender {
        Sender { mac: MAC, client_id: [&[1][..], &MAC].concat(), options: Vec::new() }
    }

    fn answer(options: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; FIXED + SERVER_NAME + FILE];
        bytes[0] = BOOT_REPLY;
        bytes[4..8].copy_from_slice(&[1, 2, 3, 4]);
        bytes[16..20].copy_from_slice(&OWN.octets());
        bytes[20..24].copy_from_slice(&[192, 0, 2, 9]);
        [&bytes[..], &COOKIE, options].concat()
    }

    fn read(bytes: &[u8]) -> Option<Reply> {
        reply(bytes, 0x0102_0304)
    }

    #[test]
    fn requests_byte_by_byte() {
        let list = [&[55, 11][..], &REQUESTED].concat();
        let id = [61, 7, 1, 2, 0, 0, 0, 0, 1, 255];
        let asked = [50, 4, 192, 0, 2, 77];
        let none = [0; 4];
        for (kind, own, expected) in [
            (Request::Discover, none, vec![53, 1, 1]),
            (Request::Reboot { address: OWN }, none, [&[53, 1, 3][..], &asked].concat()),
            (
                Request::Select { address: OWN, server: SERVER },
                none,
                [&[53, 1, 3][..], &asked, &[54, 4, 192, 0, 2, 1]].concat(),
            ),
            (Request::Select { address: OWN, server: Ipv4Addr::UNSPECIFIED }, none, [&[53, 1, 3][..], &asked].concat()),
            (Request::Extend { address: OWN }, OWN.octets(), vec![53, 1, 3]),
        ] {
            let bytes = request(kind, 0x0102_0304, 7, &sender());
            assert_eq!(bytes[..12], [1, 1, 6, 0, 1, 2, 3, 4, 0, 7, 0, 0], "{kind:?}");
            assert_eq!((&bytes[12..16], &bytes[16..28]), (&own[..], &[0; 12][..]), "{kind:?}");
            assert_eq!((&bytes[28..34], &bytes[34..236]), (&MAC[..], &[0; 202][..]), "{kind:?}");
            let options = [&COOKIE[..], &expected, &list, &id].concat();
            assert_eq!(bytes[236..236 + options.len()], options, "{kind:?}");
            assert!(bytes.len() == SHORTEST && bytes[236 + options.len()..].iter().all(|byte| *byte == PAD));
        }
        let long = Sender { mac: MAC, client_id: vec![9; 300], options: Vec::new() };
        let bytes = request(Request::Discover, 1, 0, &long);
        let [first, second] = [[&[61, 255][..], &[9; 255]].concat(), [&[61, 45][..], &[9; 45]].concat()];
        assert!(bytes.ends_with(&[first, second, vec![END]].concat()));
    }

    #[test]
    fn replies() {
        for (kind, expected) in [(2, ReplyKind::Offer), (5, ReplyKind::Ack), (6, ReplyKind::Nak)] {
            let reply = read(&answer(&[53, 1, kind, 0, 54, 4, 192, 0, 2, 1, 255, 51, 1, 1])).unwrap();
            assert_eq!((reply.kind, reply.address, reply.server()), (expected, OWN, SERVER));
            assert_eq!(reply.option(LEASE_TIME), None, "behind the end");
        }
        // No server identifier, or half of one.
        for options in [&[53, 1, 5][..], &[53, 1, 5, 54, 2, 192, 0]] {
            assert_eq!(read(&answer(options)).unwrap().server(), Ipv4Addr::new(192, 0, 2, 9));
        }
        // In several options, and in the fields before.
        let mut bytes = answer(&[53, 1, 5, 17, 2, b'a', b'b', 52, 1, 3, 17, 1, b'c', 255]);
        bytes[FIXED..FIXED + 4].copy_from_slice(&[17, 1, b'e', 255]);
        bytes[FIXED + SERVER_NAME..FIXED + SERVER_NAME + 4].copy_from_slice(&[17, 1, b'd', 255]);
        assert_eq!(read(&bytes).unwrap().option(ROOT_PATH), Some(&b"abcde"[..]));
        // A truncated option is lost; the others remain.
        let reply = read(&answer(&[53, 1, 5, 26, 2, 5, 220, 15, 9, b'x'])).unwrap();
        assert_eq!((reply.option(MTU), reply.option(DOMAIN_NAME)), (Some(&[5, 220][..]), None));
    }

    #[test]
    fn what_is_no_reply_to_this_client() {
        let good = answer(&[53, 1, 5]);
        assert!(read(&good).is_some());
        let with = |at: usize, byte: u8| {
            let mut other = good.clone();
            other[at] = byte;
            other
        };
        for (what, bytes) in [
            ("a request", with(0, 1)),
            ("another transaction", with(7, 5)),
            ("no cookie", with(236, 0)),
            ("an inquiry", with(242, 8)),
            ("no kind", answer(&[])),
            ("a kind of two bytes", answer(&[53, 2, 5, 5])),
            ("nothing", Vec::new()),
        ] {
            assert_eq!(read(&bytes), None, "{what}");
        }
        for end in 0..good.len() {
            assert_eq!(read(&good[..end]), None, "cut at {end}");
        }
    }

    #[test]
    fn numbers_and_addresses() {
        assert_eq!(seconds(Some(&[0, 0, 14, 16])), 3600);
        for none in [None, Some(&[0, 0, 14][..]), Some(&[0, 0, 0, 14, 16])] {
            assert_eq!(seconds(none), 0);
        }
        assert_eq!(addresses(&[192, 0, 2, 1, 192, 0, 2]).collect::<Vec<_>>(), [SERVER]);
    }
}
