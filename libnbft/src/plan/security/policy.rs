//! Reads the requirements for a connection from security profiles (Boot Specification, Security Profile Descriptor).

use super::algorithms::{CipherSuite, HashFunction, KxGroup};
use super::error::{Algorithms, Feature, PolicyError};
use crate::model::{PolicyList, Requirement, SecurityProfile, Table};
use crate::plan::Origin;
use crate::plan::limits::MAX_NAMED;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

/// Whether a feature is required. Stricter needs sort last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
pub enum Need {
    /// The subsystem does not support it, and the host does not use it.
    #[default]
    NotSupported,
    /// The host uses it if possible.
    Allowed,
    /// The host refuses to connect without it.
    Required,
}

/// In-band authentication by DH-HMAC-CHAP.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Authentication {
    /// Whether it is required.
    pub need: Need,
    /// The only hash functions that may be used; `None`: any. Never empty unless the need is [`Need::NotSupported`].
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub hashes: Option<Vec<HashFunction>>,
    /// The only key exchange groups that may be used; `None`: any. Never empty unless the need is [`Need::NotSupported`].
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub groups: Option<Vec<KxGroup>>,
}

/// A secure channel: TLS 1.3 with a pre-shared key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct SecureChannel {
    /// Whether it is required.
    pub need: Need,
    /// The only cipher suites that may be used; `None`: any. Never empty unless the need is [`Need::NotSupported`].
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub ciphers: Option<Vec<CipherSuite>>,
    /// Whether the target's entry in a discovery log page requires it.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "core::ops::Not::not"))]
    pub of_target: bool,
}

/// The security requirements of a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Policy {
    /// The profiles that state the requirements, 16 at most.
    pub profiles: Vec<Origin>,
    /// In-band authentication.
    pub authentication: Authentication,
    /// Secure channel.
    pub secure_channel: SecureChannel,
    /// The profiles' secret keypaths: where a Redfish service holds the secrets (a Key or a collection of Keys). Each is a URI,
    /// or a path at the machine's Redfish host interface; 16 at most.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Vec::is_empty"))]
    pub redfish: Vec<String>,
}

impl Policy {
    /// The policy of the profile with this index.
    pub(in crate::plan) fn of_index(table: &Table, name: &str, index: u8) -> Result<Self, PolicyError> {
        let profile = table.security_profile(index).ok_or(PolicyError::ProfileMissing(index))?;
        Self::of_profile(Origin { table: name.into(), index: index.into() }, index, profile)
    }

    fn of_profile(origin: Origin, index: u8, profile: &SecurityProfile) -> Result<Self, PolicyError> {
        let flags = profile.flags;
        let need = |feature, requirement| match requirement {
            Requirement::NOT_SUPPORTED => Ok(Need::NotSupported),
            Requirement::SUPPORTED => Ok(Need::Allowed),
            Requirement::REQUIRED => Ok(Need::Required),
            Requirement(value) => Err(PolicyError::ReservedValue { profile: index, feature, value }),
        };
        let unsupported = |feature, algorithms| PolicyError::Unsupported { profile: index, feature, algorithms };
        let channel_need = need(Feature::SecureChannel, flags.secure_channel())?;
        let mut secure_channel = SecureChannel { need: channel_need, ..SecureChannel::default() };
        if let Err(algorithms) = secure_channel.restrict(profile) {
            match secure_channel.need {
                Need::Required => return Err(unsupported(Feature::SecureChannel, algorithms)),
                _ => secure_channel = SecureChannel::default(),
            }
        }
        let need = need(Feature::Authentication, flags.authentication())?;
        let mut authentication = Authentication { need, ..Authentication::default() };
        if let Err(algorithms) = authentication.restrict(profile) {
            match need {
                Need::Required => return Err(unsupported(Feature::Authentication, algorithms)),
                _ => authentication = Authentication::default(),
            }
        }
        Ok(Self { profiles: vec![origin], authentication, secure_channel, redfish: redfish(profile) })
    }

    /// Combines both: requires what either requires, and allows only the algorithms that both allow.
    pub(in crate::plan) fn and(mut self, other: Self) -> Result<Self, PolicyError> {
        add(&mut self.profiles, other.profiles);
        // The secrets of both profiles may be used.
        add(&mut self.redfish, other.redfish);
        let (mine, others) = (self.authentication, other.authentication);
        self.authentication = Authentication {
            need: mine.need.max(others.need),
            hashes: common(mine.hashes, others.hashes),
            groups: common(mine.groups, others.groups),
        };
        let (mine, others) = (self.secure_channel, other.secure_channel);
        self.secure_channel = SecureChannel {
            need: mine.need.max(others.need),
            ciphers: common(mine.ciphers, others.ciphers),
            of_target: mine.of_target || others.of_target,
        };
        let nothing =
            |profiles: &[Origin], feature| PolicyError::NothingInCommon { profiles: profiles.to_vec(), feature };
        if none_of(&self.authentication.hashes) || none_of(&self.authentication.groups) {
            match self.authentication.need {
                Need::Required => return Err(nothing(&self.profiles, Feature::Authentication)),
                _ => self.authentication = Authentication::default(),
            }
        }
        if none_of(&self.secure_channel.ciphers) {
            match self.secure_channel.need {
                Need::Required => return Err(nothing(&self.profiles, Feature::SecureChannel)),
                _ => self.secure_channel = SecureChannel::default(),
            }
        }
        Ok(self)
    }

    /// Whether connections may authenticate, or must.
    #[must_use]
    pub fn authenticates(&self) -> bool {
        self.authentication.need > Need::NotSupported
    }

