//! Gives the SSNS descriptor its JSON form.

use super::error::JsonError;
use super::hfi::unless_valid;
use super::ssns_ext::SsnsExt;
use super::values::{Bit, IpText, Transport, Word, bytes_from_hex, hex_from_bytes, ignored, is_zero, word};
use crate::model::{self, Availability, Cipeec, Naed, Nceec, Nid, NidType, Nqn, SsnsFlags, SsnsTransportFlags};
use alloc::format;
use alloc::string::{String, ToString};
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

const RESERVED: u16 = 0xfe00;
const TRANSPORT_RESERVED: u16 = 0xfff8;

impl Ssns {
    /// Converts from the model; `table` has the HFIs.
    pub(super) fn new(ssns: &model::Ssns, table: &model::Table) -> Self {
        let hfis: Vec<u8> = ssns.hfi_indexes().into_iter().filter(|index| table.hfi(*index).is_some()).collect();
        let (transport, transport_type) = Transport::split(ssns.transport);
        let flags = ssns.flags;
        let mut json = Self {
            index: ssns.index,
            valid: unless_valid(flags.is_valid()),
            num_hfis: Some(hfis.len()),
            hfis: Some(hfis),
            primary_hfi: Some(ssns.primary_hfi),
            secondary_hfis: Some(ssns.secondary_hfis.clone()),
            transport,
            transport_type,
            traddr: ssns.traddr.map(|address| IpText(Some(address))),
            trsvcid: ssns.trsvcid.clone(),
            subsys_port_id: ssns.port_id,
            nsid: ssns.nsid,
            subsys_nqn: ssns.nqn.clone(),
            pdu_header_digest_required: Bit(ssns.transport_flags.header_digest()),
            data_digest_required: Bit(ssns.transport_flags.data_digest()),
            discovered: Bit(flags.discovered()),
            unavailable: Some(Bit(flags.availability().0 & Availability::UNAVAILABLE.0 != 0)),
            availability: Some(Word(flags.availability())),
            non_bootable: Bit(flags.non_bootable()),
            use_security: Bit(flags.use_security()),
            security: ssns.security,
            dhcp_root_path_override: Some(Bit(flags.dhcp_root_path())),
            separate_discovery: Bit(flags.separate_discovery()),
            primary_discovery: ssns.primary_discovery,
            transport_flags_in_use: Some(Bit(ssns.transport_flags.in_use())),
            transport_reserved_flags: ssns.transport_flags.0 & TRANSPORT_RESERVED,
            reserved_flags: flags.0 & RESERVED,
            extended_info_in_use: Some(Bit(flags.extended_info())),
            ..Self::default()
        };
        json.add_nid(ssns);
        if let Some(ext) = &ssns.ext {
            json.add_ext(ext);
        }
        json
    }

    fn add_nid(&mut self, ssns: &model::Ssns) {
        let nid = Nid::from_field(ssns.nid_type, ssns.nid);
        let said = match nid {
            Some(Nid::Eui64(id)) => id.len(),
            Some(_) => ssns.nid.len(),
            None => 0,
        };
        if ssns.nid[said..].iter().any(|byte| *byte != 0) {
            self.nid_bytes = Some(hex_from_bytes(&ssns.nid));
        }
        self.nid_type = nid.map(|nid| nid.kind().into());
        self.nid = Some(nid.map(|nid| nid.to_string()).unwrap_or_default());
        if nid.is_none() && ssns.nid_type != NidType::NONE {
            self.nid_type_code = Some(ssns.nid_type.0);
        }
    }

    fn add_ext(&mut self, ext: &model::SsnsExt) {
        if let Some(diagnostics) = ext.diagnostics {
            self.naed_text = Some(diagnostics.naed.to_string());
            self.cipeec_text = Some(diagnostics.cipeec.to_string());
            self.nceec_text = Some(diagnostics.nceec.to_string());
        }
        let mut inner = SsnsExt::from(ext);
        // What nvme-cli reads has its key where nvme-cli has it.
        if ext.version == 1 && ext.ssns_index == self.index {
            self.controller_id = inner.controller_id.take().unwrap_or_default();
            let asqsz = if ext.flags.admin_asqsz() { &mut self.asqsz } else { &mut self.asqsz_stored };
            *asqsz = inner.asqsz.take().unwrap_or_default();
            self.dhcp_root_path_string = inner.dhcp_root_path_string.take();
            self.naed = inner.naed.take();
            self.cipeec = inner.cipeec.take();
            self.connection_timeout = inner.connection_timeout.take().unwrap_or_default();
            self.nceec = inner.nceec.take();
        }
        self.extended_info = Some(inner);
    }

