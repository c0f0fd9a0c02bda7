//! What a table says: owned values without offsets.
//!
//! Only descriptors whose valid flag is set are here. Every structure is `Default` and its fields are public, so that a
//! table can be built field by field and given to the writer.

mod address;
mod codes;
mod hardware;
mod identifiers;
#[cfg(feature = "serde")]
mod serde_forms;
mod text;

pub use address::Address;
pub use codes::*;
pub use hardware::{Mac, PciAddress, VlanId};
pub use identifiers::{DISCOVERY_NQN, Nid, Nqn, Uuid};
pub use text::{FixedText, TextError};

use alloc::string::String;
use alloc::vec::Vec;

/// A whole table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[non_exhaustive]
pub struct Table {
    /// The ACPI header and what follows it.
    pub header: Header,
    /// The control descriptor.
    pub control: Control,
    /// The host descriptor.
    pub host: Option<Host>,
    /// Host fabric interfaces, in the order of their list.
    pub hfis: Vec<Hfi>,
    /// Subsystems and namespaces, in the order of their list.
    pub ssns: Vec<Ssns>,
    /// Security profiles, in the order of their list.
    pub security: Vec<SecurityProfile>,
    /// Discovery controllers, in the order of their list.
    pub discovery: Vec<Discovery>,
}

impl Table {
    /// The HFI with this index field (the first, when there are several).
    #[must_use]
    pub fn hfi(&self, index: u8) -> Option<&Hfi> {
        self.hfis.iter().find(|hfi| hfi.index == index)
    }

    /// The security profile with this index field.
    #[must_use]
    pub fn security_profile(&self, index: u8) -> Option<&SecurityProfile> {
        self.security.iter().find(|profile| profile.index == index)
    }

    /// The discovery descriptor with this index field.
    #[must_use]
    pub fn discovery_controller(&self, index: u8) -> Option<&Discovery> {
        self.discovery.iter().find(|discovery| discovery.index == index)
    }
}

/// Header, bytes 0-63, without what the writer computes (length, checksum, heap).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[non_exhaustive]
pub struct Header {
    /// Major revision; 1.
    pub major: u8,
    /// Minor revision: 0 for specification 1.0, 1 for 1.1 and later.
    pub minor: u8,
    /// OEM ID.
    pub oem_id: FixedText<6>,
    /// OEM table ID.
    pub oem_table_id: FixedText<8>,
    /// OEM revision.
    pub oem_revision: u32,
    /// Creator ID.
    pub creator_id: FixedText<4>,
    /// Creator revision.
    pub creator_revision: u32,
    /// UEFI device path of the driver that made the table.
    pub driver_path: Option<String>,
}

/// Control descriptor, structure ID 1, without its lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[non_exhaustive]
pub struct Control {
    /// Major revision; 1.
    pub major: u8,
    /// Minor revision.
    pub minor: u8,
    /// Flags; bit 0 is "valid".
    pub flags: u8,
}

/// Host descriptor, structure ID 2.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[non_exhaustive]
pub struct Host {
    /// Flags.
    pub flags: HostFlags,
    /// Host ID.
    pub id: Uuid,
    /// Host NQN; real tables exist without one.
    pub nqn: Option<Nqn>,
}

/// HFI descriptor, structure ID 3.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[non_exhaustive]
pub struct Hfi {
    /// Index, by which others refer to it; from 1.
    pub index: u8,
    /// Flags.
    pub flags: HfiFlags,
    /// Transport type.
    pub transport: TransportType,
    /// NVMe/TCP transport info; `None` when there is none that can be read.
    pub tcp: Option<HfiTcp>,
}

/// HFI transport info for NVMe/TCP, structure ID 7.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[non_exhaustive]
pub struct HfiTcp {
    /// Version of the structure; 1.
    pub version: u8,
    /// Transport info version: 1 for specification 1.0; from 2 on `ext` and `pcie_segment` are read.
    pub info_version: u8,
    /// Index of the HFI that refers here, as stated in the structure itself.
    pub hfi_index: u16,
    /// Flags.
    pub flags: HfiTcpFlags,
    /// PCIe routing ID: bits 15-8 bus, 7-3 device, 2-0 function; bits 31-16 the segment.
    pub routing_id: u32,
    /// MAC address.
    pub mac: Mac,
    /// VLAN ID.
    pub vlan: VlanId,
    /// Where the address came from.
    pub ip_origin: IpOrigin,
    /// The address.
    pub ip: Address,
    /// Prefix length in bits: at most 32 for IPv4, 128 for IPv6.
    pub prefix: u8,
    /// Gateway.
    pub gateway: Address,
    /// Route metric: 500 = routing supported, no metric configured; 0 = unused.
    pub route_metric: u16,
    /// Primary DNS server.
    pub primary_dns: Address,
    /// Secondary DNS server.
    pub secondary_dns: Address,
    /// DHCP server; means something with the DHCP override flag only.
    pub dhcp_server: Address,
    /// Host name.
    pub host_name: Option<String>,
    /// HFI extended info (1.1 and later).
    pub ext: Option<HfiExt>,
    /// PCIe segment number (1.1 and later; flit mode).
    pub pcie_segment: u8,
}

