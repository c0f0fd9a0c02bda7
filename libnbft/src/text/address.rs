//! Parses hosts and TCP ports in the form of URIs.

use crate::model::TextError;
use alloc::string::String;
use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::str::FromStr;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while_m_n, take_while1};
use nom::combinator::{map, map_opt, opt, verify};
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser as _};

/// The host of a controller: an IP address, or a name to be resolved.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HostAddress {
    /// An IP address.
    Ip(IpAddr),
    /// A host name: letters, digits, `-`, `_` and dots.
    Name(String),
}

impl fmt::Display for HostAddress {
    /// Shows it as in a URI: IPv6 addresses in brackets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(IpAddr::V6(ip)) => write!(f, "[{ip}]"),
            Self::Ip(ip) => fmt::Display::fmt(ip, f),
            Self::Name(name) => f.write_str(name),
        }
    }
}

impl From<IpAddr> for HostAddress {
    fn from(ip: IpAddr) -> Self {
        Self::Ip(ip)
    }
}

/// Parses the TCP port of a transport service ID: 1 to 65535 in decimal digits, nothing else.
///
/// # Errors
///
/// If the text is anything else.
pub fn parse_port(text: &str) -> Result<u16, TextError> {
    match port(text) {
        Ok(("", port)) => Ok(port),
        _ => Err(TextError { text: text.into(), expected: "a TCP port (1 to 65535)" }),
    }
}

pub(super) fn port(input: &str) -> IResult<&str, u16> {
    let digits = take_while_m_n(1, 5, |c: char| c.is_ascii_digit());
    verify(map_opt(digits, |digits: &str| digits.parse().ok()), |port| *port != 0).parse(input)
}

/// `host[:port]` as in a URI.
pub(super) fn authority(input: &str) -> IResult<&str, (HostAddress, Option<u16>)> {
    (host, opt(preceded(tag(":"), port))).parse(input)
}

fn host(input: &str) -> IResult<&str, HostAddress> {
    let v6 =
        map_opt(delimited(tag("["), take_while1(|c| c != ']'), tag("]")), |text: &str| Ipv6Addr::from_str(text).ok());
    alt((map(v6, |ip| HostAddress::Ip(IpAddr::V6(ip))), map_opt(take_while1(is_host_character), name_or_v4)))
        .parse(input)
}

fn is_host_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')
}

/// Digits and dots alone are an IPv4 address or nothing.
fn name_or_v4(text: &str) -> Option<HostAddress> {
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return Ipv4Addr::from_str(text).ok().map(|ip| HostAddress::Ip(IpAddr::V4(ip)));
    }
    let label = |label: &str| (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-');
    // One dot at the end is the root of the name system.
    let labels = text.strip_suffix('.').unwrap_or(text);
    (text.len() <= 255 && labels.split('.').all(label)).then(|| HostAddress::Name(text.into()))
}