    /// Whether connections may use a secure channel, or must.
    #[must_use]
    pub fn secures(&self) -> bool {
        self.secure_channel.need > Need::NotSupported
    }

    /// Additionally requires a secure channel, because the target accepts nothing else.
    pub(in crate::plan) fn require_tls(mut self) -> Self {
        (self.secure_channel.need, self.secure_channel.of_target) = (Need::Required, true);
        self
    }

    /// Turns requirements into permissions, for subsystems that the discovery controller lists and to which its profile does not apply.
    pub(in crate::plan) fn relax_to_allowed(mut self) -> Self {
        self.authentication.need = self.authentication.need.min(Need::Allowed);
        self.secure_channel.need = self.secure_channel.need.min(Need::Allowed);
        self.secure_channel.of_target = false;
        self
    }
}

/// The profile's secret keypath, if it names a Redfish service and has only characters of a URI.
fn redfish(profile: &SecurityProfile) -> Vec<String> {
    let keypath = profile.secret_keypath.iter().filter(|_| profile.secret_type.is_redfish());
    keypath.filter(|keypath| keypath.bytes().all(|byte| byte.is_ascii_graphic())).cloned().collect()
}

/// Adds new items to a list, up to [`MAX_NAMED`]: each path has a copy of the list.
fn add<T: PartialEq>(list: &mut Vec<T>, others: Vec<T>) {
    for other in others {
        if list.len() < MAX_NAMED && !list.contains(&other) {
            list.push(other);
        }
    }
}

/// The items that both lists allow; `None` allows everything.
fn common<T: PartialEq>(one: Option<Vec<T>>, other: Option<Vec<T>>) -> Option<Vec<T>> {
    match (one, other) {
        (Some(mut one), Some(other)) => {
            one.retain(|item| other.contains(item));
            Some(one)
        }
        (one, other) => one.or(other),
    }
}

/// Whether a list allows nothing.
fn none_of<T>(list: &Option<Vec<T>>) -> bool {
    list.as_ref().is_some_and(Vec::is_empty)
}

impl SecureChannel {
    /// Restricts the algorithms to the profile's lists.
    fn restrict(&mut self, profile: &SecurityProfile) -> Result<(), Algorithms> {
        let flags = profile.flags;
        if flags.secure_channel_policy() != PolicyList::NONE {
            let algorithms = profile.channel_algorithms.as_deref().unwrap_or_default();
            if !algorithms.contains(&TLS_1_3) {
                return Err(Algorithms::Channels);
            }
        }
        if flags.cipher_suites_restricted() {
            let ciphers = known(profile.cipher_suites.as_deref(), CipherSuite::from_identifier);
            self.ciphers = Some(ciphers.ok_or(Algorithms::CipherSuites)?);
        }
        Ok(())
    }
}

impl Authentication {
    /// Restricts the algorithms to the profile's lists.
    ///
    /// Unknown values allow nothing, because the host cannot choose them.
    fn restrict(&mut self, profile: &SecurityProfile) -> Result<(), Algorithms> {
        let flags = profile.flags;
        if flags.authentication_policy() != PolicyList::NONE {
            let protocols = profile.authentication_protocols.as_deref().unwrap_or_default();
            if !protocols.contains(&DH_HMAC_CHAP) {
                return Err(Algorithms::Protocols);
            }
        }
        if flags.hashes_restricted() {
            let hashes = known(profile.hashes.as_deref(), HashFunction::from_identifier);
            self.hashes = Some(hashes.ok_or(Algorithms::HashFunctions)?);
        }
        if flags.kx_groups_restricted() {
            let groups = known(profile.kx_groups.as_deref(), KxGroup::from_identifier);
            self.groups = Some(groups.ok_or(Algorithms::KxGroups)?);
        }
        Ok(())
    }
}

/// The identifier of DH-HMAC-CHAP (NVMe Base Specification, authentication protocol identifiers).
const DH_HMAC_CHAP: u8 = 1;

/// TLS 1.3 (NVMe/TCP Transport Specification, SECTYPE values).
const TLS_1_3: u8 = 2;

/// The known values of a list, sorted; `None` if there is no list.
fn known<I: Copy, T: Ord>(list: Option<&[I]>, from: fn(I) -> Option<T>) -> Option<Vec<T>> {
    let mut values: Vec<T> = list?.iter().filter_map(|identifier| from(*identifier)).collect();
    values.sort_unstable();
    values.dedup();
    (!values.is_empty()).then_some(values)
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotSupported => "not supported",
            Self::Allowed => "allowed",
            Self::Required => "required",
        })
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let authentication = &self.authentication;
        write!(f, "authentication {}", authentication.need)?;
        if self.authenticates() {
            list(f, " with ", authentication.hashes.as_deref(), "any hash function")?;
            list(f, ", key exchange ", authentication.groups.as_deref(), "by any group")?;
        }
        write!(f, "; secure channel {}", self.secure_channel.need)?;
        if self.secures() {
            list(f, " with TLS 1.3, ", self.secure_channel.ciphers.as_deref(), "any cipher suite")?;
        }
        Ok(())
    }
}

fn list<T: fmt::Display>(f: &mut fmt::Formatter<'_>, before: &str, list: Option<&[T]>, any: &str) -> fmt::Result {
    f.write_str(before)?;
    let Some(list) = list else { return f.write_str(any) };
    for (i, item) in list.iter().enumerate() {
        write!(f, "{}{item}", if i == 0 { "" } else { " or " })?;
    }
    Ok(())
}