impl HfiTcp {
    /// Where the NIC sits: the segment of byte 116 when the info version is 2 or more and it is not 0, else the routing
    /// ID's upper half.
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

/// HFI extended info, structure ID 10 (1.1 and later).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[non_exhaustive]
pub struct HfiExt {
    /// Version of the structure; 1.
    pub version: u8,
    /// Index of the HFI that it belongs to, as stated in the structure itself.
    pub hfi_index: u16,
    /// Flags.
    pub flags: HfiExtFlags,
    /// DHCP IAID, when flag bit 1 is set.
    pub iaid: Option<u32>,
    /// DHCP DUID as it lies in the table (numbers inside are little endian), when flag bit 1 is set.
    pub duid: Option<Vec<u8>>,
}

/// SSNS descriptor, structure ID 4: a subsystem and one of its namespaces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[non_exhaustive]
pub struct Ssns {
    /// Index; from 1.
    pub index: u16,
    /// Flags.
    pub flags: SsnsFlags,
    /// Transport type.
    pub transport: TransportType,
    /// Transport flags.
    pub transport_flags: SsnsTransportFlags,
    /// Discovery descriptor by which it was found; 0 none.
    pub primary_discovery: u8,
    /// Subsystem transport address; `None` when there is none that can be read.
    pub traddr: Option<Address>,
    /// Transport service ID: the TCP port in decimal.
    pub trsvcid: Option<String>,
    /// Subsystem port ID.
    pub port_id: u16,
    /// Namespace ID; 0 = rely on the NID.
    pub nsid: u32,
    /// Type of the NID.
    pub nid_type: NidType,
    /// The NID's 16 bytes as they lie there.
    pub nid: [u8; 16],
    /// Security profile index; 0 none. Means something with the flag only.
    pub security: u8,
    /// Primary HFI index.
    pub primary_hfi: u8,
    /// Secondary HFI indexes as they lie there, with zeros and repetitions.
    pub secondary_hfis: Vec<u8>,
    /// Subsystem NQN.
    pub nqn: Option<Nqn>,
    /// Extended info, when flag bit 4 is set.
    pub ext: Option<SsnsExt>,
}

impl Ssns {
    /// The namespace's identifier, or `None` when the type says none, is unknown, or all bytes are zero.
    #[must_use]
    pub fn nid(&self) -> Option<Nid> {
        if self.nid == [0; 16] { None } else { Nid::from_field(self.nid_type, self.nid) }
    }

    /// HFI indexes, primary first, without zeros and repetitions.
    #[must_use]
    pub fn hfi_indexes(&self) -> Vec<u8> {
        let mut indexes = Vec::new();
        // A list may be long and name the same few again and again.
        let mut seen = [false; 256];
        for index in core::iter::once(self.primary_hfi).chain(self.secondary_hfis.iter().copied()) {
            if index != 0 && !core::mem::replace(&mut seen[usize::from(index)], true) {
                indexes.push(index);
            }
        }
        indexes
    }
}

/// SSNS extended info, structure ID 9.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[non_exhaustive]
pub struct SsnsExt {
    /// Version of the structure; 1.
    pub version: u8,
    /// Index of the SSNS that it belongs to, as stated in the structure itself.
    pub ssns_index: u16,
    /// Flags.
    pub flags: SsnsExtFlags,
    /// Controller ID.
    pub controller_id: u16,
    /// Admin submission queue size.
    pub asqsz: u16,
    /// DHCP root path, kept whatever the SSNS flag says (firmware sets the string, not the flag).
    pub dhcp_root_path: Option<String>,
    /// Diagnostics (1.1 and later; present when the object is 23 bytes long).
    pub diagnostics: Option<Diagnostics>,
}

/// What firmware says of its own attempt (SSNS extended info bytes 18-22; 1.1 and later).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[non_exhaustive]
pub struct Diagnostics {
    /// Namespace availability.
    pub naed: Naed,
    /// Connect invalid parameters.
    pub cipeec: Cipeec,
    /// Firmware's connect timeout in seconds; `FFFFh` not specified.
    pub connect_timeout: u16,
    /// Network and connection.
    pub nceec: Nceec,
}

/// Security profile descriptor, structure ID 5.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[non_exhaustive]
pub struct SecurityProfile {
    /// Index; from 1.
    pub index: u8,
    /// Flags.
    pub flags: SecurityFlags,
    /// Kind of secret.
    pub secret_type: SecretType,
    /// Secure channel algorithms (SECTYPE), when the policy list is not "none".
    pub channel_algorithms: Option<Vec<u8>>,
    /// Authentication protocols, when the policy list is not "none".
    pub authentication_protocols: Option<Vec<u8>>,
    /// IANA TLS cipher suites, when restricted.
    pub cipher_suites: Option<Vec<u16>>,
    /// Key exchange groups for HMAC-CHAP, when restricted.
    pub kx_groups: Option<Vec<u8>>,
    /// Secure hash functions for HMAC-CHAP, when restricted.
    pub hashes: Option<Vec<u8>>,
    /// Where the secret lies: a URI.
    pub secret_keypath: Option<String>,
}

/// Discovery descriptor, structure ID 6.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[non_exhaustive]
pub struct Discovery {
    /// Flags.
    pub flags: DiscoveryFlags,
    /// Index; from 1.
    pub index: u8,
    /// HFI index.
    pub hfi: u8,
    /// Security profile index; 0 none.
    pub security: u8,
    /// Address: `nvme+tcp://<ip or [ipv6]>[:port]/`.
    pub uri: Option<String>,
    /// NQN of the discovery controller; absent = the well-known one.
    pub nqn: Option<Nqn>,
}
