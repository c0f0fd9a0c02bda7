//! Gives the SSNS descriptor and its extended info their JSON form.

use super::values::{Bit, IpText, Transport, Word, ignored, is_zero};
use crate::model::{Availability, Cipeec, Naed, Nceec, Nqn};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// An SSNS descriptor: a subsystem and one of its namespaces, with its extended info.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(rename = "subsystem", extend("required" = ["index", "num_hfis", "hfis", "primary_hfi", "secondary_hfis", "transport", "subsys_port_id", "nsid", "nid", "controller_id", "asqsz", "pdu_header_digest_required", "data_digest_required", "discovered", "unavailable", "availability", "connection_timeout", "non_bootable", "use_security", "security", "dhcp_root_path_override", "separate_discovery", "primary_discovery", "transport_flags_in_use", "extended_info_in_use"]))
)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Ssns {
    /// Index of the entry.
    pub index: u16,
    /// Whether the SSNS descriptor is valid. Left out when it is valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "super::schema::Clear"))]
    pub valid: Option<Bit>,
    /// Number of hfis.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(max = 255)))]
    pub num_hfis: Option<usize>,
    /// Indexes of the HFIs that reach the namespace, primary first; without zeros, repetitions and indexes that no HFI has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hfis: Option<Vec<u8>>,
    /// Primary HFI index as it lies in the table; 0 none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary_hfi: Option<u8>,
    /// Secondary HFI indexes as they lie in the table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secondary_hfis: Option<Vec<u8>>,
    /// Transport: tcp, or unknown with its number in transport_type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transport: Option<Transport>,
    /// Number of a transport whose name is not known. Left out otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transport_type: Option<u8>,
    /// Transport address of the subsystem. Left out when there is none that can be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traddr: Option<IpText>,
    /// Transport service ID: the TCP port in decimal. Left out when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trsvcid: Option<String>,
    /// Subsystem port ID.
    pub subsys_port_id: u16,
    /// Namespace ID; 0 when unspecified: the NID decides.
    pub nsid: u32,
    /// Type of the NID. Left out when there is no NID or its type is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "super::schema::NidKind"))]
    pub nid_type: Option<String>,
    /// Number of a type of NID that is not known. Left out otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nid_type_code: Option<u8>,
    /// NID: hex digits, with hyphens for a UUID; empty when there is none or its type is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nid: Option<String>,
    /// All 16 bytes of the NID field. Left out unless they say more than nid does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"^[0-9a-f]{32}$")))]
    pub nid_bytes: Option<String>,
    /// Subsystem NQN. Left out when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subsys_nqn: Option<Nqn>,
    /// Controller ID; 0 without extended info.
    pub controller_id: u16,
    /// Admin submission queue size that an administrator configured; else 0.
    pub asqsz: u16,
    /// Admin submission queue size in the table that no administrator configured. Left out when 0.
    #[serde(skip_serializing_if = "is_zero")]
    pub asqsz_stored: u16,
    /// DHCP root path; dhcp_root_path_override says whether it is in force. Left out when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dhcp_root_path_string: Option<String>,
    /// Former key for a DHCP root path that is not in use: read, never written.
    #[serde(skip_serializing)]
    pub dhcp_root_path_stored: Option<String>,
    /// Whether a PDU header digest is required.
    pub pdu_header_digest_required: Bit,
    /// Whether a data digest is required.
    pub data_digest_required: Bit,
    /// Whether the namespace was found by discovery.
    pub discovered: Bit,
    /// 1 when bit 8 of the flags is set: availability is "unavailable" or "reserved".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unavailable: Option<Bit>,
    /// What firmware says of the namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub availability: Option<Word<Availability>>,
    /// Namespace availability enhanced diagnostic (NAED). This key and those of CIPEEC and NCEEC are left out when the table
    /// has no diagnostics, as those of specification 1.0 have not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub naed: Option<Naed>,
    /// naed in words. Ignored by nbft build.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "ignored")]
    pub naed_text: Option<String>,
    /// Connect invalid parameters extended error code (CIPEEC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cipeec: Option<Cipeec>,
    /// cipeec in words. Ignored by nbft build.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "ignored")]
    pub cipeec_text: Option<String>,
    /// Firmware's connect timeout in seconds; 65535 not specified, 0 also when the table has no diagnostics.
    pub connection_timeout: u16,
    /// Network and connection extended error code (NCEEC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nceec: Option<Nceec>,
    /// nceec in words. Ignored by nbft build.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "ignored")]
    pub nceec_text: Option<String>,
    /// 1: the operating system needs the namespace later, it is no boot entry.
    pub non_bootable: Bit,
    /// Whether the security profile is to be used.
    pub use_security: Bit,
    /// Index of the security profile; 0 none.
    pub security: u8,
    /// Whether the values came from a DHCP root path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dhcp_root_path_override: Option<Bit>,
    /// Whether the discovery controller is a separate one.
    pub separate_discovery: Bit,
    /// Index of the discovery descriptor by which the namespace was found; 0 none.
    pub primary_discovery: u8,
    /// Whether the transport flags are in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transport_flags_in_use: Option<Bit>,
    /// Bits 3-15 of the transport flags, in place. Left out when 0.
    #[serde(skip_serializing_if = "is_zero")]
    pub transport_reserved_flags: u16,
    /// Bits 9-15 of the flags, in place. Left out when 0.
    #[serde(skip_serializing_if = "is_zero")]
    pub reserved_flags: u16,
    /// Whether the flags say that extended info is in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extended_info_in_use: Option<Bit>,
    /// What of the extended info has no key above. Left out when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extended_info: Option<SsnsExt>,
}

/// What of the extended info has no key above. Left out when there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(rename = "subsystem_extended_info", extend("required" = ["version", "ssns_index", "asqsz_configured"]))
)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct SsnsExt {
    /// Version of the structure; 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u8>,
    /// Index of the SSNS as the structure itself states it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ssns_index: Option<u16>,
    /// Whether the extended info is valid. Left out when it is valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "super::schema::Clear"))]
    pub valid: Option<Bit>,
    /// Whether an administrator configured the admin submission queue size.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asqsz_configured: Option<Bit>,
    /// Controller ID. This and the next keys stand here, and not in the SSNS, when the version is not 1 or the index not the
    /// SSNS's: nvme-cli does not read such extended info.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub controller_id: Option<u16>,
    /// Admin submission queue size.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asqsz: Option<u16>,
    /// DHCP root path. Left out when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dhcp_root_path_string: Option<String>,
    /// NAED.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub naed: Option<Naed>,
    /// CIPEEC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cipeec: Option<Cipeec>,
    /// Firmware's connect timeout in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_timeout: Option<u16>,
    /// NCEEC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nceec: Option<Nceec>,
    /// Bits 2-31 of the flags, in place. Left out when 0.
    #[serde(skip_serializing_if = "is_zero")]
    pub reserved_flags: u32,
}
