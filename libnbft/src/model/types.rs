//! Typed values: addresses and identifiers as the table holds them.

use super::NidType;
use alloc::string::String;
use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::str::FromStr;

/// The NQN that stands for any discovery controller (NVMe Base Specification, discovery service).
pub const DISCOVERY_NQN: &str = "nqn.2014-08.org.nvmexpress.discovery";

/// An IP address field: 16 bytes, IPv4 stored IPv4-mapped.
///
/// All zero and `::ffff:0.0.0.0` both mean "not set"; they are kept apart so that a table can be written back as it was read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(from = "IpAddr", into = "IpAddr"))]
pub struct Address(IpAddr);

impl Default for Address {
    fn default() -> Self {
        Self::UNSET
    }
}

impl Address {
    /// All zero.
    pub const UNSET: Self = Self(IpAddr::V6(Ipv6Addr::UNSPECIFIED));

    /// From the wire form.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        let v6 = Ipv6Addr::from(bytes);
        Self(v6.to_ipv4_mapped().map_or(IpAddr::V6(v6), IpAddr::V4))
    }

    /// To the wire form.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 16] {
        match self.0 {
            IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
            IpAddr::V6(v6) => v6.octets(),
        }
    }

    /// The address as it lies there, zero included.
    #[must_use]
    pub const fn raw(self) -> IpAddr {
        self.0
    }

    /// The address, or `None` when the field is not set.
    #[must_use]
    pub fn get(self) -> Option<IpAddr> {
        if self.0.is_unspecified() { None } else { Some(self.0) }
    }

    /// Whether the field is set.
    #[must_use]
    pub fn is_set(self) -> bool {
        !self.0.is_unspecified()
    }
}

impl From<IpAddr> for Address {
    fn from(ip: IpAddr) -> Self {
        Self(ip.to_canonical())
    }
}

impl From<Address> for IpAddr {
    fn from(address: Address) -> Self {
        address.raw()
    }
}

impl From<Ipv4Addr> for Address {
    fn from(ip: Ipv4Addr) -> Self {
        Self(IpAddr::V4(ip))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// An Ethernet MAC address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Mac(pub [u8; 6]);

impl Mac {
    /// Whether all bytes are zero.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.0 == [0; 6]
    }

    /// Whether the group bit is set: no interface can have such an address.
    #[must_use]
    pub const fn is_multicast(self) -> bool {
        self.0[0] & 1 == 1
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is not of the expected form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not {expected}")]
pub struct TextError {
    /// The text.
    pub text: String,
    /// What was expected.
    pub expected: &'static str,
}

fn text_error(text: &str, expected: &'static str) -> TextError {
    TextError { text: text.into(), expected }
}

/// The byte that two hex digits stand for.
pub(crate) fn hex_byte(high: u8, low: u8) -> Option<u8> {
    let digit = |digit| char::from(digit).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

impl FromStr for Mac {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let error = || text_error(text, "a MAC address (six pairs of hex digits with colons)");
        let mut bytes = [0; 6];
        let mut parts = text.split(':');
        for byte in &mut bytes {
            let &[high, low] = parts.next().unwrap_or_default().as_bytes() else { return Err(error()) };
            *byte = hex_byte(high, low).ok_or_else(error)?;
        }
        if parts.next().is_some() { Err(error()) } else { Ok(Self(bytes)) }
    }
}

/// A PCI address: segment (0-FFFFh), bus, device (0-31), function (0-7). Shown as `ssss:bb:dd.f`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PciAddress {
    /// PCI segment (domain).
    pub segment: u16,
    /// The 16-bit routing ID: bits 15-8 bus, 7-3 device, 2-0 function.
    pub routing_id: u16,
}

impl PciAddress {
    /// From its parts; `device` and `function` are cut to 5 and 3 bits.
    #[must_use]
    pub const fn new(segment: u16, bus: u8, device: u8, function: u8) -> Self {
        let routing_id = (bus as u16) << 8 | ((device & 0x1f) as u16) << 3 | (function & 7) as u16;
        Self { segment, routing_id }
    }

    /// Bus number.
    #[must_use]
    pub const fn bus(self) -> u8 {
        (self.routing_id >> 8) as u8
    }

    /// Device number, 0-31.
    #[must_use]
    pub const fn device(self) -> u8 {
        ((self.routing_id >> 3) & 0x1f) as u8
    }

    /// Function number, 0-7.
    #[must_use]
    pub const fn function(self) -> u8 {
        (self.routing_id & 7) as u8
    }
}

impl fmt::Display for PciAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04x}:{:02x}:{:02x}.{:x}", self.segment, self.bus(), self.device(), self.function())
    }
}

