//! Defines why the requirements of security profiles cannot be met.

use crate::codes::codes;
use crate::plan::Origin;
use alloc::vec::Vec;
use core::fmt;

/// A feature that a security profile may require.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Feature {
    /// In-band authentication.
    Authentication,
    /// A secure channel.
    SecureChannel,
}

/// The list of a profile that contains nothing that this host can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Algorithms {
    /// Authentication protocols, without DH-HMAC-CHAP.
    Protocols,
    /// Hash functions of DH-HMAC-CHAP.
    HashFunctions,
    /// Key exchange groups of DH-HMAC-CHAP.
    KxGroups,
    /// Secure channels, without TLS 1.3.
    Channels,
    /// Cipher suites of TLS 1.3.
    CipherSuites,
}

/// Why the security profiles of a connection cannot be met. Display is a sentence whose subject is the descriptor.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum PolicyError {
    /// The table does not hold the profile with this index.
    ProfileMissing(u8),
    /// The profile has a reserved value where it states whether a feature is required.
    ReservedValue {
        /// Index of the profile.
        profile: u8,
        /// The feature.
        feature: Feature,
        /// The value, 0-3.
        value: u8,
    },
    /// The profile requires a feature and allows only algorithms that this host cannot use.
    Unsupported {
        /// Index of the profile.
        profile: u8,
        /// The feature.
        feature: Feature,
        /// The list of allowed algorithms.
        algorithms: Algorithms,
    },
    /// Several profiles apply together, require a feature, and allow no common algorithm.
    NothingInCommon {
        /// The profiles.
        profiles: Vec<Origin>,
        /// The feature.
        feature: Feature,
    },
}

codes!(PolicyError {
    ProfileMissing => "profile-missing",
    ReservedValue => "profile-reserved-value",
    Unsupported => "profile-unsupported",
    NothingInCommon => "profiles-nothing-in-common",
});

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ProfileMissing(index) => {
                write!(f, "it names security profile {index}, which the table does not hold")
            }
            Self::ReservedValue { profile, feature, value } => {
                let field = match feature {
                    Feature::Authentication => "authentication",
                    Feature::SecureChannel => "the secure channel",
                };
                write!(f, "its security profile {profile} has the reserved value {value} for {field}")
            }
            Self::Unsupported { profile, feature, algorithms } => {
                let required = match feature {
                    Feature::Authentication => "authentication",
                    Feature::SecureChannel => "a secure channel",
                };
                let limit = match algorithms {
                    Algorithms::Protocols => "but not by DH-HMAC-CHAP, the only protocol known here",
                    Algorithms::HashFunctions => "and restricts the hash functions to none that is known here",
                    Algorithms::KxGroups => "and restricts the key exchange groups to none that is known here",
                    Algorithms::Channels => "but not by TLS 1.3, the only one that Linux has",
                    Algorithms::CipherSuites => "and restricts the cipher suites to none that is known here",
                };
                write!(f, "its security profile {profile} requires {required}, {limit}")
            }
            Self::NothingInCommon { profiles, feature } => {
                f.write_str("its security profiles ")?;
                for (number, profile) in profiles.iter().enumerate() {
                    write!(f, "{}{profile}", if number == 0 { "" } else { ", " })?;
                }
                f.write_str(match feature {
                    Feature::Authentication => " allow no hash function or key exchange group alike",
                    Feature::SecureChannel => " allow no cipher suite alike",
                })
            }
        }
    }
}

impl core::error::Error for PolicyError {}
