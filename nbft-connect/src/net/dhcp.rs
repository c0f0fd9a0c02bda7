//! Shares between DHCPv4 and DHCPv6 the client's identity, the time limit for a server, and the failures.

use super::NetFailure;
use super::lease::{Lease, seconds_since_start};
use crate::dhcp_options::ClientOptions;
use libnbft::model::Mac;
use std::io;
use std::time::Duration;

/// How long to ask servers before reporting a failure. Servers that probe the address first take three seconds.
pub(super) const ROUND: Duration = Duration::from_secs(12);

/// Longest message that is read: Ethernet's MTU. A client that asks for a few values is sent nothing longer.
pub(super) const LONGEST_MESSAGE: usize = 1500;

/// The link that asks.
pub(super) struct Client<'a> {
    pub(super) name: &'a str,
    pub(super) index: u32,
    pub(super) mac: Mac,
    /// What it tells servers about itself.
    pub(super) options: &'a ClientOptions,
}

/// Why there is no lease.
#[derive(Debug, thiserror::Error)]
pub(super) enum DhcpFailure {
    /// The kernel refused a step.
    #[error("{step}: {error}")]
    Socket { step: &'static str, error: io::Error },
    /// No server granted an address.
    #[error("no server has granted an address within {} s", ROUND.as_secs())]
    NoAnswer,
}

impl DhcpFailure {
    pub(super) fn socket(step: &'static str) -> impl Fn(io::Error) -> Self {
        move |error| Self::Socket { step, error }
    }

    /// As a failure of a network that asked by this protocol.
    pub(super) fn of(self, protocol: &str) -> NetFailure {
        NetFailure::Dhcp { step: protocol.to_owned(), reason: self.to_string() }
    }
}

/// A lease as a server grants it, and a sentence for each oddity in it.
pub(super) struct Granted {
    pub(super) lease: Lease,
    pub(super) findings: Vec<String>,
}

impl Granted {
    /// The lease; logs the findings. On renewals it logs them for debugging only.
    pub(super) fn told(self, client: &Client<'_>, is_renewal: bool) -> Lease {
        let level = if is_renewal { log::Level::Debug } else { log::Level::Warn };
        for finding in self.findings {
            log::log!(level, "{}: {finding}", client.name);
        }
        self.lease
    }
}

/// How far a lease is through its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LeaseAge {
    /// The server that granted it renews it.
    Renewable,
    /// Any server may renew it.
    Rebindable,
    /// It has ended.
    Over,
}

impl LeaseAge {
    pub(super) fn of(lease: &Lease) -> Self {
        let passed = seconds_since_start().saturating_sub(lease.granted_at);
        if passed >= u64::from(lease.seconds) && lease.seconds != u32::MAX {
            Self::Over
        } else if passed >= u64::from(lease.rebind_seconds) {
            Self::Rebindable
        } else {
            Self::Renewable
        }
    }
}

/// A server's text, up to the first NUL; `None` if it is empty or no text.
pub(super) fn text(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes.split(|byte| *byte == 0).next()?).ok()?;
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_end_at_the_first_nul() {
        assert_eq!(text(b"host\0\0").as_deref(), Some("host"));
        assert_eq!(text(b"host").as_deref(), Some("host"));
        for none in [&b""[..], b"\0host", b"\xff"] {
            assert_eq!(text(none), None);
        }
    }
}
