//! Writes and reads the two messages of stateless DHCPv6 (RFC 8415, section 8), byte by byte.

use super::Information;
use crate::net::dhcp6::options::{
    BOOT_FILE_URL, CLIENT_ID, DNS_SERVERS, DOMAIN_LIST, ELAPSED_TIME, INF_MAX_RT, NTP_SERVER, OPTION_REQUEST,
    REFRESH_TIME, SERVER_ID, addresses, all_options, push_option, time_servers,
};
use crate::net::domain_names::{Compression, domain_names};
use crate::net::usable::{LONGEST_PATH, MOST};
use libnbft::address::check_server;
use nom::Parser;
use nom::combinator::all_consuming;
use nom::number::complete::{be_u8, be_u24, be_u32};
use std::net::{IpAddr, Ipv6Addr};

const REPLY: u8 = 7;
const INFORMATION_REQUEST: u8 = 11;

const REQUESTED: [u16; 6] = [DNS_SERVERS, DOMAIN_LIST, REFRESH_TIME, NTP_SERVER, BOOT_FILE_URL, INF_MAX_RT];

/// Values that a server may name for the longest pause between two requests, in seconds (RFC 8415, section 21.25).
const LONGEST_PAUSES: std::ops::RangeInclusive<u32> = 60..=86_400;

/// An answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) information: Information,
    /// Seconds until it is to be asked for again, when the server says.
    pub(super) refresh: Option<u32>,
    /// Seconds of the longest pause between two requests, when the server says.
    pub(super) longest_pause: Option<u32>,
}

/// A request; `transaction` has 24 bits, `elapsed` counts hundredths of a second since the first one of this exchange.
pub(super) fn request(transaction: u32, duid: &[u8], elapsed: u16) -> Vec<u8> {
    let mut bytes = (u32::from(INFORMATION_REQUEST) << 24 | transaction & 0x00ff_ffff).to_be_bytes().to_vec();
    push_option(&mut bytes, CLIENT_ID, duid);
    push_option(&mut bytes, OPTION_REQUEST, &REQUESTED.map(u16::to_be_bytes).concat());
    push_option(&mut bytes, ELAPSED_TIME, &elapsed.to_be_bytes());
    bytes
}

/// The answer to the request with this transaction and DUID; `None` for any other message (section 16.10).
pub(super) fn reply(bytes: &[u8], transaction: u32, duid: &[u8], server: Ipv6Addr) -> Option<Reply> {
    let (bytes, (kind, of)) = (be_u8::<_, ()>, be_u24).parse(bytes).ok()?;
    let options = all_options(bytes)?;
    let find = |wanted| options.iter().find(|(code, _)| *code == wanted).map(|(_, content)| *content);
    let answers = kind == REPLY && of == transaction && find(CLIENT_ID) == Some(duid) && find(SERVER_ID).is_some();
    if !answers {
        return None;
    }
    let number = |code| all_consuming(be_u32::<_, ()>).parse(find(code)?).ok().map(|(_, number)| number);
    let url = find(BOOT_FILE_URL).map(|url| String::from_utf8_lossy(url).into_owned());
    let information = Information {
        server: server.into(),
        dns: find(DNS_SERVERS).map(servers).unwrap_or_default(),
        domains: find(DOMAIN_LIST).and_then(|names| domain_names(names, Compression::Forbidden)).unwrap_or_default(),
        ntp: find(NTP_SERVER).map(ntp).unwrap_or_default(),
        boot_file_url: url.filter(|url| (1..=LONGEST_PATH).contains(&url.len())),
    };
    let longest_pause = number(INF_MAX_RT).filter(|seconds| LONGEST_PAUSES.contains(seconds));
    Some(Reply { information, refresh: number(REFRESH_TIME), longest_pause })
}

/// Addresses of servers; those that no other host can have are left out.
fn servers(content: &[u8]) -> Vec<IpAddr> {
    addresses(content).map(IpAddr::V6).filter(|ip| check_server(*ip).is_ok()).take(MOST).collect()
}

/// Time servers; addresses that no other host can have are left out.
fn ntp(content: &[u8]) -> Vec<String> {
    let mut servers = time_servers(content);
    servers.retain(|server| server.parse().map_or(true, |ip| check_server(ip).is_ok()));
    servers
}

#[cfg(test)]
mod tests {
    use super::*;

