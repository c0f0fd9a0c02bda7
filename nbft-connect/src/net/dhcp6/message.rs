//! Writes and reads the messages by which DHCPv6 grants an address, byte by byte (RFC 8415, section 8).

use super::options::{
    ADDRESS, ASSOCIATION, BOOT_FILE_URL, CLIENT_ID, DNS_SERVERS, DOMAIN_LIST, ELAPSED_TIME, NTP_SERVER, OPTION_REQUEST,
    Options, SERVER_ID, SERVER_UNICAST, SOL_MAX_RT, STATUS, push_option, readable_options,
};
use nom::Parser;
use nom::combinator::rest;
use nom::number::complete::{be_u8, be_u16, be_u24, be_u32, be_u128};
use std::net::Ipv6Addr;

const ADVERTISE: u8 = 2;
const REPLY: u8 = 7;

/// A client must request SOL_MAX_RT (section 18.2.1), though no exchange here lasts that long.
const REQUESTED: [u16; 5] = [DNS_SERVERS, DOMAIN_LIST, NTP_SERVER, BOOT_FILE_URL, SOL_MAX_RT];

/// What is asked of whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Request {
    /// Solicit: who offers an address?
    Solicit,
    /// Request: what a server has offered.
    Select { server: Vec<u8>, address: Ipv6Addr },
    /// Renew: the address that the server granted.
    Renew { server: Vec<u8>, address: Ipv6Addr },
    /// Rebind: the same, of any server.
    Rebind { address: Ipv6Addr },
}

impl Request {
    const fn code(&self) -> u8 {
        match self {
            Self::Solicit => 1,
            Self::Select { .. } => 3,
            Self::Renew { .. } => 5,
            Self::Rebind { .. } => 6,
        }
    }

    /// The address that is asked for.
    pub(super) const fn address(&self) -> Option<Ipv6Addr> {
        match self {
            Self::Solicit => None,
            Self::Select { address, .. } | Self::Renew { address, .. } | Self::Rebind { address } => Some(*address),
        }
    }
}

/// The client: its DUID as it goes over the wire, and the number of its association.
#[derive(Debug)]
pub(super) struct Sender {
    pub(super) duid: Vec<u8>,
    pub(super) iaid: u32,
    /// Options by which it describes itself.
    pub(super) options: Vec<(u16, Vec<u8>)>,
}

/// A message to the servers; `transaction` has 24 bits, `elapsed` counts hundredths of a second since the first one of this
/// exchange.
pub(super) fn request(request: &Request, transaction: u32, elapsed: u16, sender: &Sender) -> Vec<u8> {
    let mut bytes = (u32::from(request.code()) << 24 | transaction & 0x00ff_ffff).to_be_bytes().to_vec();
    push_option(&mut bytes, CLIENT_ID, &sender.duid);
    if let Request::Select { server, .. } | Request::Renew { server, .. } = request {
        push_option(&mut bytes, SERVER_ID, server);
    }
    // T1, T2 and the lifetimes are the server's to choose (section 21.4).
    let mut association = [&sender.iaid.to_be_bytes()[..], &[0; 8]].concat();
    if let Some(address) = request.address() {
        push_option(&mut association, ADDRESS, &[&address.octets()[..], &[0; 8]].concat());
    }
    push_option(&mut bytes, ASSOCIATION, &association);
    push_option(&mut bytes, OPTION_REQUEST, &REQUESTED.map(u16::to_be_bytes).concat());
    push_option(&mut bytes, ELAPSED_TIME, &elapsed.to_be_bytes());
    for (code, content) in &sender.options {
        push_option(&mut bytes, *code, content);
    }
    bytes
}

/// What a server does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReplyKind {
    Advertise,
    Reply,
}

/// An address with its lifetimes in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Offered {
    pub(super) address: Ipv6Addr,
    pub(super) preferred: u32,
    pub(super) valid: u32,
}

/// A message from a server to this client.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reply<'a> {
    pub(super) kind: ReplyKind,
    pub(super) server: &'a [u8],
    /// Why the server grants nothing, as its code says (section 21.13); 0 on success.
    pub(super) status: u16,
    /// T1 and T2 in seconds, as the server names them.
    pub(super) times: (u32, u32),
    /// Addresses that can be used.
    pub(super) offered: Vec<Offered>,
    /// A sentence for each address that cannot.
    pub(super) findings: Vec<String>,
    options: Options<'a>,
}

