//! Reads and writes DHCPv6's options (RFC 8415, section 21).

use crate::net::domain_names::{Compression, domain_names};
use crate::net::usable::MOST;
use nom::Parser;
use nom::combinator::all_consuming;
use nom::multi::{length_data, many0};
use nom::number::complete::be_u16;
use std::net::Ipv6Addr;

/// Option codes (RFC 8415, section 21; RFC 3646; RFC 4704; RFC 5908; RFC 5970).
pub(in crate::net) const CLIENT_ID: u16 = 1;
pub(in crate::net) const SERVER_ID: u16 = 2;
pub(super) const ASSOCIATION: u16 = 3;
pub(super) const ADDRESS: u16 = 5;
pub(in crate::net) const OPTION_REQUEST: u16 = 6;
pub(in crate::net) const ELAPSED_TIME: u16 = 8;
pub(super) const SERVER_UNICAST: u16 = 12;
pub(super) const STATUS: u16 = 13;
pub(super) const USER_CLASS: u16 = 15;
pub(super) const VENDOR_CLASS: u16 = 16;
pub(in crate::net) const DNS_SERVERS: u16 = 23;
pub(in crate::net) const DOMAIN_LIST: u16 = 24;
pub(in crate::net) const REFRESH_TIME: u16 = 32;
pub(super) const CLIENT_FQDN: u16 = 39;
pub(in crate::net) const NTP_SERVER: u16 = 56;
pub(in crate::net) const BOOT_FILE_URL: u16 = 59;
pub(super) const SOL_MAX_RT: u16 = 82;
pub(in crate::net) const INF_MAX_RT: u16 = 83;

/// Suboptions of [`NTP_SERVER`]: an address, and a name.
const NTP_ADDRESS: u16 = 1;
const NTP_NAME: u16 = 3;

/// Options by code, in order.
pub(in crate::net) type Options<'a> = Vec<(u16, &'a [u8])>;

/// The options that fill `bytes` exactly.
pub(in crate::net) fn all_options(bytes: &[u8]) -> Option<Options<'_>> {
    all_consuming(many0((be_u16::<_, ()>, length_data(be_u16)))).parse(bytes).ok().map(|(_, options)| options)
}

/// The options before the first truncated one.
pub(super) fn readable_options(bytes: &[u8]) -> Options<'_> {
    let (mut options, mut rest) = (Vec::new(), bytes);
    while let Some(([c0, c1, l0, l1], after)) = rest.split_first_chunk() {
        let length = u16::from_be_bytes([*l0, *l1]).into();
        let Some((content, after)) = after.split_at_checked(length) else { break };
        options.push((u16::from_be_bytes([*c0, *c1]), content));
        rest = after;
    }
    options
}

/// Appends an option; truncates content that is too long for one.
pub(in crate::net) fn push_option(bytes: &mut Vec<u8>, code: u16, content: &[u8]) {
    // A DUID has at most 130 bytes (section 11.1), the others fewer; a longer one is the table's mistake.
    let content = &content[..content.len().min(usize::from(u16::MAX))];
    bytes.extend(code.to_be_bytes());
    bytes.extend((content.len() as u16).to_be_bytes());
    bytes.extend(content);
}

/// The addresses that an option holds; surplus bytes at the end are ignored.
pub(in crate::net) fn addresses(content: &[u8]) -> impl Iterator<Item = Ipv6Addr> {
    content.chunks_exact(16).filter_map(|octets| <[u8; 16]>::try_from(octets).ok()).map(Ipv6Addr::from)
}

/// Addresses and names of time servers; multicast addresses are left out.
pub(in crate::net) fn time_servers(content: &[u8]) -> Vec<String> {
    let servers = all_options(content).unwrap_or_default().into_iter();
    let texts = |(code, content)| match code {
        NTP_ADDRESS => addresses(content).map(|address| address.to_string()).collect(),
        NTP_NAME => domain_names(content, Compression::Forbidden).unwrap_or_default(),
        _ => Vec::new(),
    };
    servers.flat_map(texts).take(MOST).collect()
}
