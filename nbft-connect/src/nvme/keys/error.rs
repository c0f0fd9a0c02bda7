//! Says why a connection has no secrets.

use super::fetch_fault::Failure;
use super::file_error::FileError;
use super::keyring::KeyringError;
use super::line_fault::KeyFault;
use super::redfish_fault::RedfishFault;
use libnbft::codes;
use std::fmt;

/// Why a connection has no secrets. Display is a sentence without any secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// A file cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// The controller has a secret and the host has none.
    #[error("{controller} exists without {host}: the controller proves itself only to a host that does so too")]
    ControllerAlone {
        /// The file with the controller's secret.
        controller: String,
        /// The file that is missing.
        host: String,
    },
    /// A Redfish service has a controller secret and no host secret.
    #[error(
        "{0} has a controller secret and no secret of this host: the controller proves itself only to a host that does so too"
    )]
    RedfishControllerAlone(String),
    /// The key-command gave the host secret, and there was no time to ask for the controller secret.
    #[error("there was no time to run the key-command for the controller secret")]
    NotAsked,
    /// The key-command or a Redfish service failed; its message.
    #[error(transparent)]
    Fetch(#[from] Failure),
    /// A key from a Redfish service cannot be used.
    #[error("{name}: {fault}")]
    Unusable {
        /// The name of the secret.
        name: &'static str,
        /// Why.
        fault: KeyFault,
    },
    /// Authentication is required, and no place has a secret.
    #[error("authentication is required by {by}, and there is no secret for it: {places}")]
    Missing {
        /// The source of the requirement.
        by: String,
        /// The places that nbft looked in.
        places: Places,
    },
    /// TLS is required, and no place has a PSK.
    #[error("TLS is required by {by}, and there is no PSK for it: {places}")]
    PskMissing {
        /// The source of the requirement.
        by: String,
        /// The places that nbft looked in.
        places: Places,
    },
    /// The hash of the PSK implies a cipher suite that is not allowed.
    #[error("the TLS PSK for it is one of {hash}, which implies {cipher}; its security profile allows only {allowed}")]
    PskUnfit {
        /// Hash function of the PSK.
        hash: &'static str,
        /// The cipher suite that it implies.
        cipher: &'static str,
        /// The suites that are allowed.
        allowed: String,
    },
    /// The kernel's keyring for TLS cannot be used.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
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
    /// Codes beside [`SecretError::CODES`], for secrets that a Redfish service should have.
    pub const REDFISH_CODES: [&'static str; 2] = ["secret-missing-redfish", "psk-missing-redfish"];

    /// The stable code, which also shows whether a Redfish service should have the secret, and why nothing came from it.
    #[must_use]
    pub const fn cause_code(&self) -> &'static str {
        match self {
            Self::Missing { places: Places { fault: Some(fault), .. }, .. }
            | Self::PskMissing { places: Places { fault: Some(fault), .. }, .. } => fault.code(),
            Self::Missing { places, .. } if places.redfish => Self::REDFISH_CODES[0],
            Self::PskMissing { places, .. } if places.redfish => Self::REDFISH_CODES[1],
            other => other.code(),
        }
    }
}

/// The places that nbft looked in for a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    pub(super) text: String,
    /// Whether a Redfish service is among them.
    pub(super) redfish: bool,
    /// Why no keys came from the first service that failed.
    pub(super) fault: Option<RedfishFault>,
}

impl fmt::Display for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
