//! Says why a connection does not meet its security requirements.

use crate::nvme::sock_diag::SocketsError;
use libnbft::codes;
use libnbft::plan::PolicyError;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// Why the cipher suites of a controller cannot be read. Display is a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SuitesError {
    /// sysfs does not show its connections.
    #[error("sysfs does not show its connections")]
    Hidden,
    /// The sockets cannot be listed.
    #[error(transparent)]
    Sockets(#[from] SocketsError),
    /// There are fewer connections with TLS than queues.
    #[error("it has {queues} queues, and the kernel shows {seen} connections with TLS to {peer}")]
    Fewer {
        /// Its queues.
        queues: usize,
        /// Connections that may be its own.
        seen: usize,
        /// Address and port of the target.
        peer: SocketAddr,
    },
}

/// Why a connection does not meet its requirements, or cannot be verified. Display is a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Violation {
    /// The kernel's log cannot be read.
    #[error("/dev/kmsg cannot be read, and nothing else tells whether it was authenticated")]
    LogUnreadable,
    /// It was not authenticated.
    #[error("the target asked for no authentication, but {requires} it")]
    NotAuthenticated {
        /// The profiles and their verb.
        requires: String,
    },
    /// The controller had to authenticate, and the target asked for no authentication.
    #[error(
        "the target asked for no authentication, but the controller must prove itself: there is a controller secret"
    )]
    ControllerNotAsked,
    /// The target chose an algorithm that is not allowed.
    #[error("the target chose {chosen}, which {does} not allow")]
    AlgorithmNotAllowed {
        /// The hash function or key exchange group.
        chosen: String,
        /// The profiles and their verb.
        does: String,
    },
    /// The controller did not authenticate.
    #[error("the controller did not prove that it has the controller secret")]
    ControllerUnproved,
    /// It is in plaintext.
    #[error("{controller} has this connection in plaintext, but TLS is required by {by}")]
    Plaintext {
        /// `nvmeN`.
        controller: String,
        /// What requires TLS.
        by: String,
    },
    /// It has no secret.
    #[error("{controller} has this connection without a secret, but {requires} authentication")]
    WithoutSecret {
        /// `nvmeN`.
        controller: String,
        /// The profiles and their verb.
        requires: String,
    },
    /// It is secured by another key.
    #[error("{controller} is secured by key {used:08x}, not by key {required:08x} as required")]
    OtherKey {
        /// `nvmeN`.
        controller: String,
        /// The key in use.
        used: i32,
        /// The key that the kernel was told to use.
        required: i32,
    },
    /// The kernel shows no key.
    #[error("the kernel does not say that {controller} is secured by TLS")]
    NotSecured {
        /// `nvmeN`.
        controller: String,
    },
    /// The profile restricts cipher suites, and they cannot be read.
    #[error("the cipher suite of {controller} cannot be seen: {why}; {only}")]
    SuiteUnseen {
        /// `nvmeN`.
        controller: String,
        /// Why not.
        why: SuitesError,
        /// The profiles and what they allow.
        only: String,
    },
    /// Another version of TLS.
    #[error("{controller} is secured by {suite}, and NVMe/TCP allows only TLS 1.3")]
    OtherVersion {
        /// `nvmeN`.
        controller: String,
        /// Version and cipher.
        suite: String,
    },
    /// A cipher suite that is not allowed.
    #[error("the cipher suite of {controller} is {suite}, as tlshd and the target agreed on, and {only}")]
    SuiteNotAllowed {
        /// `nvmeN`.
        controller: String,
        /// The suite.
        suite: String,
        /// The profiles and what they allow.
        only: String,
    },
    /// The tables' requirements for its subsystem cannot be met.
    #[error("{controller} does not count: {error}")]
    SubsystemUnmet {
        /// `nvmeN`.
        controller: String,
        /// What cannot be met.
        error: PolicyError,
    },
    /// The controller violates its requirements and cannot be disconnected.
    #[error("{violation}; {controller} cannot be disconnected: {error}")]
    Stays {
        /// The violation.
        violation: Box<Violation>,
        /// `nvmeN`.
        controller: String,
        /// The system's error.
        error: String,
    },
}

codes!(Violation {
    LogUnreadable => "kernel-log-unreadable",
    NotAuthenticated => "not-authenticated",
    ControllerNotAsked => "controller-not-asked",
    AlgorithmNotAllowed => "algorithm-not-allowed",
    ControllerUnproved => "controller-unproved",
    Plaintext => "plaintext",
    WithoutSecret => "without-secret",
    OtherKey => "other-key",
    NotSecured => "not-secured",
    SuiteUnseen => "cipher-suite-unseen",
    OtherVersion => "tls-version-not-allowed",
    SuiteNotAllowed => "cipher-suite-not-allowed",
    SubsystemUnmet => "security-unmet",
    Stays => "violation-stays",
});
