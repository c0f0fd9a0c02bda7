//! Holds the settings of a bond, with the kernel's names and numbers.

use crate::model::{Mac, PciAddress};
use crate::plan::Interface;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

/// A bond: one link over several NICs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Bond {
    /// The mode and options of the bond.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub settings: BondSettings,
    /// Its ports, in the order in which the user names them. The bond has the MAC address of the first.
    pub ports: Vec<BondPort>,
}

/// `bond of nbft0 and nbft1 (mode=active-backup,miimon=100)`.
impl fmt::Display for Bond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ports: Vec<&str> = self.ports.iter().map(|port| port.name.as_str()).collect();
        write!(f, "bond of {} ({})", ports.join(" and "), self.settings)
    }
}

/// A NIC that is a port of a bond.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct BondPort {
    /// The name that the NIC has without the bond, and keeps as a port.
    pub name: String,
    /// Its own MAC address.
    pub mac: Mac,
    /// PCI address; `None` as in [`crate::plan::Interface`].
    pub pci: Option<PciAddress>,
}

impl Interface {
    /// The NICs below the interface: the ports of a bond, otherwise the NIC itself.
    #[must_use]
    pub fn nics(&self) -> Vec<BondPort> {
        match &self.bond {
            Some(bond) => bond.ports.clone(),
            None => vec![BondPort { name: self.name.clone(), mac: self.mac, pci: self.pci }],
        }
    }
}

/// The mode and options of a bond. Display shows the kernel's options by name: `mode=active-backup,miimon=100`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct BondSettings {
    /// Mode.
    pub mode: BondMode,
    /// How often the kernel checks the carrier of the ports, in milliseconds.
    pub miimon: u32,
    /// How long a port must have its carrier before it is used, in milliseconds.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub updelay: Option<u32>,
    /// How long a port may lack its carrier before the bond stops using it, in milliseconds.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub downdelay: Option<u32>,
    /// How often the switch must send its LACP packets.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub lacp_rate: Option<LacpRate>,
    /// The packet fields that select a packet's port.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub xmit_hash_policy: Option<XmitHashPolicy>,
}

impl Default for BondSettings {
    fn default() -> Self {
        let mode = BondMode::default();
        Self { mode, miimon: 100, updelay: None, downdelay: None, lacp_rate: None, xmit_hash_policy: None }
    }
}

impl BondSettings {
    /// The options that are set, by the kernel's names, each with its value; the mode is first.
    #[must_use]
    pub fn options(&self) -> Vec<(&'static str, String)> {
        let mut options = alloc::vec![("mode", self.mode.name().into()), ("miimon", self.miimon.to_string())];
        options.extend(self.updelay.map(|delay| ("updelay", delay.to_string())));
        options.extend(self.downdelay.map(|delay| ("downdelay", delay.to_string())));
        options.extend(self.lacp_rate.map(|rate| ("lacp_rate", rate.name().into())));
        options.extend(self.xmit_hash_policy.map(|policy| ("xmit_hash_policy", policy.name().into())));
        options
    }
}

impl fmt::Display for BondSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (name, value)) in self.options().iter().enumerate() {
            let comma = if number == 0 { "" } else { "," };
            write!(f, "{comma}{name}={value}")?;
        }
        Ok(())
    }
}

/// Gives the variants of an enum the kernel's names and numbers, and parses both.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $number:literal $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_doc])* #[cfg_attr(feature = "serde", serde(rename = $text))] $variant,)+
        }

        impl $name {
            /// The kernel's name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }

            /// The kernel's number.
            #[must_use]
            pub const fn number(self) -> u8 {
                match self {
                    $(Self::$variant => $number,)+
                }
            }

            /// The variant with this name or number.
            #[must_use]
            pub fn of(text: &str) -> Option<Self> {
                $(
                    if text == $text || text == stringify!($number) {
                        return Some(Self::$variant);
                    }
                )+
                None
            }
        }
    };
}

named!(
    /// The bonding mode, by the kernel's names.
    BondMode {
        /// The ports take turns with packets.
        BalanceRr = 0 "balance-rr",
        /// Uses one port, and another if that one loses its carrier. Needs no support in the switch.
        #[default]
        ActiveBackup = 1 "active-backup",
        /// A hash of the packet's addresses selects the port.
        BalanceXor = 2 "balance-xor",
        /// Sends each packet over all ports.
        Broadcast = 3 "broadcast",
        /// Link aggregation with LACP, which the switch must support.
        Lacp = 4 "802.3ad",
        /// Sends each flow over the port with the least load.
        BalanceTlb = 5 "balance-tlb",
        /// Like [`Self::BalanceTlb`], and also balances received traffic.
        BalanceAlb = 6 "balance-alb",
    }
);

named!(
    /// How often LACP packets are requested from the switch.
    LacpRate {
        /// Each 30 seconds.
        #[default]
        Slow = 0 "slow",
        /// Each second.
        Fast = 1 "fast",
    }
);

named!(
    /// The packet fields that select a packet's port.
    XmitHashPolicy {
        /// MAC addresses.
        #[default]
        Layer2 = 0 "layer2",
        /// IP addresses and ports.
        Layer34 = 1 "layer3+4",
        /// MAC and IP addresses.
        Layer23 = 2 "layer2+3",
        /// MAC and IP addresses within a tunnel.
        Encap23 = 3 "encap2+3",
        /// IP addresses and ports within a tunnel.
        Encap34 = 4 "encap3+4",
    }
);

/// Whether a link can have this name.
pub(super) fn is_link_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (1..16).contains(&name.len())
        && name.bytes().all(plain)
        && !name.starts_with('-')
        && !matches!(name, "." | ".." | "all" | "default" | "lo")
}
