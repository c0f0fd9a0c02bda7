//! Gives the discovery descriptor its JSON form.

use super::values::{Bit, is_zero, word};
use crate::model::{self, DiscoveryFlags, Nqn};
use alloc::string::String;
use serde::{Deserialize, Serialize};

/// A discovery descriptor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(rename = "discovery", extend("required" = ["index", "hfi"]))
)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Discovery {
    /// Index of the discovery descriptor.
    pub index: u8,
    /// Whether the discovery descriptor is valid. Left out when it is valid.
    #[serde(skip_serializing_if = "Bit::is_set")]
    #[cfg_attr(feature = "schema", schemars(with = "super::schema::Clear"))]
    pub valid: Bit,
    /// Index of the security profile. Left out when there is none.
    #[serde(skip_serializing_if = "is_zero")]
    pub security: u8,
    /// Index of the HFI.
    pub hfi: u8,
    /// Address: nvme+tcp://ADDRESS[:PORT]/. Left out when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// NQN of the discovery controller. Left out when there is none, which means the well-known discovery NQN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nqn: Option<Nqn>,
    /// Bits 1-7 of the flags, in place. Left out when 0.
    #[serde(skip_serializing_if = "is_zero")]
    pub reserved_flags: u8,
}

impl Default for Discovery {
    fn default() -> Self {
        Self { index: 0, valid: Bit(true), security: 0, hfi: 0, uri: None, nqn: None, reserved_flags: 0 }
    }
}

impl From<&model::Discovery> for Discovery {
    fn from(discovery: &model::Discovery) -> Self {
        Self {
            index: discovery.index,
            valid: Bit(discovery.flags.is_valid()),
            security: discovery.security,
            hfi: discovery.hfi,
            uri: discovery.uri.clone(),
            nqn: discovery.nqn.clone(),
            reserved_flags: discovery.flags.0 & !DiscoveryFlags::VALID.0,
        }
    }
}

impl Discovery {
    /// Converts to the model.
    pub(super) fn model(&self) -> model::Discovery {
        let flags = word([self.valid.bits(DiscoveryFlags::VALID.0), self.reserved_flags & !DiscoveryFlags::VALID.0]);
        model::Discovery {
            flags: DiscoveryFlags(flags),
            index: self.index,
            hfi: self.hfi,
            security: self.security,
            uri: self.uri.clone(),
            nqn: self.nqn.clone(),
        }
    }
}