impl fmt::Debug for PciAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for PciAddress {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let error = || text_error(text, "a PCI address (ssss:bb:dd.f)");
        let hex = |part: &str, max: u16| {
            let value = u16::from_str_radix(part, 16).map_err(|_| error())?;
            if value > max || part.starts_with('+') { Err(error()) } else { Ok(value) }
        };
        let small = |part: &str, max: u8| hex(part, max.into()).map(|value| value as u8);
        let (rest, function) = text.rsplit_once('.').ok_or_else(error)?;
        let mut parts = rest.rsplit(':');
        let device = small(parts.next().ok_or_else(error)?, 0x1f)?;
        let bus = small(parts.next().ok_or_else(error)?, 0xff)?;
        let segment = parts.next().map_or(Ok(0), |part| hex(part, 0xffff))?;
        if parts.next().is_some() {
            return Err(error());
        }
        Ok(Self::new(segment, bus, device, small(function, 7)?))
    }
}

/// A UUID in straight RFC 9562 byte order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Uuid(pub [u8; 16]);

impl Uuid {
    /// Whether all bytes are 00 or all are FF: a placeholder, not an identity.
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
        for (i, byte) in self.0.iter().enumerate() {
            if matches!(i, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
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
    /// Longest NQN in bytes (NVMe Base Specification, NVMe Qualified Names).
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

/// A VLAN ID field: 0 none, 1-4094 valid, anything else nonsense that is kept.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct VlanId(pub u16);

impl VlanId {
    /// The VLAN ID when there is one and it is valid (1-4094).
    #[must_use]
    pub const fn get(self) -> Option<u16> {
        match self.0 {
            1..=4094 => Some(self.0),
            _ => None,
        }
    }

    /// Whether the field is neither 0 nor a valid VLAN ID.
    #[must_use]
    pub const fn is_invalid(self) -> bool {
        self.0 > 4094
    }
}

/// A fixed-width ASCII field, padded with NUL.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct FixedText<const N: usize>(pub [u8; N]);

impl<const N: usize> Default for FixedText<N> {
    fn default() -> Self {
        Self([0; N])
    }
}

impl<const N: usize> FixedText<N> {
    /// The text without its padding, with other bytes than printable ASCII escaped.
    #[must_use]
    pub fn text(&self) -> String {
        let end = self.0.iter().rposition(|b| *b != 0).map_or(0, |last| last + 1);
        self.0[..end].escape_ascii().map(char::from).collect()
    }
}

impl<const N: usize> fmt::Debug for FixedText<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.text())
    }
}

/// A namespace identifier: what tells one namespace from every other.
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

    /// From an SSNS descriptor's field of this type; `None` for a type that has none or is not known.
    pub(crate) const fn from_field(kind: NidType, field: [u8; 16]) -> Option<Self> {
        let [a, b, c, d, e, f, g, h, ..] = field;
        match kind {
            NidType::EUI64 => Some(Self::Eui64([a, b, c, d, e, f, g, h])),
            NidType::NGUID => Some(Self::Nguid(field)),
            NidType::UUID => Some(Self::Uuid(Uuid(field))),
            _ => None,
        }
    }

    /// From [`Nid::kind`] and the text that `Display` gives.
    ///
    /// # Errors
    ///
    /// When the kind is unknown or the text is not the identifier's hex digits.
    pub fn from_parts(kind: &str, text: &str) -> Result<Self, TextError> {
        match kind {
            "eui64" => hex_bytes(text).map(Self::Eui64),
            "nguid" => hex_bytes(text).map(Self::Nguid),
            "uuid" => text.parse().map(Self::Uuid),
            _ => Err(text_error(kind, "a kind of namespace identifier (eui64, nguid, uuid)")),
        }
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

impl fmt::Display for Nid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Eui64(bytes) => bytes.iter().try_for_each(|b| write!(f, "{b:02x}")),
            Self::Nguid(bytes) => bytes.iter().try_for_each(|b| write!(f, "{b:02x}")),
            Self::Uuid(uuid) => write!(f, "{uuid}"),
        }
    }
}

impl fmt::Debug for Nid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {self}", self.kind())
    }
}

#[cfg(feature = "serde")]
mod as_text {
    use super::{FixedText, Mac, PciAddress, Uuid};
    use alloc::string::String;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    macro_rules! text_serde {
        ($($name:ty),*) => {$(
            impl Serialize for $name {
                fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    serializer.collect_str(self)
                }
            }

            impl<'de> Deserialize<'de> for $name {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
                }
            }
        )*};
    }
    text_serde!(Mac, PciAddress, Uuid);

    impl<const N: usize> Serialize for FixedText<N> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_bytes(&self.0)
        }
    }

    impl<'de, const N: usize> Deserialize<'de> for FixedText<N> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let bytes = alloc::vec::Vec::<u8>::deserialize(deserializer)?;
            bytes.try_into().map(Self).map_err(|_| D::Error::custom("wrong length of a fixed field"))
        }
    }
}
