//! Gives the SSNS descriptor and its extended info their JSON form.

use super::values::{Bit, IpText, Transport, Word, ignored, is_zero};
use crate::model::{Availability, Cipeec, Naed, Nceec, Nqn};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// An SSNS descriptor (Boot Specification, SSNS Descriptor) with its extended info in JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Ssns {
    /// Index.
    pub index: u16,
    /// Whether the descriptor is valid; left out when it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid: Option<Bit>,
    /// Number of `hfis`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub num_hfis: Option<usize>,
    /// Indexes of the HFIs that exist, primary first, without zeros and repetitions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hfis: Option<Vec<u8>>,
    /// Primary HFI index of the table, also if there is no such HFI.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary_hfi: Option<u8>,
    /// Secondary HFI indexes of the table, with zeros and repetitions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secondary_hfis: Option<Vec<u8>>,
    /// Transport.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transport: Option<Transport>,
    /// The transport's number, if `transport` is `unknown`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transport_type: Option<u8>,
    /// Transport address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traddr: Option<IpText>,
    /// Transport service ID.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trsvcid: Option<String>,
    /// Subsystem port ID.
    pub subsys_port_id: u16,
    /// Namespace ID.
    pub nsid: u32,
    /// `eui64`, `nguid` or `uuid`; left out if the type is "none" or unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nid_type: Option<String>,
    /// The number of an unknown type of NID.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nid_type_code: Option<u8>,
    /// NID; empty if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nid: Option<String>,
    /// The 16 bytes of the NID field in hex digits, if `nid` does not determine them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nid_bytes: Option<String>,
    /// Subsystem NQN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subsys_nqn: Option<Nqn>,
    /// Controller ID; 0 without extended info.
    pub controller_id: u16,
    /// Admin submission queue size; 0 unless an administrator configured it.
    pub asqsz: u16,
    /// Admin submission queue size that no administrator configured.
    #[serde(skip_serializing_if = "is_zero")]
    pub asqsz_stored: u16,
    /// DHCP root path; `dhcp_root_path_override` says whether it is in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dhcp_root_path_string: Option<String>,
    /// Former key for a DHCP root path that is not in use: read, never written.
    #[serde(skip_serializing)]
    pub dhcp_root_path_stored: Option<String>,
    /// Whether a PDU header digest is required.
    pub pdu_header_digest_required: Bit,
    /// Whether a data digest is required.
    pub data_digest_required: Bit,
    /// Whether firmware found the namespace by discovery.
    pub discovered: Bit,
    /// Whether firmware marks the namespace as unavailable: bit 8 of the flags alone, as nvme-cli reads it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unavailable: Option<Bit>,
    /// The namespace's availability to firmware.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub availability: Option<Word<Availability>>,
    /// Namespace availability enhanced diagnostic; left out, like `cipeec` and `nceec`, if the table has no diagnostics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub naed: Option<Naed>,
    /// `naed` in words.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "ignored")]
    pub naed_text: Option<String>,
    /// Connect invalid parameters extended error code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cipeec: Option<Cipeec>,
    /// `cipeec` in words.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "ignored")]
    pub cipeec_text: Option<String>,
    /// Firmware's connect timeout in seconds; 65535 = not specified, 0 if the table has no diagnostics.
    pub connection_timeout: u16,
    /// Network and connection extended error code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nceec: Option<Nceec>,
    /// `nceec` in words.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "ignored")]
    pub nceec_text: Option<String>,
    /// Whether this is not a boot entry.
    pub non_bootable: Bit,
    /// Whether the security profile is in use.
    pub use_security: Bit,
    /// Security profile index; 0 none.
    pub security: u8,
    /// Whether the values came from a DHCP root path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dhcp_root_path_override: Option<Bit>,
    /// Whether the discovery controller is a separate one.
    pub separate_discovery: Bit,
    /// Discovery descriptor by which the namespace was found; 0 none.
    pub primary_discovery: u8,
    /// Whether the transport flags are in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transport_flags_in_use: Option<Bit>,
    /// Bits 3-15 of the transport flags, in place.
    #[serde(skip_serializing_if = "is_zero")]
    pub transport_reserved_flags: u16,
    /// Bits 9-15 of the flags, in place.
    #[serde(skip_serializing_if = "is_zero")]
    pub reserved_flags: u16,
    /// Whether the flags say that the extended info is in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extended_info_in_use: Option<Bit>,
    /// The rest of the extended info.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extended_info: Option<SsnsExt>,
}

/// SSNS extended info (Boot Specification, SSNS Extended Info Descriptor) in JSON, without the keys of [`Ssns`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct SsnsExt {
    /// Version of the structure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u8>,
    /// Index of the SSNS as the structure states it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ssns_index: Option<u16>,
    /// Whether the structure is valid; left out when it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid: Option<Bit>,
    /// Whether an administrator configured the admin submission queue size.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asqsz_configured: Option<Bit>,
    /// Controller ID. This and the next six keys are here, and not in [`Ssns`], if the structure's version is not 1 or its index
    /// is wrong: nvme-cli does not read such a structure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub controller_id: Option<u16>,
    /// Admin submission queue size.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asqsz: Option<u16>,
    /// DHCP root path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dhcp_root_path_string: Option<String>,
    /// Namespace availability enhanced diagnostic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub naed: Option<Naed>,
    /// Connect invalid parameters extended error code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cipeec: Option<Cipeec>,
    /// Firmware's connect timeout in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_timeout: Option<u16>,
    /// Network and connection extended error code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nceec: Option<Nceec>,
    /// Bits 2-31 of the flags, in place.
    #[serde(skip_serializing_if = "is_zero")]
    pub reserved_flags: u32,
}
