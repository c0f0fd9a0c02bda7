//! Converts the DHCP DUID to nvme-cli's keys, one for its type and one for each field, and back.
//!
//! Numbers are little endian in the table; byte strings and the UUID are in order.

use super::duid_type::DuidType;
use super::error::JsonError;
use super::hfi::Hfi;
use super::values::hex_from_bytes;
use crate::hex::{Hex, hex_byte};
use crate::model::Uuid;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Hex pairs with colons between them.
fn with_colons(bytes: &[u8]) -> String {
    Hex::separated(bytes, ":").to_string()
}

/// Undoes [`with_colons`].
fn without_colons(key: &str, text: &str) -> Result<Vec<u8>, JsonError> {
    let byte = |pair: &str| match *pair.as_bytes() {
        [high, low] => hex_byte(high, low),
        _ => None,
    };
    let bytes: Option<_> = text.split(':').map(byte).collect();
    bytes.ok_or_else(|| JsonError::new(key, format!("{text:?} is not pairs of hex digits with colons between them")))
}

/// Splits off the little-endian number at the front.
fn word(bytes: &[u8]) -> Option<(u16, &[u8])> {
    bytes.split_first_chunk().map(|(number, rest)| (u16::from_le_bytes(*number), rest))
}

/// [`word`] for numbers of four bytes.
fn double(bytes: &[u8]) -> Option<(u32, &[u8])> {
    bytes.split_first_chunk().map(|(number, rest)| (u32::from_le_bytes(*number), rest))
}

/// A byte string, unless it is empty.
fn text(bytes: &[u8]) -> Option<String> {
    (!bytes.is_empty()).then(|| with_colons(bytes))
}

impl Hfi {
    /// Adds the keys of `duid`'s fields, as far as it is long enough for them.
    pub(super) fn add_duid(&mut self, duid: &[u8]) {
        self.dhcp_duid = Some(hex_from_bytes(duid));
        // nvme-cli gives one that is too short for a type the type 0, and prints all of it.
        let (kind, rest) = word(duid).unwrap_or((0, &[]));
        self.dhcp_duid_type = Some(DuidType(kind));
        match DuidType(kind) {
            DuidType::LLT => {
                let Some((hardware, rest)) = word(rest) else { return };
                self.dhcp_duid_hwtype = Some(hardware);
                let Some((time, address)) = double(rest) else { return };
                self.dhcp_duid_time = Some(time);
                self.dhcp_duid_lladdr = text(address);
            }
            DuidType::EN => {
                let Some((number, id)) = double(rest) else { return };
                self.dhcp_duid_enterprise = Some(number);
                self.dhcp_duid_id = text(id);
            }
            DuidType::LL => {
                let Some((hardware, address)) = word(rest) else { return };
                self.dhcp_duid_hwtype = Some(hardware);
                self.dhcp_duid_lladdr = text(address);
            }
            DuidType::UUID => {
                self.dhcp_duid_uuid = rest.first_chunk().map(|bytes| Uuid(*bytes).to_string());
            }
            _ => self.dhcp_duid_raw = text(duid),
        }
    }

    /// The DUID that the keys beside `dhcp_duid` describe; nvme-cli prints only these.
    pub(super) fn model_explained_duid(&self) -> Result<Option<Vec<u8>>, JsonError> {
        let Some(DuidType(kind)) = self.dhcp_duid_type else { return Ok(None) };
        let mut duid = kind.to_le_bytes().to_vec();
        let bytes = |key: &str, text: &Option<String>| -> Result<Vec<u8>, JsonError> {
            text.as_deref().map_or_else(|| Ok(Vec::new()), |text| without_colons(key, text))
        };
        let hardware = self.dhcp_duid_hwtype.map(u16::to_le_bytes);
        let address = bytes("dhcp_duid_lladdr", &self.dhcp_duid_lladdr)?;
        match DuidType(kind) {
            DuidType::LLT => {
                duid.extend(hardware.into_iter().flatten());
                duid.extend(self.dhcp_duid_time.map(u32::to_le_bytes).into_iter().flatten());
                duid.extend(address);
            }
            DuidType::EN => {
                duid.extend(self.dhcp_duid_enterprise.map(u32::to_le_bytes).into_iter().flatten());
                duid.extend(bytes("dhcp_duid_id", &self.dhcp_duid_id)?);
            }
            DuidType::LL => {
                duid.extend(hardware.into_iter().flatten());
                duid.extend(address);
            }
            DuidType::UUID => {
                if let Some(text) = &self.dhcp_duid_uuid {
                    let uuid: Uuid =
                        text.parse().map_err(|error| JsonError::new("dhcp_duid_uuid", format!("{error}")))?;
                    duid.extend(uuid.0);
                }
            }
            // All of it, the type too.
            _ if self.dhcp_duid_raw.is_some() => duid = bytes("dhcp_duid_raw", &self.dhcp_duid_raw)?,
            _ => {}
        }
        Ok(Some(duid))
    }
}
