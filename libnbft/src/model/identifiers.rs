//! Identifies hosts, subsystems and namespaces: UUID, NQN, NID.

use super::NidType;
use super::text::{TextError, text_error};
use crate::hex::{Hex, hex_byte};
use alloc::string::String;
use core::fmt;
use core::str::FromStr;

/// The well-known NQN, which stands for any discovery controller (NVMe Base Specification, Discovery Service).
pub const DISCOVERY_NQN: &str = "nqn.2014-08.org.nvmexpress.discovery";

/// A UUID in straight RFC 9562 byte order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Uuid(pub [u8; 16]);

impl Uuid {
    /// Whether all bytes are 00h or all are FFh: a placeholder, not an identity.
    #[must_use]
    pub fn is_placeholder(self) -> bool {
        self.0 == [0; 16] || self.0 == [0xff; 16]
    }

    /// The same UUID with its first three groups in the other byte order, as SMBIOS and `EFI_GUID` store them.
    #[must_use]
    pub const fn swapped(self) -> Self {
        let b = self.0;
        Self([b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]])
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let group = |bytes| Hex::new(&self.0[bytes]);
        write!(f, "{}-{}-{}-{}-{}", group(0..4), group(4..6), group(6..8), group(8..10), group(10..16))
    }
}

impl fmt::Debug for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Uuid {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let error = || text_error(text, "a UUID (8-4-4-4-12 hex digits)");
        let has_shape = text.len() == 36 && [8, 13, 18, 23].iter().all(|at| text.as_bytes()[*at] == b'-');
        let mut digits = text.bytes().filter(|byte| *byte != b'-');
        let mut bytes = [0; 16];
        for byte in &mut bytes {
            let pair = digits.next().zip(digits.next()).filter(|_| has_shape);
            *byte = pair.and_then(|(high, low)| hex_byte(high, low)).ok_or_else(error)?;
        }
        Ok(Self(bytes))
    }
}

/// An NVMe Qualified Name as the table holds it: any text, which may not be a valid NQN.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct Nqn(pub String);

impl Nqn {
    /// Length of the longest valid NQN in bytes (NVMe Base Specification, NVMe Qualified Names).
    pub const MAX_LEN: usize = 223;

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the well-known discovery NQN.
    #[must_use]
    pub fn is_discovery(&self) -> bool {
        self.0 == DISCOVERY_NQN
    }

    /// The UUID of an NQN of the form `nqn.2014-08.org.nvmexpress:uuid:…`.
    #[must_use]
    pub fn uuid(&self) -> Option<Uuid> {
        self.0.strip_prefix("nqn.2014-08.org.nvmexpress:uuid:")?.parse().ok()
    }
}

impl fmt::Display for Nqn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A globally unique namespace identifier (NVMe Base Specification, Namespace Identification).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Nid {
    /// IEEE EUI-64.
    Eui64([u8; 8]),
    /// Namespace Globally Unique Identifier.
    Nguid([u8; 16]),
    /// UUID.
    Uuid(Uuid),
}

impl Nid {
    /// `eui64`, `nguid` or `uuid`: the name that nvme-cli and sysfs give it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Eui64(_) => "eui64",
            Self::Nguid(_) => "nguid",
            Self::Uuid(_) => "uuid",
        }
    }

    /// The identifier in an SSNS descriptor's field; `None` if the type is "none" or unknown.
    pub(crate) const fn from_field(kind: NidType, field: [u8; 16]) -> Option<Self> {
        let [a, b, c, d, e, f, g, h, ..] = field;
        match kind {
            NidType::EUI64 => Some(Self::Eui64([a, b, c, d, e, f, g, h])),
            NidType::NGUID => Some(Self::Nguid(field)),
            NidType::UUID => Some(Self::Uuid(Uuid(field))),
            _ => None,
        }
    }

    /// Parses an identifier from its [`Nid::kind`] and the text that `Display` gives.
    ///
    /// # Errors
    ///
    /// If the kind is unknown or the text does not have the identifier's number of hex digits.
    pub fn from_parts(kind: &str, text: &str) -> Result<Self, TextError> {
        match kind {
            "eui64" => hex_bytes(text).map(Self::Eui64),
            "nguid" => hex_bytes(text).map(Self::Nguid),
            "uuid" => text.parse().map(Self::Uuid),
            _ => Err(text_error(kind, "a kind of namespace identifier (eui64, nguid, uuid)")),
        }
    }
}

impl fmt::Display for Nid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Eui64(bytes) => Hex::new(bytes).fmt(f),
            Self::Nguid(bytes) => Hex::new(bytes).fmt(f),
            Self::Uuid(uuid) => write!(f, "{uuid}"),
        }
    }
}

impl fmt::Debug for Nid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {self}", self.kind())
    }
}

fn hex_bytes<const N: usize>(text: &str) -> Result<[u8; N], TextError> {
    let error = || text_error(text, "a string of hex digits of the right length");
    if text.len() != 2 * N {
        return Err(error());
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = hex_byte(pair[0], pair[1]).ok_or_else(error)?;
    }
    Ok(bytes)
}
