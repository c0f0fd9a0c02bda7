//! Gives single values their JSON form: flags, codes, addresses, fixed texts, hex digits.

use crate::hex::{Hex, hex_byte};
use crate::model::{
    Address, Availability, FixedText, PolicyList, PrimaryAdminHost, Requirement, TextError, TransportType,
};
use alloc::string::{String, ToString};
use core::fmt;
use core::net::{IpAddr, Ipv4Addr};
use core::ops::BitOr;
use serde::de::{self, IgnoredAny, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A flag: 0 or 1, as nvme-cli prints it; `false` and `true` are read too.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Bit(pub bool);

impl fmt::Debug for Bit {
    /// Shows it as in the JSON, since errors quote it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0 { "1" } else { "0" })
    }
}

impl Bit {
    /// Whether the flag is set; for `skip_serializing_if`.
    pub(super) fn is_set(&self) -> bool {
        self.0
    }

    /// `bits` if the flag is set, else none.
    pub(super) fn bits<T: Default>(self, bits: T) -> T {
        if self.0 { bits } else { T::default() }
    }
}

/// The word with all bits of its parts.
pub(super) fn word<T: BitOr<Output = T> + Default, const N: usize>(parts: [T; N]) -> T {
    parts.into_iter().fold(T::default(), T::bitor)
}

impl Serialize for Bit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(u8::from(self.0))
    }
}

impl<'de> Deserialize<'de> for Bit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BitVisitor;

        impl Visitor<'_> for BitVisitor {
            type Value = Bit;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("0, 1, false or true")
            }

            fn visit_bool<E: de::Error>(self, value: bool) -> Result<Bit, E> {
                Ok(Bit(value))
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Bit, E> {
                match value {
                    0 => Ok(Bit(false)),
                    1 => Ok(Bit(true)),
                    _ => Err(E::invalid_value(Unexpected::Unsigned(value), &self)),
                }
            }
        }

        deserializer.deserialize_any(BitVisitor)
    }
}

/// A code of two bits that has a JSON form in words.
pub trait Words: Copy {
    /// The code with this number.
    fn from_code(code: u8) -> Self;
    /// The meaning of the code; `None` if it is reserved.
    fn meaning(self) -> Option<&'static str>;
}

/// Word for the reserved value of a two-bit code.
const RESERVED: &str = "reserved";

macro_rules! words {
    ($($name:ident),*) => {$(
        impl Words for $name {
            fn from_code(code: u8) -> Self {
                Self(code)
            }

            fn meaning(self) -> Option<&'static str> {
                self.words()
            }
        }
    )*};
}
words!(PrimaryAdminHost, Availability, Requirement, PolicyList);

/// A code of two bits in words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Word<C>(pub C);

impl<C: Words> Word<C> {
    pub(super) fn text(self) -> &'static str {
        self.0.meaning().unwrap_or(RESERVED)
    }
}

impl<C: Words> Serialize for Word<C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.text())
    }
}

impl<'de, C: Words> Deserialize<'de> for Word<C> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let all = || (0..4).map(|code| Self(C::from_code(code)));
        all().find(|word| word.text() == text).ok_or_else(|| {
            let mut expected = String::from("one of");
            for word in all() {
                expected.push_str(if expected == "one of" { " \"" } else { ", \"" });
                expected.push_str(word.text());
                expected.push('"');
            }
            de::Error::invalid_value(Unexpected::Str(&text), &expected.as_str())
        })
    }
}

/// A transport: `tcp`, or `unknown` with its number under `transport_type`.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// NVMe/TCP.
    Tcp,
    /// Anything else.
    Unknown,
}

impl fmt::Debug for Transport {
    /// Shows it as in the JSON, since errors quote it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "\"tcp\"",
            Self::Unknown => "\"unknown\"",
        })
    }
}

impl Transport {
    /// The name, and the number if the name is `unknown`.
    pub(super) fn split(transport: TransportType) -> (Option<Self>, Option<u8>) {
        match transport {
            TransportType::TCP => (Some(Self::Tcp), None),
            TransportType(code) => (Some(Self::Unknown), Some(code)),
        }
    }

    /// The transport with this number; NVMe/TCP if there is none.
    pub(super) fn join(transport_type: Option<u8>) -> TransportType {
        transport_type.map_or(TransportType::TCP, TransportType)
    }
}

/// An address as text; the empty text is "not set".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IpText(pub Option<Address>);

impl Serialize for IpText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Some(address) => match embedded_ipv4(address) {
                Some(last) => serializer.collect_str(&format_args!("::{last}")),
                None => serializer.collect_str(&address),
            },
            None => serializer.serialize_str(""),
        }
    }
}

/// The last four bytes of an IPv6 address, if C's `inet_ntop` writes them in dotted form: the 12 bytes before them are zero, and
/// the next two are not.
fn embedded_ipv4(address: Address) -> Option<Ipv4Addr> {
    match IpAddr::from(address) {
        IpAddr::V6(ip) if ip.octets()[..12] == [0; 12] && ip.segments()[6] != 0 => {
            ip.octets().last_chunk::<4>().map(|last| Ipv4Addr::from(*last))
        }
        _ => None,
    }
}

impl<'de> Deserialize<'de> for IpText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() {
            return Ok(Self(None));
        }
        let address: IpAddr =
            text.parse().map_err(|_| de::Error::invalid_value(Unexpected::Str(&text), &"an IP address"))?;
        Ok(Self(Some(Address::from(address))))
    }
}

/// A fixed-width field of the header: its text without the padding, other bytes than printable ASCII escaped as `\xNN`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fixed<const N: usize>(pub FixedText<N>);

impl<const N: usize> Serialize for Fixed<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.text())
    }
}

impl<'de, const N: usize> Deserialize<'de> for Fixed<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        unescape(&text).map(|bytes| Self(FixedText(bytes))).ok_or_else(|| {
            let mut expected = String::from("at most ");
            expected.push_str(&N.to_string());
            expected.push_str(" bytes of printable ASCII or escapes such as \\xff");
            de::Error::invalid_value(Unexpected::Str(&text), &expected.as_str())
        })
    }
}

/// Undoes [`FixedText::text`], padding with NUL.
fn unescape<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let mut out = bytes.iter_mut();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let value = match byte {
            b'\\' => match rest.next()? {
                b'x' => hex_byte(rest.next()?, rest.next()?)?,
                b't' => b'\t',
                b'r' => b'\r',
                b'n' => b'\n',
                quoted @ (b'\'' | b'"' | b'\\') => quoted,
                _ => return None,
            },
            0x20..=0x7e => byte,
            _ => return None,
        };
        *out.next()? = value;
    }
    Some(bytes)
}

/// Bytes from pairs of hex digits.
pub(super) fn bytes_from_hex(text: &str) -> Result<alloc::vec::Vec<u8>, TextError> {
    crate::hex::bytes_from_hex(text).ok_or_else(|| TextError { text: text.into(), expected: "pairs of hex digits" })
}

/// Pairs of hex digits.
pub(super) fn hex_from_bytes(bytes: &[u8]) -> String {
    Hex::new(bytes).to_string()
}

/// Ignores the value of a key that only explains another one.
pub(super) fn ignored<'de, D: Deserializer<'de>, T>(deserializer: D) -> Result<Option<T>, D::Error> {
    IgnoredAny::deserialize(deserializer)?;
    Ok(None)
}

/// Whether a number is zero; for `skip_serializing_if`.
pub(super) fn is_zero<T: Default + PartialEq>(number: &T) -> bool {
    *number == T::default()
}