    const DUID: [u8; 10] = [0, 3, 0, 1, 2, 0, 0, 0, 0, 1];
    const SERVER: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1);

    fn option(code: u8, content: &[u8]) -> Vec<u8> {
        [&[0, code, 0, content.len() as u8], content].concat()
    }

    fn message(kind: u8, options: &[Vec<u8>]) -> Vec<u8> {
        [&[kind, 1, 2, 3], options.concat().as_slice()].concat()
    }

    fn read(bytes: &[u8]) -> Option<Reply> {
        reply(bytes, 0x01_0203, &DUID, SERVER)
    }

    #[test]
    fn a_request_byte_by_byte() {
        let expected = [
            &[11, 1, 2, 3][..],
            &[0, 1, 0, 10, 0, 3, 0, 1, 2, 0, 0, 0, 0, 1],
            &[0, 6, 0, 12, 0, 23, 0, 24, 0, 32, 0, 56, 0, 59, 0, 83],
            &[0, 8, 0, 2, 0x01, 0x2c],
        ];
        assert_eq!(request(0x01_0203, &DUID, 300), expected.concat());
    }

    #[test]
    fn a_reply_whole() {
        let address = |last: u8| [0x20, 1, 0xd, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, last];
        let ntp = [option(1, &address(6)), option(2, &address(7)), option(3, b"\x03ntp\x07example\x00")].concat();
        let bytes = message(
            7,
            &[
                option(1, &DUID),
                option(2, &[0, 4, 9, 9]),
                option(23, &[address(4), address(5)].concat()),
                option(24, b"\x07example\x03org\x00\x01a\x00"),
                option(32, &[0, 0, 0x0e, 0x10]),
                option(56, &ntp),
                option(59, b"tftp://[2001:db8::9]/boot"),
                option(83, &[0, 0, 0, 120]),
                option(99, b"?"),
            ],
        );
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let information = Information {
            server: SERVER.into(),
            dns: vec![ip("2001:db8:1::4"), ip("2001:db8:1::5")],
            domains: vec!["example.org".into(), "a".into()],
            ntp: vec!["2001:db8:1::6".into(), "ntp.example".into()],
            boot_file_url: Some("tftp://[2001:db8::9]/boot".into()),
        };
        assert_eq!(read(&bytes), Some(Reply { information, refresh: Some(3600), longest_pause: Some(120) }));
        // Cut between two options, after both identifiers, it is still an answer; cut elsewhere it is none.
        let ends = (0..bytes.len()).filter(|end| read(&bytes[..*end]).is_some());
        assert_eq!(ends.collect::<Vec<_>>(), [26, 62, 82, 90, 151, 180, 188]);
    }

    #[test]
    fn what_is_no_answer_to_this_client() {
        let good = [option(1, &DUID), option(2, &[0, 4, 9, 9])];
        let nothing = Information {
            server: SERVER.into(),
            dns: Vec::new(),
            domains: Vec::new(),
            ntp: Vec::new(),
            boot_file_url: None,
        };
        let none = Some(Reply { information: nothing, refresh: None, longest_pause: None });
        assert_eq!(read(&message(7, &good)), none);
        let others = [
            ("an advertisement", message(2, &good)),
            ("no server", message(7, &good[..1])),
            ("no client", message(7, &good[1..])),
            ("another client", message(7, &[option(1, &[0, 3, 0, 1, 9]), good[1].clone()])),
            ("bytes behind", [message(7, &good), vec![0]].concat()),
            ("nothing", Vec::new()),
        ];
        for (what, bytes) in others {
            assert_eq!(read(&bytes), None, "{what}");
        }
        assert_eq!(reply(&message(7, &good), 0x01_0204, &DUID, SERVER), None, "another transaction");
    }

    #[test]
    fn values_that_cannot_be() {
        let with = |code, content: &[u8]| {
            read(&message(7, &[option(1, &DUID), option(2, &[9]), option(code, content)])).unwrap()
        };
        assert_eq!(with(23, &[0x20; 17]).information.dns.len(), 1, "the rest is no address");
        // Compressed, not ended, cut short, not text.
        for names in [&b"\x01a\xc0\x00"[..], b"\x01a", b"\x05a\x00", b"\x01\xff\x00"] {
            assert_eq!(with(24, names).information.domains, [""; 0], "{names:?}");
        }
        assert_eq!(with(24, b"\x00\x01a\x00").information.domains, ["a"]);
        assert_eq!(with(32, &[1, 2, 3]).refresh, None);
        assert_eq!(with(83, &59_u32.to_be_bytes()).longest_pause, None);
        assert_eq!(with(83, &86_401_u32.to_be_bytes()).longest_pause, None);
        assert_eq!(with(56, &[0, 1, 0, 99]).information.ntp, [""; 0]);
        assert_eq!(with(59, b"").information.boot_file_url, None);
    }
}
