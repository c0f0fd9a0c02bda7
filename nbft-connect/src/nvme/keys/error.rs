//! Why the secrets for a connection cannot be had.

use super::key::{Kind, MalformedKey};
use super::keyring::KeyringError;
use libnbft::codes;
use std::fmt;
use std::path::PathBuf;

/// A file or directory that is not used, and why. Display is a sentence with its path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {fault}", path.display())]
pub struct FileError {
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub fault: FileFault,
}

/// Why a file with a key is not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileFault {
    /// It belongs to another user.
    #[error("it belongs to user {0}, not to root: the keys in it are not used")]
    Owner(u32),
    /// Others than root can do with it what they must not.
    #[error("others than root can {verb} it (mode {mode:04o}), so it is not used; chmod {:04o}", mode & !forbidden)]
    Open {
        /// Its mode.
        mode: u32,
        /// The bits that others must not have.
        forbidden: u32,
        /// What others could do.
        verb: &'static str,
    },
    /// It is a symbolic link.
    #[error("it is a symbolic link, which is not followed")]
    Link,
    /// It is no regular file.
    #[error("it is not a regular file")]
    NotAFile,
    /// It is no directory.
    #[error("it is not a directory")]
    NotADirectory,
    /// It cannot be read; what the system says.
    #[error("{0}")]
    Unreadable(String),
    /// It holds no key.
    #[error("{0}")]
    Malformed(MalformedKey),
    /// It holds a key of the other kind.
    #[error("{}", other_kind(*.0))]
    OtherKind(Kind),
}

fn other_kind(wanted: Kind) -> &'static str {
    match wanted {
        Kind::Dhchap => "a DH-HMAC-CHAP secret belongs here, and it is a TLS PSK",
        Kind::TlsPsk => "a TLS PSK belongs here, and it is a DH-HMAC-CHAP secret",
    }
}

/// Why the secrets for a connection cannot be had. Display is a sentence; no secret is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// A file that is there is not used.
    #[error(transparent)]
    File(#[from] FileError),
    /// There is a secret of the controller and none of the host.
    #[error("{controller} exists without {host}: the controller proves itself only to a host that does so too")]
    ControllerAlone {
        /// The file with the controller's secret.
        controller: String,
        /// The file that is missing.
        host: String,
    },
    /// A Redfish service has a secret of the controller and none of the host.
    #[error(
        "{0} has a secret of the controller and none of this host: the controller proves itself only to a host that does so too"
    )]
    RedfishControllerAlone(String),
    /// The key-command has given the host's secret, and there was no time for the controller's.
    #[error("there was no time to ask the key-command for the secret of the controller")]
    NotAsked,
    /// The key-command or a Redfish service failed; in its words.
    #[error("{0}")]
    Fetch(String),
    /// A key from a Redfish service is of no use.
    #[error("{name}: {reason}")]
    Unusable {
        /// What it is for.
        name: &'static str,
        /// Why.
        reason: String,
    },
    /// Authentication is required, and no place has a secret.
    #[error("authentication is required by {by}, and there is no secret for it: {places}")]
    Missing {
        /// What requires it.
        by: String,
        /// Where it was looked for.
        places: Places,
    },
    /// TLS is required, and no place has a PSK.
    #[error("TLS is required by {by}, and there is no PSK for it: {places}, and in the kernel's keyring .nvme")]
    PskMissing {
        /// What requires it.
        by: String,
        /// Where it was looked for.
        places: Places,
    },
    /// The hash of the PSK decides for a cipher suite that is not allowed.
    #[error("the TLS PSK for it is one of {hash}, which implies {cipher}; its security profile allows only {allowed}")]
    PskUnfit {
        /// Hash function of the PSK.
        hash: &'static str,
        /// The cipher suite that goes with it.
        cipher: &'static str,
        /// The suites that are allowed.
        allowed: String,
    },
    /// The kernel has no keyring for TLS, or it is of no use.
    #[error("{0}")]
    Keyring(String),
}

codes!(SecretError {
    File => "secret-file-unusable",
    ControllerAlone => "secret-controller-alone",
    RedfishControllerAlone => "secret-redfish-controller-alone",
    NotAsked => "secret-not-asked",
    Fetch => "secret-fetch-failed",
    Unusable => "secret-unusable",
    Missing => "secret-missing",
    PskMissing => "psk-missing",
    PskUnfit => "psk-not-allowed",
    Keyring => "keyring-unusable",
});

impl SecretError {
    /// Codes beside [`SecretError::CODES`], where a Redfish service was to have the secret.
    pub const REDFISH_CODES: [&'static str; 2] = ["secret-missing-redfish", "psk-missing-redfish"];

    /// The stable code, which also tells whether a Redfish service was to have the secret.
    #[must_use]
    pub const fn cause_code(&self) -> &'static str {
        match self {
            Self::Missing { places, .. } if places.redfish => Self::REDFISH_CODES[0],
            Self::PskMissing { places, .. } if places.redfish => Self::REDFISH_CODES[1],
            other => other.code(),
        }
    }
}

impl From<KeyringError> for SecretError {
    fn from(error: KeyringError) -> Self {
        Self::Keyring(error.to_string())
    }
}

/// The places where a secret was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    pub(super) words: String,
    /// Whether a Redfish service is among them.
    pub(super) redfish: bool,
}

impl fmt::Display for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}
