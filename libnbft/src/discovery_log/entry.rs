//! Reads one entry of the page.

use super::LEN;
use crate::address::{Unusable, check_target};
use crate::codes::codes;
use crate::model::{DISCOVERY_NQN, Nqn, TransportType};
use crate::raw::DiscoveryLogEntry;
use crate::text::{DISCOVERY_PORT, IO_PORT, NqnError, nqn_form, parse_port};
use alloc::string::String;
use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use zerocopy::FromBytes as _;

/// The kind of an entry (Discovery Log Page Entry, SUBTYPE).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum EntryKind {
    /// Another discovery controller, with a log page of its own.
    Referral,
    /// A subsystem with namespaces.
    Subsystem,
    /// A port of the discovery subsystem that returned the page.
    Current,
}

/// A port of a subsystem over TCP.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Entry {
    /// The kind of the entry.
    pub kind: EntryKind,
    /// Its NQN, which can be passed to the kernel.
    pub nqn: Nqn,
    /// Its address. An unspecified address (`0.0.0.0`, `::`) means the discovery controller's own.
    pub address: IpAddr,
    /// Its TCP port, 1 to 65535; the default port of its kind if the entry names none.
    pub port: u16,
    /// Whether it requires a secure channel (TREQ, bits 1-0).
    pub secure_channel_required: bool,
}

/// A text field of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum TextField {
    /// SUBNQN.
    Nqn,
    /// TRADDR.
    Traddr,
    /// TRSVCID.
    Trsvcid,
}

impl fmt::Display for TextField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nqn => "NQN",
            Self::Traddr => "transport address",
            Self::Trsvcid => "transport service ID",
        })
    }
}

/// Why an entry cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum EntryError {
    /// It has fewer than 1024 bytes.
    #[error("it has {0} bytes, not {LEN}")]
    Short(usize),
    /// A transport other than TCP.
    #[error("its transport type is {0:#x}, not NVMe/TCP")]
    Transport(u8),
    /// Neither IPv4 nor IPv6.
    #[error("its address family is {0:#x}, neither IPv4 nor IPv6")]
    Family(u8),
    /// An unknown subsystem type.
    #[error("its subsystem type {0:#x} is unknown")]
    Kind(u8),
    /// A field that holds no text.
    #[error("its {0} is not text")]
    Text(TextField),
    /// No address of its family, or one that no target can have.
    #[error("its transport address {0:?} is no address of a host in its family")]
    Address(String),
    /// No TCP port.
    #[error("its transport service ID {0:?} is not a TCP port")]
    Port(String),
    /// No NQN that the kernel takes.
    #[error("its NQN cannot be used: {0}")]
    Nqn(NqnError),
    /// No NQN at all.
    #[error("it has no NQN")]
    NoNqn,
    /// A subsystem with the discovery NQN.
    #[error("it is a subsystem and has the discovery NQN")]
    DiscoveryNqn,
    /// More entries than [`MAX_ENTRIES`](super::MAX_ENTRIES).
    #[error("there are too many")]
    TooMany,
}

codes!(EntryError {
    Short => "entry-short",
    Transport => "entry-transport",
    Family => "entry-family",
    Kind => "entry-kind",
    Text => "entry-text",
    Address => "entry-address",
    Port => "entry-port",
    Nqn => "entry-nqn",
    NoNqn => "entry-no-nqn",
    DiscoveryNqn => "entry-discovery-nqn",
    TooMany => "entries-too-many",
});

impl Entry {
    /// A port of a subsystem.
    #[must_use]
    pub const fn subsystem(nqn: Nqn, address: IpAddr, port: u16) -> Self {
        Self { kind: EntryKind::Subsystem, nqn, address, port, secure_channel_required: false }
    }

    /// Reads an entry.
    ///
    /// # Errors
    ///
    /// Why it cannot be used for NVMe/TCP.
    pub fn parse(bytes: &[u8]) -> Result<Self, EntryError> {
        let (raw, _) = DiscoveryLogEntry::ref_from_prefix(bytes).map_err(|_| EntryError::Short(bytes.len()))?;
        if TransportType(raw.transport) != TransportType::TCP {
            return Err(EntryError::Transport(raw.transport));
        }
        let kind = match raw.kind {
            1 => EntryKind::Referral,
            2 => EntryKind::Subsystem,
            3 => EntryKind::Current,
            other => return Err(EntryError::Kind(other)),
        };
        Ok(Self {
            kind,
            nqn: nqn(kind, &raw.nqn)?,
            address: address(raw.family, &raw.traddr)?,
            port: port(kind, &raw.trsvcid)?,
            secure_channel_required: raw.requirements & 0b11 == 1,
        })
    }
}

/// A text field up to its first NUL, without the blanks that pad it.
fn text(field: TextField, bytes: &[u8]) -> Result<&str, EntryError> {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let text = core::str::from_utf8(bytes.get(..end).unwrap_or_default()).map_err(|_| EntryError::Text(field))?;
    Ok(text.trim_end_matches(' '))
}

fn nqn(kind: EntryKind, bytes: &[u8]) -> Result<Nqn, EntryError> {
    let text = text(TextField::Nqn, bytes)?;
    if text.is_empty() {
        // A referral without an NQN means the well-known discovery NQN.
        return if kind == EntryKind::Subsystem { Err(EntryError::NoNqn) } else { Ok(Nqn(DISCOVERY_NQN.into())) };
    }
    match nqn_form(text) {
        Err(error) if !error.is_usable() => return Err(EntryError::Nqn(error)),
        _ => {}
    }
    let nqn = Nqn(text.into());
    if kind == EntryKind::Subsystem && nqn.is_discovery() { Err(EntryError::DiscoveryNqn) } else { Ok(nqn) }
}

fn address(family: u8, bytes: &[u8]) -> Result<IpAddr, EntryError> {
    let text = text(TextField::Traddr, bytes)?;
    let ip = match family {
        1 => text.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
        // The scope of a link-local address is the target's and means nothing on this host.
        2 => text.split('%').next().and_then(|text| text.parse::<Ipv6Addr>().ok()).map(IpAddr::V6),
        other => return Err(EntryError::Family(other)),
    };
    // Unspecified, it means the discovery controller's own.
    let is_host = |ip: &IpAddr| matches!(check_target(*ip), Ok(()) | Err(Unusable::Unspecified));
    ip.filter(is_host).ok_or_else(|| EntryError::Address(text.into()))
}

fn port(kind: EntryKind, bytes: &[u8]) -> Result<u16, EntryError> {
    match text(TextField::Trsvcid, bytes)? {
        "" if kind == EntryKind::Subsystem => Ok(IO_PORT),
        "" => Ok(DISCOVERY_PORT),
        text => parse_port(text).map_err(|_| EntryError::Port(text.into())),
    }
}
