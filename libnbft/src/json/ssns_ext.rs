//! Gives the SSNS extended info its JSON form. What nvme-cli reads of it has keys in the SSNS, too.

use super::hfi::unless_valid;
use super::values::{Bit, is_zero, word};
use crate::model::{self, Cipeec, Diagnostics, Naed, Nceec, SsnsExtFlags};
use alloc::string::String;
use serde::{Deserialize, Serialize};

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

const RESERVED: u32 = !SsnsExtFlags::VALID.with(SsnsExtFlags::ADMIN_ASQSZ).0;

impl From<&model::SsnsExt> for SsnsExt {
    /// With every key.
    fn from(ext: &model::SsnsExt) -> Self {
        let diagnostics = ext.diagnostics;
        Self {
            version: Some(ext.version),
            ssns_index: Some(ext.ssns_index),
            valid: unless_valid(ext.flags.is_valid()),
            asqsz_configured: Some(Bit(ext.flags.admin_asqsz())),
            controller_id: Some(ext.controller_id),
            asqsz: Some(ext.asqsz),
            dhcp_root_path_string: ext.dhcp_root_path.clone(),
            naed: diagnostics.map(|diagnostics| diagnostics.naed),
            cipeec: diagnostics.map(|diagnostics| diagnostics.cipeec),
            connection_timeout: diagnostics.map(|diagnostics| diagnostics.connect_timeout),
            nceec: diagnostics.map(|diagnostics| diagnostics.nceec),
            reserved_flags: ext.flags.0 & RESERVED,
        }
    }
}

impl SsnsExt {
    /// Takes from the keys of the SSNS what has no key here.
    pub(super) fn or(self, outer: Self) -> Self {
        Self {
            asqsz_configured: self.asqsz_configured.or(outer.asqsz_configured),
            controller_id: self.controller_id.or(outer.controller_id),
            asqsz: self.asqsz.or(outer.asqsz),
            dhcp_root_path_string: self.dhcp_root_path_string.or(outer.dhcp_root_path_string),
            naed: self.naed.or(outer.naed),
            cipeec: self.cipeec.or(outer.cipeec),
            connection_timeout: self.connection_timeout.or(outer.connection_timeout),
            nceec: self.nceec.or(outer.nceec),
            ..self
        }
    }

    /// Converts to the model; `index` is the SSNS's.
    pub(super) fn model(self, index: u16) -> model::SsnsExt {
        let flags = word([
            self.valid.unwrap_or(Bit(true)).bits(SsnsExtFlags::VALID.0),
            self.asqsz_configured.unwrap_or_default().bits(SsnsExtFlags::ADMIN_ASQSZ.0),
            self.reserved_flags & RESERVED,
        ]);
        model::SsnsExt {
            version: self.version.unwrap_or(1),
            ssns_index: self.ssns_index.unwrap_or(index),
            flags: SsnsExtFlags(flags),
            controller_id: self.controller_id.unwrap_or_default(),
            asqsz: self.asqsz.unwrap_or_default(),
            diagnostics: self.model_diagnostics(),
            dhcp_root_path: self.dhcp_root_path_string,
        }
    }

    fn model_diagnostics(&self) -> Option<Diagnostics> {
        let Self { naed, cipeec, connection_timeout, nceec, .. } = *self;
        (naed.is_some() || cipeec.is_some() || nceec.is_some() || connection_timeout.is_some()).then(|| Diagnostics {
            naed: naed.unwrap_or_default(),
            cipeec: cipeec.unwrap_or_default(),
            connect_timeout: connection_timeout.unwrap_or_default(),
            nceec: nceec.unwrap_or_default(),
        })
    }
}