impl<'a> Reply<'a> {
    /// The content of an option.
    pub(super) fn option(&self, code: u16) -> Option<&'a [u8]> {
        find(&self.options, code)
    }

    /// The server's own address, if it accepts unicast.
    pub(super) fn server_address(&self) -> Ipv6Addr {
        let octets = self.option(SERVER_UNICAST).and_then(|content| content.first_chunk::<16>());
        octets.map_or(Ipv6Addr::UNSPECIFIED, |octets| Ipv6Addr::from(*octets))
    }
}

fn find<'a>(options: &Options<'a>, wanted: u16) -> Option<&'a [u8]> {
    options.iter().find(|(code, _)| *code == wanted).map(|(_, content)| *content)
}

/// The reply to this transaction of this client; `None` for any other message (sections 16.3 and 16.10). Options after a truncated one are
/// left out.
pub(super) fn reply<'a>(bytes: &'a [u8], transaction: u32, sender: &Sender) -> Option<Reply<'a>> {
    let (bytes, (kind, of)) = (be_u8::<_, ()>, be_u24).parse(bytes).ok()?;
    let kind = match kind {
        ADVERTISE => ReplyKind::Advertise,
        REPLY => ReplyKind::Reply,
        _ => return None,
    };
    let options = readable_options(bytes);
    let server = find(&options, SERVER_ID).filter(|server| !server.is_empty())?;
    if of != transaction || find(&options, CLIENT_ID) != Some(&sender.duid) {
        return None;
    }
    let associations = options.iter().filter(|(code, _)| *code == ASSOCIATION);
    let own = associations.filter_map(|(_, content)| association(content)).find(|(iaid, ..)| *iaid == sender.iaid);
    let (_, times, own) = own.unwrap_or_default();
    let status = [&options, &own].into_iter().map(status).find(|status| *status != 0).unwrap_or(0);
    let mut reply = Reply { kind, server, status, times, offered: Vec::new(), findings: Vec::new(), options };
    if status == 0 {
        own.iter().filter(|(code, _)| *code == ADDRESS).for_each(|(_, content)| reply.take(content));
    }
    Some(reply)
}

impl Reply<'_> {
    /// Takes in an address of the association, if it is one that can be used.
    fn take(&mut self, content: &[u8]) {
        let address = (be_u128::<_, ()>.map(Ipv6Addr::from_bits), be_u32, be_u32, rest).parse(content);
        let Ok((_, (address, preferred, valid, inner))) = address else { return };
        if preferred > valid {
            // Section 21.6.
            self.findings
                .push(format!("{address} is not used: it is preferred for {preferred} s and valid for {valid} s"));
        } else if valid != 0 && status(&readable_options(inner)) == 0 {
            self.offered.push(Offered { address, preferred, valid });
        }
    }
}

/// An association's number, T1 and T2, and options.
fn association(content: &[u8]) -> Option<(u32, (u32, u32), Options<'_>)> {
    let (inner, (iaid, times)) = (be_u32::<_, ()>, (be_u32, be_u32)).parse(content).ok()?;
    Some((iaid, times, readable_options(inner)))
}

