//! Holds the values of a table, owned and without offsets.
//!
//! [`parse`](crate::parse()) adds only descriptors whose valid flag is set. Structures and fields have the names of the NVM Express Boot
//! Specification, revisions 1.0 to 1.3; offsets are in bytes from the beginning of the structure.
//!
//! To build a table, begin with `Default` and set the public fields; the writer computes the rest.

mod address;
mod codes;
mod flags;
mod hardware;
mod identifiers;
#[cfg(feature = "serde")]
mod serde_forms;
mod text;

pub use address::Address;
pub use codes::*;
pub use flags::*;
pub use hardware::{Mac, PciAddress, VlanId};
pub use identifiers::{DISCOVERY_NQN, Nid, Nqn, Uuid};
pub use text::{FixedText, TextError};

use alloc::string::String;
use alloc::vec::Vec;

/// A table: the model that [`parse`](crate::parse()) returns and `write` takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[non_exhaustive]
pub struct Table {
    /// The header.
    pub header: Header,
    /// The control descriptor.
    pub control: Control,
    /// The host descriptor; `None` if it is absent or unusable.
    pub host: Option<Host>,
    /// Host fabric interfaces (HFIs), in the order of their list; at most 255.
    pub hfis: Vec<Hfi>,
    /// Subsystem namespaces (SSNS), in the order of their list; at most 255.
    pub ssns: Vec<Ssns>,
    /// Security profiles, in the order of their list; at most 255.
    pub security: Vec<SecurityProfile>,
    /// Discovery controllers, in the order of their list; at most 255.
    pub discovery: Vec<Discovery>,
}

impl Table {
    /// The HFI with this index field: the first if there are several.
    #[must_use]
    pub fn hfi(&self, index: u8) -> Option<&Hfi> {
        self.hfis.iter().find(|hfi| hfi.index == index)
    }

    /// The security profile with this index field: the first if there are several.
    #[must_use]
    pub fn security_profile(&self, index: u8) -> Option<&SecurityProfile> {
        self.security.iter().find(|profile| profile.index == index)
    }

    /// The discovery descriptor with this index field: the first if there are several.
    #[must_use]
    pub fn discovery_controller(&self, index: u8) -> Option<&Discovery> {
        self.discovery.iter().find(|discovery| discovery.index == index)
    }
}

/// Header (Boot Specification, Header; 64 bytes), without length, checksum and heap, which the writer computes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[non_exhaustive]
pub struct Header {
    /// Major revision (offset 8): 1.
    pub major: u8,
    /// Minor revision (offset 50): 0 for specification 1.0, 1 for 1.1 and later.
    pub minor: u8,
    /// OEM ID (offset 10): 6 ASCII bytes.
    pub oem_id: FixedText<6>,
    /// OEM table ID (offset 16): 8 ASCII bytes.
    pub oem_table_id: FixedText<8>,
    /// OEM revision (offset 24).
    pub oem_revision: u32,
    /// Creator ID (offset 28): 4 ASCII bytes.
    pub creator_id: FixedText<4>,
    /// Creator revision (offset 32).
    pub creator_revision: u32,
    /// Driver device path signature (offset 44): the UEFI path of the driver that made the table.
    pub driver_path: Option<String>,
}

/// Control descriptor (Boot Specification, Control Descriptor; structure ID 1), without its lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[non_exhaustive]
pub struct Control {
    /// Major revision (offset 1): 1.
    pub major: u8,
    /// Minor revision (offset 2).
    pub minor: u8,
    /// Flags (offset 6): bit 0 valid.
    pub flags: u8,
}

/// Host descriptor (Boot Specification, Host Descriptor; structure ID 2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[non_exhaustive]
pub struct Host {
    /// Flags (offset 1).
    pub flags: HostFlags,
    /// Host ID (offset 2).
    pub id: Uuid,
    /// Host NQN (offset 18), at most 223 bytes; some firmware leaves it out.
    pub nqn: Option<Nqn>,
}

/// HFI descriptor: a host fabric interface (Boot Specification, HFI Descriptor; structure ID 3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[non_exhaustive]
pub struct Hfi {
    /// Index (offset 1), by which other descriptors refer to this one: 1 to 255.
    pub index: u8,
    /// Flags (offset 2).
    pub flags: HfiFlags,
    /// Transport type (offset 3).
    pub transport: TransportType,
    /// NVMe/TCP transport info (offset 16); `None` if it is absent or unusable.
    pub tcp: Option<HfiTcp>,
}