    /// Converts to the model.
    pub(super) fn model(&self) -> Result<model::Ssns, JsonError> {
        let ext = self.model_ext();
        let (primary_hfi, secondary_hfis) = self.model_hfis();
        let (nid_type, nid) = self.model_nid()?;
        Ok(model::Ssns {
            index: self.index,
            flags: self.model_flags(ext.is_some()),
            transport: Transport::join(self.transport_type),
            transport_flags: self.model_transport_flags(),
            primary_discovery: self.primary_discovery,
            traddr: self.traddr.and_then(|text| text.0),
            trsvcid: self.trsvcid.clone(),
            port_id: self.subsys_port_id,
            nsid: self.nsid,
            nid_type,
            nid,
            security: self.security,
            primary_hfi,
            secondary_hfis,
            nqn: self.subsys_nqn.clone(),
            ext,
        })
    }

    /// Primary and secondary HFI indexes: those of their own keys, or else those of `hfis`.
    fn model_hfis(&self) -> (u8, Vec<u8>) {
        let named = self.hfis.as_deref().unwrap_or_default();
        let primary = self.primary_hfi.unwrap_or_else(|| named.first().copied().unwrap_or(0));
        let secondary = self
            .secondary_hfis
            .clone()
            .unwrap_or_else(|| named.iter().copied().filter(|index| *index != primary).collect());
        (primary, secondary)
    }

    fn model_flags(&self, has_ext: bool) -> SsnsFlags {
        let availability = match (self.availability, self.unavailable) {
            (Some(Word(availability)), _) => availability,
            (None, Some(Bit(true))) => Availability::UNAVAILABLE,
            (None, _) => Availability::NOT_INDICATED,
        };
        let root_path = self.dhcp_root_path_override.unwrap_or(Bit(self.dhcp_root_path_string.is_some()));
        SsnsFlags(word([
            self.valid.unwrap_or(Bit(true)).bits(SsnsFlags::VALID.0),
            self.non_bootable.bits(SsnsFlags::NON_BOOTABLE.0),
            self.use_security.bits(SsnsFlags::USE_SECURITY.0),
            root_path.bits(SsnsFlags::DHCP_ROOT_PATH.0),
            self.extended_info_in_use.unwrap_or(Bit(has_ext)).bits(SsnsFlags::EXTENDED_INFO.0),
            self.separate_discovery.bits(SsnsFlags::SEPARATE_DISCOVERY.0),
            self.discovered.bits(SsnsFlags::DISCOVERED.0),
            u16::from(availability.0 & 3) << 7,
            self.reserved_flags & RESERVED,
        ]))
    }

    fn model_transport_flags(&self) -> SsnsTransportFlags {
        let digests = self.pdu_header_digest_required.0 || self.data_digest_required.0;
        SsnsTransportFlags(word([
            self.transport_flags_in_use.unwrap_or(Bit(digests)).bits(SsnsTransportFlags::IN_USE.0),
            self.pdu_header_digest_required.bits(SsnsTransportFlags::HEADER_DIGEST.0),
            self.data_digest_required.bits(SsnsTransportFlags::DATA_DIGEST.0),
            self.transport_reserved_flags & TRANSPORT_RESERVED,
        ]))
    }

    fn model_nid(&self) -> Result<(NidType, [u8; 16]), JsonError> {
        let text = self.nid.as_deref().unwrap_or_default();
        let wrong = |place, error: &dyn core::fmt::Display| JsonError::new(place, format!("{error}"));
        let said = match self.nid_type.as_deref() {
            Some(kind) => Some(Nid::from_parts(kind, text).map_err(|error| wrong("nid", &error))?),
            None if text.is_empty() => None,
            None => return Err(JsonError::new("nid", "needs a nid_type (eui64, nguid, uuid)".into())),
        };
        let (nid_type, mut bytes) = match said {
            Some(Nid::Eui64(id)) => {
                let mut bytes = [0; 16];
                bytes[..8].copy_from_slice(&id);
                (NidType::EUI64, bytes)
            }
            Some(Nid::Nguid(id)) => (NidType::NGUID, id),
            Some(Nid::Uuid(id)) => (NidType::UUID, id.0),
            None => (NidType(self.nid_type_code.unwrap_or(0)), [0; 16]),
        };
        if let Some(text) = &self.nid_bytes {
            let stored = bytes_from_hex(text).map_err(|error| wrong("nid_bytes", &error))?;
            bytes = stored.try_into().map_err(|_| wrong("nid_bytes", &"is not 16 bytes long"))?;
        }
        Ok((nid_type, bytes))
    }

    /// The extended info, if there is a key that only it can have.
    fn model_ext(&self) -> Option<model::SsnsExt> {
        let some = |number: u16| (number != 0).then_some(number);
        let outer = SsnsExt {
            asqsz_configured: (self.asqsz != 0).then_some(Bit(true)),
            controller_id: some(self.controller_id),
            asqsz: some(self.asqsz).or(some(self.asqsz_stored)),
            dhcp_root_path_string: self.dhcp_root_path_string.clone().or(self.dhcp_root_path_stored.clone()),
            naed: self.naed,
            cipeec: self.cipeec,
            connection_timeout: some(self.connection_timeout),
            nceec: self.nceec,
            ..SsnsExt::default()
        };
        match &self.extended_info {
            Some(inner) => Some(inner.clone().or(outer).model(self.index)),
            None => (outer != SsnsExt::default()).then(|| outer.model(self.index)),
        }
    }
}
