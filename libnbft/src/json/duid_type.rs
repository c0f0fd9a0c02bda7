//! Names the type of a DHCP DUID in words (RFC 8415, RFC 6355).

use core::fmt;
use serde::de::{self, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Type of a DUID: `DUID-LLT`, `DUID-EN`, `DUID-LL`, `DUID-UUID` or `unknown(N)`; its number is read too.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct DuidType(pub u16);

impl DuidType {
    /// Link-layer address plus time.
    pub const LLT: Self = Self(1);
    /// Enterprise number.
    pub const EN: Self = Self(2);
    /// Link-layer address.
    pub const LL: Self = Self(3);
    /// UUID.
    pub const UUID: Self = Self(4);

    const WORDS: [(Self, &'static str); 4] =
        [(Self::LLT, "DUID-LLT"), (Self::EN, "DUID-EN"), (Self::LL, "DUID-LL"), (Self::UUID, "DUID-UUID")];

    fn from_text(text: &str) -> Option<Self> {
        if let Some((kind, _)) = Self::WORDS.iter().find(|(_, word)| *word == text) {
            return Some(*kind);
        }
        text.strip_prefix("unknown(")?.strip_suffix(')')?.parse().ok().map(Self)
    }
}

impl fmt::Display for DuidType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Self::WORDS.iter().find(|(kind, _)| kind == self) {
            Some((_, word)) => f.write_str(word),
            None => write!(f, "unknown({})", self.0),
        }
    }
}

impl fmt::Debug for DuidType {
    /// Shows it as in the JSON, since errors quote it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

impl Serialize for DuidType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DuidType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TypeVisitor;

        impl Visitor<'_> for TypeVisitor {
            type Value = DuidType;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("DUID-LLT, DUID-EN, DUID-LL, DUID-UUID, unknown(N) or the type's number")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<DuidType, E> {
                DuidType::from_text(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<DuidType, E> {
                u16::try_from(number).map(DuidType).map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))
            }
        }

        deserializer.deserialize_any(TypeVisitor)
    }
}