/// HFI transport info for NVMe/TCP (Boot Specification, HFI Transport Info Descriptor; structure ID 7).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[non_exhaustive]
pub struct HfiTcp {
    /// Version of the structure (offset 1): 1.
    pub version: u8,
    /// Transport info version (offset 3): 1 for specification 1.0; from 2 on, `ext` and `pcie_segment` are in use.
    pub info_version: u8,
    /// Index of the HFI that refers here (offset 4), as this structure states it.
    pub hfi_index: u16,
    /// Flags (offset 6).
    pub flags: HfiTcpFlags,
    /// PCIe routing ID (offset 7): bits 15-8 bus, 7-3 device, 2-0 function; bits 31-16 the segment.
    pub routing_id: u32,
    /// MAC address (offset 11).
    pub mac: Mac,
    /// VLAN ID (offset 17): 0 none, or 1 to 4094.
    pub vlan: VlanId,
    /// Where the address came from (offset 19).
    pub ip_origin: IpOrigin,
    /// IP address (offset 20).
    pub ip: Address,
    /// Subnet mask prefix (offset 36) in bits: up to 32 for IPv4, up to 128 for IPv6.
    pub prefix: u8,
    /// Gateway (offset 37).
    pub gateway: Address,
    /// Route metric (offset 54): 500 = routing supported, no metric configured; 0 = unused.
    pub route_metric: u16,
    /// Primary DNS server (offset 56).
    pub primary_dns: Address,
    /// Secondary DNS server (offset 72).
    pub secondary_dns: Address,
    /// DHCP server (offset 88); in use only with the DHCP override flag.
    pub dhcp_server: Address,
    /// Host name (offset 104).
    pub host_name: Option<String>,
    /// HFI extended info (offset 110; 1.1 and later).
    pub ext: Option<HfiExt>,
    /// PCIe segment number (offset 116; 1.1 and later, flit mode).
    pub pcie_segment: u8,
}

impl HfiTcp {
    /// PCI address of the NIC. The segment is `pcie_segment` if that is in use and not 0, else bits 31-16 of the routing ID.
    #[must_use]
    pub const fn pci(&self) -> PciAddress {
        let segment = if self.info_version >= 2 && self.pcie_segment != 0 {
            self.pcie_segment as u16
        } else {
            (self.routing_id >> 16) as u16
        };
        PciAddress { segment, routing_id: self.routing_id as u16 }
    }
}

/// HFI extended info (Boot Specification 1.1 and later, HFI Extended Info Descriptor; structure ID 10).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[non_exhaustive]
pub struct HfiExt {
    /// Version of the structure (offset 1): 1.
    pub version: u8,
    /// Index of the HFI that this belongs to (offset 2), as this structure states it.
    pub hfi_index: u16,
    /// Flags (offset 4).
    pub flags: HfiExtFlags,
    /// DHCP IAID (offset 8), if flag bit 1 is set.
    pub iaid: Option<u32>,
    /// DHCP DUID (offset 14; RFC 8415), if flag bit 1 is set: at most 130 bytes, with the numbers inside little endian.
    pub duid: Option<Vec<u8>>,
}

/// SSNS descriptor: a subsystem and one of its namespaces (Boot Specification, SSNS Descriptor; structure ID 4).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[non_exhaustive]
pub struct Ssns {
    /// Index (offset 1): 1 to 65535.
    pub index: u16,
    /// Flags (offset 3).
    pub flags: SsnsFlags,
    /// Transport type (offset 5).
    pub transport: TransportType,
    /// Transport specific flags (offset 6).
    pub transport_flags: SsnsTransportFlags,
    /// Index of the discovery descriptor by which firmware found it (offset 8); 0 none.
    pub primary_discovery: u8,
    /// Subsystem transport address (offset 10); `None` if it is absent or unusable.
    pub traddr: Option<Address>,
    /// Transport service ID (offset 16): the TCP port in decimal, 1 to 65535.
    pub trsvcid: Option<String>,
    /// Subsystem port ID (offset 22).
    pub port_id: u16,
    /// Namespace ID (offset 24); 0 = rely on the NID.
    pub nsid: u32,
    /// Type of the NID (offset 28).
    pub nid_type: NidType,
    /// NID (offset 29): 16 bytes, of which an EUI-64 takes the first 8.
    pub nid: [u8; 16],
    /// Security profile index (offset 45); 0 none. In use only with flag bit 2.
    pub security: u8,
    /// Primary HFI index (offset 46).
    pub primary_hfi: u8,
    /// Secondary HFI indexes (offset 48), with the zeros and repetitions of the table.
    pub secondary_hfis: Vec<u8>,
    /// Subsystem NQN (offset 54), at most 223 bytes.
    pub nqn: Option<Nqn>,
    /// Extended info (offset 60), if flag bit 4 is set.
    pub ext: Option<SsnsExt>,
}

