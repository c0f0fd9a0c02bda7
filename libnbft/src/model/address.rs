//! Holds IP addresses in the form of the table.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An IP address field: 16 bytes, IPv4 stored IPv4-mapped.
///
/// All zero and `::ffff:0.0.0.0` both mean "not set". They stay distinct, so that a table can be written back unchanged.
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

    /// Reads the 16 bytes of the table.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        let v6 = Ipv6Addr::from(bytes);
        Self(v6.to_ipv4_mapped().map_or(IpAddr::V6(v6), IpAddr::V4))
    }

    /// The 16 bytes of the table; IPv4 is IPv4-mapped.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 16] {
        match self.0 {
            IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
            IpAddr::V6(v6) => v6.octets(),
        }
    }

    /// The address in the table, also if it is zero.
    #[must_use]
    pub const fn raw(self) -> IpAddr {
        self.0
    }

    /// The address; `None` if the field is not set.
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
