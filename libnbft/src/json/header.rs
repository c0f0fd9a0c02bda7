//! Gives the header and the control descriptor their JSON form.

use super::values::{Fixed, ignored};
use crate::model;
use alloc::string::String;
use serde::{Deserialize, Serialize};

/// The ACPI header and the fields that follow it (bytes 0-63).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(rename = "header", extend("required" = ["major", "minor", "oem_id", "oem_table_id", "oem_revision", "creator_id", "creator_revision"]))
)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Header {
    /// Major revision of the table; 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub major: Option<u8>,
    /// Minor revision: 0 for specification 1.0, 1 for 1.1 and later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minor: Option<u8>,
    /// OEM ID, 6 bytes, without the NULs at its end.
    pub oem_id: Fixed<6>,
    /// OEM table ID, 8 bytes, without the NULs at its end.
    pub oem_table_id: Fixed<8>,
    /// OEM revision.
    pub oem_revision: u32,
    /// Creator ID, 4 bytes, without the NULs at its end.
    pub creator_id: Fixed<4>,
    /// Creator revision.
    pub creator_revision: u32,
    /// UEFI device path of the driver that made the table. Left out when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver_path: Option<String>,
    /// Length of the table in bytes, as the header states it. Computed by nbft build.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "ignored")]
    pub length: Option<u32>,
    /// The checksum byte. Computed by nbft build.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "ignored")]
    pub checksum: Option<u8>,
    /// Offset of the heap in bytes. Computed by nbft build.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "ignored")]
    pub heap_offset: Option<u32>,
    /// Length of the heap in bytes. Computed by nbft build.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "ignored")]
    pub heap_length: Option<u32>,
}

impl From<&model::Header> for Header {
    fn from(header: &model::Header) -> Self {
        Self {
            major: Some(header.major),
            minor: Some(header.minor),
            oem_id: Fixed(header.oem_id),
            oem_table_id: Fixed(header.oem_table_id),
            oem_revision: header.oem_revision,
            creator_id: Fixed(header.creator_id),
            creator_revision: header.creator_revision,
            driver_path: header.driver_path.clone(),
            length: None,
            checksum: None,
            heap_offset: None,
            heap_length: None,
        }
    }
}

impl Header {
    /// Adds the values that a writer computes, from the bytes of a table that was read.
    pub fn add_computed(&mut self, bytes: &[u8]) {
        let word = |at: usize| bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes);
        self.length = word(4);
        self.checksum = bytes.get(9).copied();
        self.heap_offset = word(36);
        self.heap_length = word(40);
    }

    /// Converts to the model; `minor` is the minor revision if the JSON states none.
    pub(super) fn model(self, minor: u8) -> model::Header {
        model::Header {
            major: self.major.unwrap_or(1),
            minor: self.minor.unwrap_or(minor),
            oem_id: self.oem_id.0,
            oem_table_id: self.oem_table_id.0,
            oem_revision: self.oem_revision,
            creator_id: self.creator_id.0,
            creator_revision: self.creator_revision,
            driver_path: self.driver_path,
        }
    }
}

/// The control descriptor without its lists.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(rename = "control", extend("required" = ["major", "minor", "flags"]))
)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Control {
    /// Major revision of the structure; 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub major: Option<u8>,
    /// Minor revision of the structure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minor: Option<u8>,
    /// Flags; bit 0 is "valid".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flags: Option<u8>,
}

impl From<&model::Control> for Control {
    fn from(control: &model::Control) -> Self {
        Self { major: Some(control.major), minor: Some(control.minor), flags: Some(control.flags) }
    }
}

impl Control {
    /// Converts to the model; `minor` is the minor revision if the JSON states none.
    pub(super) fn model(self, minor: u8) -> model::Control {
        model::Control {
            major: self.major.unwrap_or(1),
            minor: self.minor.unwrap_or(minor),
            flags: self.flags.unwrap_or(1),
        }
    }
}