impl Ssns {
    /// The namespace's identifier; `None` if its type is "none" or unknown, or if all its bytes are zero.
    #[must_use]
    pub fn nid(&self) -> Option<Nid> {
        if self.nid == [0; 16] { None } else { Nid::from_field(self.nid_type, self.nid) }
    }

    /// HFI indexes, primary first, without zeros and repetitions.
    #[must_use]
    pub fn hfi_indexes(&self) -> Vec<u8> {
        let mut indexes = Vec::new();
        // A list may have 1024 indexes and repeat the same few.
        let mut seen = [false; 256];
        for index in core::iter::once(self.primary_hfi).chain(self.secondary_hfis.iter().copied()) {
            if index != 0 && !core::mem::replace(&mut seen[usize::from(index)], true) {
                indexes.push(index);
            }
        }
        indexes
    }
}

/// SSNS extended info (Boot Specification, SSNS Extended Info Descriptor; structure ID 9).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[non_exhaustive]
pub struct SsnsExt {
    /// Version of the structure (offset 1): 1.
    pub version: u8,
    /// Index of the SSNS that this belongs to (offset 2), as this structure states it.
    pub ssns_index: u16,
    /// Flags (offset 4).
    pub flags: SsnsExtFlags,
    /// Controller ID (offset 8).
    pub controller_id: u16,
    /// Admin submission queue size, ASQSZ (offset 10).
    pub asqsz: u16,
    /// DHCP root path (offset 12), even if the SSNS flag does not put it in use: much firmware sets the string but not the flag.
    pub dhcp_root_path: Option<String>,
    /// Diagnostics (offset 18; 1.1 and later), if the object has at least 23 bytes.
    pub diagnostics: Option<Diagnostics>,
}

/// Result of firmware's own attempt (Boot Specification 1.1 and later, SSNS Extended Info Descriptor, bytes 22:18).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[non_exhaustive]
pub struct Diagnostics {
    /// Namespace availability enhanced diagnostic (offset 18).
    pub naed: Naed,
    /// Connect invalid parameters extended error code (offset 19).
    pub cipeec: Cipeec,
    /// Firmware's connect timeout (CTO, offset 20) in seconds; 65535 = not specified.
    pub connect_timeout: u16,
    /// Network and connection extended error code (offset 22).
    pub nceec: Nceec,
}

/// Security profile (Boot Specification, Security Profile Descriptor; structure ID 5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[non_exhaustive]
pub struct SecurityProfile {
    /// Index (offset 1): 1 to 255.
    pub index: u8,
    /// Flags (offset 2).
    pub flags: SecurityFlags,
    /// Secret type (offset 4).
    pub secret_type: SecretType,
    /// Secure channel algorithms (offset 6; SECTYPE of NVMe/TCP: 1 TLS 1.2, 2 TLS 1.3), if their policy list is not "none".
    pub channel_algorithms: Option<Vec<u8>>,
    /// Authentication protocols (offset 12; 1 DH-HMAC-CHAP), if their policy list is not "none".
    pub authentication_protocols: Option<Vec<u8>>,
    /// TLS cipher suites by their IANA numbers (offset 18), if the flags restrict them.
    pub cipher_suites: Option<Vec<u16>>,
    /// Key exchange groups for HMAC-CHAP (offset 24; 0 NULL, 1 to 5 for 2048 to 8192 bits), if the flags restrict them.
    pub kx_groups: Option<Vec<u8>>,
    /// Secure hash functions for HMAC-CHAP (offset 30; 1 SHA-256, 2 SHA-384, 3 SHA-512), if the flags restrict them.
    pub hashes: Option<Vec<u8>>,
    /// Secret keypath (offset 36): the URI of the secret.
    pub secret_keypath: Option<String>,
}

/// Discovery descriptor: a discovery controller (Boot Specification, Discovery Descriptor; structure ID 6).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[non_exhaustive]
pub struct Discovery {
    /// Flags (offset 1).
    pub flags: DiscoveryFlags,
    /// Index (offset 2): 1 to 255.
    pub index: u8,
    /// HFI index (offset 3).
    pub hfi: u8,
    /// Security profile index (offset 4); 0 none.
    pub security: u8,
    /// Discovery controller address (offset 6): `nvme+tcp://<ip or [ipv6]>[:port]/`, port 8009 if it names none.
    pub uri: Option<String>,
    /// Discovery controller NQN (offset 12), at most 223 bytes; `None` = the well-known one.
    pub nqn: Option<Nqn>,
}
