//! Gives the security profile its JSON form.

use super::hfi::unless_valid;
use super::values::{Bit, Word, is_zero, word};
use crate::model::{self, PolicyList, Requirement, SecretType, SecurityFlags};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// A security profile. A list is left out when it is not in use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(rename = "security", extend("required" = ["index", "authentication", "authentication_policy", "secure_channel", "secure_channel_policy", "cipher_suites_restricted", "kx_groups_restricted", "hash_functions_restricted", "secret_type"]))
)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct SecurityProfile {
    /// Index of the profile.
    pub index: u8,
    /// Whether the security descriptor is valid. Left out when it is valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "super::schema::Clear"))]
    pub valid: Option<Bit>,
    /// How far in-band authentication is wanted.
    pub authentication: Word<Requirement>,
    /// Who made the list of authentication protocols.
    pub authentication_policy: Word<PolicyList>,
    /// How far a secure channel (TLS) is wanted.
    pub secure_channel: Word<Requirement>,
    /// Who made the list of secure channel algorithms.
    pub secure_channel_policy: Word<PolicyList>,
    /// Whether only the listed cipher suites may be used.
    pub cipher_suites_restricted: Bit,
    /// Whether only the listed key exchange groups may be used.
    pub kx_groups_restricted: Bit,
    /// Whether only the listed hash functions may be used.
    pub hash_functions_restricted: Bit,
    /// Bits 12-15 of the flags, in place. Left out when 0.
    #[serde(skip_serializing_if = "is_zero")]
    pub reserved_flags: u16,
    /// Kind of secret; bit 1: the keypath is a Redfish host interface URI.
    pub secret_type: SecretType,
    /// Secure channel algorithms: 1 TLS 1.2, 2 TLS 1.3.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secure_channel_algorithms: Option<Vec<u8>>,
    /// Authentication protocols: 1 DH-HMAC-CHAP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authentication_protocols: Option<Vec<u8>>,
    /// TLS cipher suites by their IANA numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cipher_suites: Option<Vec<u16>>,
    /// Key exchange groups: 0 NULL, 1 2048-bit, 2 3072-bit, 3 4096-bit, 4 6144-bit, 5 8192-bit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kx_groups: Option<Vec<u8>>,
    /// Hash functions: 1 SHA-256, 2 SHA-384, 3 SHA-512.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash_functions: Option<Vec<u8>>,
    /// URI of the secret. Left out when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_keypath: Option<String>,
}

const RESERVED: u16 = 0xf000;

impl From<&model::SecurityProfile> for SecurityProfile {
    fn from(profile: &model::SecurityProfile) -> Self {
        let flags = profile.flags;
        Self {
            index: profile.index,
            valid: unless_valid(flags.is_valid()),
            authentication: Word(flags.authentication()),
            authentication_policy: Word(flags.authentication_policy()),
            secure_channel: Word(flags.secure_channel()),
            secure_channel_policy: Word(flags.secure_channel_policy()),
            cipher_suites_restricted: Bit(flags.cipher_suites_restricted()),
            kx_groups_restricted: Bit(flags.kx_groups_restricted()),
            hash_functions_restricted: Bit(flags.hashes_restricted()),
            reserved_flags: flags.0 & RESERVED,
            secret_type: profile.secret_type,
            secure_channel_algorithms: profile.channel_algorithms.clone(),
            authentication_protocols: profile.authentication_protocols.clone(),
            cipher_suites: profile.cipher_suites.clone(),
            kx_groups: profile.kx_groups.clone(),
            hash_functions: profile.hashes.clone(),
            secret_keypath: profile.secret_keypath.clone(),
        }
    }
}

impl SecurityProfile {
    /// Converts to the model.
    pub(super) fn model(&self) -> model::SecurityProfile {
        let two_bits = |code: u8, at: u32| u16::from(code & 3) << at;
        let flags = word([
            self.valid.unwrap_or(Bit(true)).bits(SecurityFlags::VALID.0),
            two_bits(self.authentication.0.0, 1),
            two_bits(self.authentication_policy.0.0, 3),
            two_bits(self.secure_channel.0.0, 5),
            two_bits(self.secure_channel_policy.0.0, 7),
            self.cipher_suites_restricted.bits(SecurityFlags::CIPHER_SUITES_RESTRICTED.0),
            self.kx_groups_restricted.bits(SecurityFlags::KX_GROUPS_RESTRICTED.0),
            self.hash_functions_restricted.bits(SecurityFlags::HASHES_RESTRICTED.0),
            self.reserved_flags & RESERVED,
        ]);
        model::SecurityProfile {
            index: self.index,
            flags: SecurityFlags(flags),
            secret_type: self.secret_type,
            channel_algorithms: self.secure_channel_algorithms.clone(),
            authentication_protocols: self.authentication_protocols.clone(),
            cipher_suites: self.cipher_suites.clone(),
            kx_groups: self.kx_groups.clone(),
            hashes: self.hash_functions.clone(),
            secret_keypath: self.secret_keypath.clone(),
        }
    }
}
