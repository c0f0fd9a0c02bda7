//! Identifies a NIC: MAC address, PCI address, VLAN ID.

use super::text::{TextError, text_error};
use crate::hex::{Hex, hex_byte};
use core::fmt;
use core::str::FromStr;

/// An Ethernet MAC address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Mac(pub [u8; 6]);

impl Mac {
    /// Whether all bytes are zero.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.0 == [0; 6]
    }

    /// Whether the group bit is set (IEEE 802): no interface can have such an address.
    #[must_use]
    pub const fn is_multicast(self) -> bool {
        self.0[0] & 1 == 1
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Hex::separated(&self.0, ":"), f)
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
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
    /// Makes an address from its parts. It cuts `device` to 5 bits and `function` to 3.
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

/// A VLAN ID field: 0 none, 1 to 4094 valid. Other values survive, but mean nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct VlanId(pub u16);

impl VlanId {
    /// The VLAN ID, 1 to 4094; `None` for 0 and invalid values.
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