/// The status among these options; none means success (section 21.13).
fn status(options: &Options<'_>) -> u16 {
    let code = find(options, STATUS).map(|content| be_u16::<_, ()>.parse(content));
    code.and_then(Result::ok).map_or(0, |(_, code)| code)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DUID: [u8; 4] = [0, 3, 9, 9];
    const SERVER: [u8; 3] = [0, 4, 7];
    const OWN: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 1, 0, 0, 0, 0, 0x99);

    fn sender() -> Sender {
        Sender { duid: DUID.to_vec(), iaid: 5, options: Vec::new() }
    }

    fn option(code: u8, content: &[u8]) -> Vec<u8> {
        [&[0, code, 0, content.len() as u8], content].concat()
    }

    fn message(kind: u8, options: &[Vec<u8>]) -> Vec<u8> {
        [&[kind, 1, 2, 3], options.concat().as_slice()].concat()
    }

    fn address(last: u8, preferred: u8, valid: u8, inner: &[u8]) -> Vec<u8> {
        let mut octets = OWN.octets();
        octets[15] = last;
        option(5, &[&octets[..], &[0, 0, 0, preferred, 0, 0, 0, valid], inner].concat())
    }

    fn association(iaid: u8, options: &[Vec<u8>]) -> Vec<u8> {
        option(3, &[&[0, 0, 0, iaid, 0, 0, 0, 10, 0, 0, 0, 20], options.concat().as_slice()].concat())
    }

    fn read(bytes: &[u8]) -> Option<Reply<'_>> {
        reply(bytes, 0x01_0203, &sender())
    }

    fn ids() -> [Vec<u8>; 2] {
        [option(1, &DUID), option(2, &SERVER)]
    }

    #[test]
    fn requests_byte_by_byte() {
        let (server, address) = (SERVER.to_vec(), OWN);
        let [client_id, server_id] = ids();
        let empty = option(3, &[0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0]);
        let own = option(5, &[&OWN.octets()[..], &[0; 8]].concat());
        let held = option(3, &[&[0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0], own.as_slice()].concat());
        let end = [option(6, &[0, 23, 0, 24, 0, 56, 0, 59, 0, 82]), option(8, &[1, 2])].concat();
        for (asked, kind, options) in [
            (Request::Solicit, 1, vec![&client_id, &empty]),
            (Request::Select { server: server.clone(), address }, 3, vec![&client_id, &server_id, &held]),
            (Request::Renew { server, address }, 5, vec![&client_id, &server_id, &held]),
            (Request::Rebind { address }, 6, vec![&client_id, &held]),
        ] {
            let options: Vec<u8> = options.into_iter().flatten().copied().chain(end.clone()).collect();
            let expected = [&[kind, 1, 2, 3], options.as_slice()].concat();
            assert_eq!(request(&asked, 0x01_0203, 0x0102, &sender()), expected, "{asked:?}");
        }
    }

    #[test]
    fn a_reply_whole() {
        let [client_id, server_id] = ids();
        let others = association(6, &[address(1, 1, 1, &[])]);
        let own = association(5, &[address(0x99, 30, 40, &[])]);
        let unicast = option(12, &OWN.octets());
        let bytes = message(7, &[client_id, server_id, others, own, unicast, option(59, b"url")]);
        let reply = read(&bytes).unwrap();
        assert_eq!((reply.kind, reply.server, reply.status), (ReplyKind::Reply, &SERVER[..], 0));
        assert_eq!(reply.times, (10, 20));
        assert_eq!(reply.offered, [Offered { address: OWN, preferred: 30, valid: 40 }]);
        assert_eq!((reply.server_address(), reply.option(59)), (OWN, Some(&b"url"[..])));
        // A truncated option is lost; the others remain.
        let cut = read(&bytes[..bytes.len() - 1]).unwrap();
        assert_eq!((&cut.offered, cut.option(59)), (&reply.offered, None));
    }

    #[test]
    fn addresses_that_cannot_be_used_are_left_out() {
        let [client_id, server_id] = ids();
        let failed = option(13, &[0, 2]);
        let all = [
            address(1, 50, 40, &[]),
            address(2, 0, 0, &[]),
            address(3, 30, 40, &failed),
            option(5, &[1; 20]),
            address(0x99, 30, 40, &option(13, &[0, 0, b'o', b'k'])),
        ];
        let bytes = message(2, &[client_id, server_id, association(5, &all)]);
        let reply = read(&bytes).unwrap();
        assert_eq!(reply.kind, ReplyKind::Advertise);
        assert_eq!(reply.offered.iter().map(|offered| offered.address).collect::<Vec<_>>(), [OWN]);
        assert_eq!(reply.findings, ["2001:db8:1::1 is not used: it is preferred for 50 s and valid for 40 s"]);
    }

    #[test]
    fn a_server_that_refuses_says_why() {
        let good = || address(0x99, 30, 40, &[]);
        let failed = || option(13, &[0, 3, b'n', b'o']);
        for options in [vec![association(5, &[failed(), good()])], vec![failed(), association(5, &[good()])]] {
            let bytes = message(7, &[&ids()[..], &options].concat());
            let reply = read(&bytes).unwrap();
            assert_eq!((reply.status, reply.offered), (3, Vec::new()));
        }
        let bytes = message(7, &ids());
        assert_eq!(read(&bytes).unwrap().offered, []);
    }

    #[test]
    fn what_is_no_reply_to_this_client() {
        let [client_id, server_id] = ids();
        let good = || [client_id.clone(), server_id.clone()];
        assert!(read(&message(7, &good())).is_some());
        for (what, bytes) in [
            ("a solicitation", message(1, &good())),
            ("no server", message(7, &good()[..1])),
            ("a server without a name", message(7, &[client_id.clone(), option(2, &[])])),
            ("no client", message(7, &good()[1..])),
            ("another client", message(7, &[option(1, &[9]), server_id.clone()])),
            ("nothing", Vec::new()),
        ] {
            assert_eq!(read(&bytes), None, "{what}");
        }
        assert_eq!(reply(&message(7, &good()), 0x01_0204, &sender()), None, "another transaction");
    }
}
