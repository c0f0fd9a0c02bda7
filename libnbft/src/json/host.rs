//! Gives the host descriptor its JSON form.

use super::values::{Bit, Word, is_zero, word};
use crate::model::{self, HostFlags, Nqn, PrimaryAdminHost, Uuid};
use serde::{Deserialize, Serialize};

/// The host descriptor. Left out when the table has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(rename = "host", extend("required" = ["id", "host_id_configured", "host_nqn_configured", "primary_admin_host_flag"]))
)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Host {
    /// Whether the host descriptor is valid. Left out when it is valid.
    #[serde(skip_serializing_if = "Bit::is_set")]
    #[cfg_attr(feature = "schema", schemars(with = "super::schema::Clear"))]
    pub valid: Bit,
    /// Host NQN. Left out when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nqn: Option<Nqn>,
    /// Host ID, its bytes in the order in which they lie in the table.
    pub id: Uuid,
    /// 1: an administrator configured the host ID; 0: it is the driver's default.
    pub host_id_configured: Bit,
    /// 1: an administrator configured the host NQN; 0: it is the driver's default.
    pub host_nqn_configured: Bit,
    /// Which of several tables names the host.
    pub primary_admin_host_flag: Word<PrimaryAdminHost>,
    /// Bits 5-7 of the flags, in place. Left out when 0.
    #[serde(skip_serializing_if = "is_zero")]
    pub reserved_flags: u8,
}

impl Default for Host {
    fn default() -> Self {
        Self {
            valid: Bit(true),
            nqn: None,
            id: Uuid::default(),
            host_id_configured: Bit(false),
            host_nqn_configured: Bit(false),
            primary_admin_host_flag: Word(PrimaryAdminHost::NOT_INDICATED),
            reserved_flags: 0,
        }
    }
}

/// Flag bits without a key of their own.
const RESERVED: u8 = 0b1110_0000;

impl From<&model::Host> for Host {
    fn from(host: &model::Host) -> Self {
        let flags = host.flags;
        Self {
            valid: Bit(flags.is_valid()),
            nqn: host.nqn.clone(),
            id: host.id,
            host_id_configured: Bit(flags.host_id_configured()),
            host_nqn_configured: Bit(flags.host_nqn_configured()),
            primary_admin_host_flag: Word(flags.primary_admin()),
            reserved_flags: flags.0 & RESERVED,
        }
    }
}

impl Host {
    /// Converts to the model.
    pub(super) fn model(&self) -> model::Host {
        let flags = word([
            self.valid.bits(HostFlags::VALID.0),
            self.host_id_configured.bits(HostFlags::HOST_ID_CONFIGURED.0),
            self.host_nqn_configured.bits(HostFlags::HOST_NQN_CONFIGURED.0),
            (self.primary_admin_host_flag.0.0 & 3) << 3,
            self.reserved_flags & RESERVED,
        ]);
        model::Host { flags: HostFlags(flags), id: self.id, nqn: self.nqn.clone() }
    }
}
