//! Parses addresses of discovery controllers: `nvme+tcp://<ip or [ipv6]>[:port]/` (Boot Specification, Discovery Descriptor).

use super::address::{HostAddress, authority};
use crate::model::TextError;
use core::fmt;
use core::str::FromStr;
use nom::bytes::complete::{tag, tag_no_case};
use nom::combinator::{all_consuming, opt};
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser as _};

/// Default TCP port of discovery controllers (NVMe/TCP Transport Specification).
pub const DISCOVERY_PORT: u16 = 8009;
/// Default TCP port of I/O controllers, registered by IANA for NVMe over Fabrics.
pub const IO_PORT: u16 = 4420;

/// Address and port of a discovery controller.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DiscoveryUri {
    /// Its address or host name.
    pub address: HostAddress,
    /// Its TCP port, 1 to 65535; [`DISCOVERY_PORT`] if the URI names none.
    pub port: u16,
}

/// Parses the scheme, of either case (RFC 3986, section 3.1).
pub(super) fn scheme(input: &str) -> IResult<&str, &str> {
    tag_no_case("nvme+tcp://").parse(input)
}

impl FromStr for DiscoveryUri {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        // Many URIs lack the slash at the end.
        let (address, port) = match all_consuming(delimited(scheme, authority, opt(tag("/")))).parse(text) {
            Ok((_, found)) => found,
            Err(nom::Err::Error(_) | nom::Err::Failure(_) | nom::Err::Incomplete(_)) => {
                return Err(TextError { text: text.into(), expected: "a URI of the form nvme+tcp://ADDRESS[:PORT]/" });
            }
        };
        Ok(Self { address, port: port.unwrap_or(DISCOVERY_PORT) })
    }
}

impl fmt::Display for DiscoveryUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "nvme+tcp://{}:{}/", self.address, self.port)
    }
}

/// Parses the beginning of a root path: scheme, authority and a slash.
pub(super) fn prefix(input: &str) -> IResult<&str, (HostAddress, Option<u16>)> {
    let (input, found) = preceded(scheme, authority).parse(input)?;
    let (input, _) = tag("/").parse(input)?;
    Ok((input, found))
}
