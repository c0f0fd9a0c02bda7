//! Converts SSNS descriptors between JSON and model.

use super::error::JsonError;
use super::hfi::unless_valid;
use super::ssns::{Ssns, SsnsExt};
use super::values::{Bit, IpText, Transport, Word, bytes_from_hex, hex_from_bytes, word};
use crate::model::{self, Availability, Diagnostics, Nid, NidType, SsnsExtFlags, SsnsFlags, SsnsTransportFlags};
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

const RESERVED: u16 = 0xfe00;
const TRANSPORT_RESERVED: u16 = 0xfff8;
const EXT_RESERVED: u32 = !SsnsExtFlags::VALID.with(SsnsExtFlags::ADMIN_ASQSZ).0;

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
        let mut inner = SsnsExt {
            version: Some(ext.version),
            ssns_index: Some(ext.ssns_index),
            valid: unless_valid(ext.flags.is_valid()),
            asqsz_configured: Some(Bit(ext.flags.admin_asqsz())),
            reserved_flags: ext.flags.0 & EXT_RESERVED,
            ..SsnsExt::default()
        };
        if let Some(diagnostics) = ext.diagnostics {
            self.naed_text = Some(diagnostics.naed.to_string());
            self.cipeec_text = Some(diagnostics.cipeec.to_string());
            self.nceec_text = Some(diagnostics.nceec.to_string());
        }
        let path = ext.dhcp_root_path.clone();
        if ext.version == 1 && ext.ssns_index == self.index {
            self.controller_id = ext.controller_id;
            *(if ext.flags.admin_asqsz() { &mut self.asqsz } else { &mut self.asqsz_stored }) = ext.asqsz;
            self.dhcp_root_path_string = path;
            self.naed = ext.diagnostics.map(|diagnostics| diagnostics.naed);
            self.cipeec = ext.diagnostics.map(|diagnostics| diagnostics.cipeec);
            self.connection_timeout = ext.diagnostics.map_or(0, |diagnostics| diagnostics.connect_timeout);
            self.nceec = ext.diagnostics.map(|diagnostics| diagnostics.nceec);
        } else {
            (inner.controller_id, inner.asqsz) = (Some(ext.controller_id), Some(ext.asqsz));
            inner.dhcp_root_path_string = path;
            inner.naed = ext.diagnostics.map(|diagnostics| diagnostics.naed);
            inner.cipeec = ext.diagnostics.map(|diagnostics| diagnostics.cipeec);
            inner.connection_timeout = ext.diagnostics.map(|diagnostics| diagnostics.connect_timeout);
            inner.nceec = ext.diagnostics.map(|diagnostics| diagnostics.nceec);
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
        let json = self.extended_info.clone().unwrap_or_default();
        let diagnostics = self.model_diagnostics(&json);
        let root_path = json.dhcp_root_path_string.as_ref();
        let root_path = root_path.or(self.dhcp_root_path_string.as_ref()).or(self.dhcp_root_path_stored.as_ref());
        let said = diagnostics.is_some()
            || root_path.is_some()
            || [self.controller_id, self.asqsz, self.asqsz_stored].iter().any(|number| *number != 0);
        if self.extended_info.is_none() && !said {
            return None;
        }
        let flags = word([
            json.valid.unwrap_or(Bit(true)).bits(SsnsExtFlags::VALID.0),
            json.asqsz_configured.unwrap_or(Bit(self.asqsz != 0)).bits(SsnsExtFlags::ADMIN_ASQSZ.0),
            json.reserved_flags & EXT_RESERVED,
        ]);
        Some(model::SsnsExt {
            version: json.version.unwrap_or(1),
            ssns_index: json.ssns_index.unwrap_or(self.index),
            flags: SsnsExtFlags(flags),
            controller_id: json.controller_id.unwrap_or(self.controller_id),
            asqsz: json.asqsz.unwrap_or(if self.asqsz != 0 { self.asqsz } else { self.asqsz_stored }),
            dhcp_root_path: root_path.cloned(),
            diagnostics,
        })
    }

    fn model_diagnostics(&self, json: &SsnsExt) -> Option<Diagnostics> {
        let (naed, cipeec, nceec) = (json.naed.or(self.naed), json.cipeec.or(self.cipeec), json.nceec.or(self.nceec));
        let timeout = json.connection_timeout.or((self.connection_timeout != 0).then_some(self.connection_timeout));
        (naed.is_some() || cipeec.is_some() || nceec.is_some() || timeout.is_some()).then(|| Diagnostics {
            naed: naed.unwrap_or_default(),
            cipeec: cipeec.unwrap_or_default(),
            connect_timeout: timeout.unwrap_or_default(),
            nceec: nceec.unwrap_or_default(),
        })
    }
}
