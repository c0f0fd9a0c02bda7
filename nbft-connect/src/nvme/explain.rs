//! Explains why the kernel refused a connection, from its errno and its log.

use libnbft::codes;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io;

/// Why a connection was refused. Display is a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Cause {
    /// ECONNREFUSED.
    PortClosed,
    /// ECONNRESET.
    ConnectionClosed,
    /// ETIMEDOUT.
    NoAnswer,
    /// EAGAIN.
    Silent,
    /// EHOSTUNREACH.
    HostUnreachable,
    /// ENETUNREACH.
    NoRoute,
    /// EADDRNOTAVAIL.
    SourceMissing,
    /// EADDRINUSE.
    NoSourcePort,
    /// ENODEV, or the kernel logged it.
    InterfaceMissing,
    /// ENOENT, ENXIO.
    NoDevice,
    /// EACCES, EPERM.
    Forbidden,
    /// EINVAL.
    OptionRefused,
    /// EAFNOSUPPORT.
    FamilyUnsupported,
    /// EIO.
    ConnectRefused,
    /// EKEYREJECTED, ENOKEY, or the kernel logged it.
    AuthenticationWanted,
    /// EOPNOTSUPP.
    Unsupported,
    /// EPROTO.
    AnswerMalformed,
    /// Another errno. Display is empty: the errno's own text says it.
    Other,
    /// The target does not allow this host.
    HostNotAllowed,
    /// The target has no such subsystem, or does not allow this host.
    SubsystemUnknown,
    /// Another connection uses this host ID with a different host NQN.
    HostIdInUse,
    /// Another connection uses this host NQN with a different host ID.
    HostNqnInUse,
    /// The target gave the controller a number (CNTLID) that another one of the subsystem has.
    NumberTaken,
    /// tlshd does not run.
    TlshdMissing,
    /// The TLS handshake timed out.
    HandshakeSlow,
    /// The PSK is no longer in the keyring.
    PskGone,
    /// The TLS handshake failed.
    HandshakeFailed,
    /// The TLS handshake did not begin.
    HandshakeNotBegun,
    /// The target closed the connection after the TLS handshake.
    ClosedAfterHandshake,
    /// The controller failed to authenticate.
    ControllerProofWrong,
    /// The host failed to authenticate.
    AuthenticationFailed,
    /// The target requires authentication, and the table has no profile for it.
    AuthenticationUnplanned,
    /// The target requires authentication, and these profiles do not support it.
    AuthenticationUnsupported(String),
    /// The target requires authentication, and there is no secret.
    AuthenticationWithoutSecret,
    /// The helper process gave no readable answer.
    HelperFailed,
}

codes!(Cause {
    PortClosed => "port-closed",
    ConnectionClosed => "connection-closed",
    NoAnswer => "no-answer",
    Silent => "target-silent",
    HostUnreachable => "host-unreachable",
    NoRoute => "no-route",
    SourceMissing => "source-address-missing",
    NoSourcePort => "no-source-port",
    InterfaceMissing => "interface-missing",
    NoDevice => "no-fabrics-device",
    Forbidden => "permission-denied",
    OptionRefused => "option-refused",
    FamilyUnsupported => "family-unsupported",
    ConnectRefused => "connect-refused",
    AuthenticationWanted => "authentication-wanted",
    Unsupported => "unsupported",
    AnswerMalformed => "answer-malformed",
    Other => "kernel-refused",
    HostNotAllowed => "host-not-allowed",
    SubsystemUnknown => "subsystem-unknown",
    HostIdInUse => "host-id-in-use",
    HostNqnInUse => "host-nqn-in-use",
    NumberTaken => "controller-number-taken",
    TlshdMissing => "tlshd-missing",
    HandshakeSlow => "tls-handshake-slow",
    PskGone => "psk-gone",
    HandshakeFailed => "tls-handshake-failed",
    HandshakeNotBegun => "tls-handshake-not-begun",
    ClosedAfterHandshake => "closed-after-tls-handshake",
    ControllerProofWrong => "controller-proof-wrong",
    AuthenticationFailed => "authentication-failed",
    AuthenticationUnplanned => "authentication-unplanned",
    AuthenticationUnsupported => "authentication-unsupported",
    AuthenticationWithoutSecret => "authentication-without-secret",
    HelperFailed => "helper-failed",
});

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PortClosed => "the target refuses connections to this port",
            Self::ConnectionClosed => "the target closed the connection",
            Self::NoAnswer => "the target does not answer",
            Self::Silent => "the target accepts the connection and stays silent",
            Self::HostUnreachable => "no host answers at the target's address",
            Self::NoRoute => "there is no route to the target",
            Self::SourceMissing => "this machine does not have the source address",
            Self::NoSourcePort => "no source port is free",
            Self::InterfaceMissing => "the interface does not exist",
            Self::NoDevice => "there is no /dev/nvme-fabrics: the kernel module nvme-fabrics is not loaded",
            Self::Forbidden => "permission denied",
            Self::OptionRefused => "the kernel refuses an option",
            Self::FamilyUnsupported => "the kernel does not support the address's family",
            Self::ConnectRefused => "the target refused the Connect command",
            Self::AuthenticationWanted => "the target asks for authentication",
            Self::Unsupported => "the kernel or the target does not support this connection",
            Self::AnswerMalformed => "the answer cannot be read",
            Self::Other => "",
            Self::HostNotAllowed => "the subsystem is not open to this host NQN",
            Self::SubsystemUnknown => "the target does not know this subsystem NQN, or refuses this host",
            Self::HostIdInUse => "another connection uses this host ID with a different host NQN",
            Self::HostNqnInUse => "another connection uses this host NQN with a different host ID",
            Self::NumberTaken => {
                "the target gave the controller a number (CNTLID) that Linux keeps for another controller of the subsystem"
            }
            Self::TlshdMissing => "tlshd does not run, so there are no TLS handshakes (it comes with ktls-utils)",
            Self::HandshakeSlow => "the TLS handshake timed out: tlshd or the target does not answer",
            Self::PskGone => "the TLS PSK is no longer in the kernel's keyring",
            Self::HandshakeFailed => {
                "the TLS handshake failed: the target has another PSK for this host, or none, or does not use TLS at this port"
            }
            Self::HandshakeNotBegun => "the kernel cannot begin the TLS handshake",
            Self::ClosedAfterHandshake => {
                "the target closed the connection after the TLS handshake: the log of its tlshd says why, such as a cipher \
                 suite that its kernel lacks"
            }
            Self::ControllerProofWrong => "the controller's proof does not match the controller secret",
            Self::AuthenticationFailed => {
                "authentication failed: the target has another secret for this host, or lacks a required hash function or \
                 group"
            }
            Self::AuthenticationUnplanned => {
                "the target requires authentication, but the table has no security profile for it"
            }
            Self::AuthenticationUnsupported(who) => {
                return write!(f, "the target requires authentication, but {who} not support it");
            }
            Self::AuthenticationWithoutSecret => "the target requires authentication, and there is no secret for it",
            Self::HelperFailed => "the helper process for /dev/nvme-fabrics gave no readable answer",
        })
    }
}

/// Why the kernel refused a connection. Display is a sentence that ends with the kernel's own messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The errno.
    pub errno: i32,
    /// Why.
    pub cause: Cause,
    /// Whether the cause is complete without the errno, which is then not shown.
    says_all: bool,
    /// The cause in the kernel's log, if it differs from the errno's.
    hint: Option<Cause>,
    /// The kernel's messages during the attempt.
    logged: Vec<String>,
    /// Whether plaintext is allowed, and nbft does not fall back to it because a PSK exists.
    keeps_from_plaintext: bool,
}

impl Refusal {
    /// The refusal of a write with this errno. `known` is a more precise cause, `logged` the kernel's messages.
    #[must_use]
    pub fn of_write(errno: i32, known: Option<Cause>, logged: &[String]) -> Self {
        let hint = hint(&logged.join("; ")).filter(|_| known.is_none());
        let cause = known.unwrap_or_else(|| of_errno(errno));
        let hint = hint.filter(|hint| *hint != cause);
        Self { errno, cause, says_all: false, hint, logged: logged.to_vec(), keeps_from_plaintext: false }
    }

    /// The refusal of a write that failed in a TLS handshake; `None` where it did not.
    ///
    /// The errno is not shown. tlshd reports error numbers of GnuTLS as errnos, so a target that closes the connection (-110) looks
    /// like a timeout.
    #[must_use]
    pub fn of_handshake(errno: i32, logged: &[String], keeps_from_plaintext: bool) -> Option<Self> {
        let says = |words: &str| logged.iter().any(|line| line.contains(words));
        let cause = match errno {
            libc::ESRCH => Cause::TlshdMissing,
            // The kernel logs "failed" for its own timeout, and "complete" for tlshd's result.
            libc::ETIMEDOUT if says("TLS handshake failed") => Cause::HandshakeSlow,
            libc::ENOKEY if says("Invalid key") => Cause::PskGone,
            libc::EACCES | libc::EKEYREJECTED => Cause::HandshakeFailed,
            _ if says("TLS handshake") => Cause::HandshakeFailed,
            _ if says("failed to start TLS") => Cause::HandshakeNotBegun,
            libc::ECONNRESET => Cause::ClosedAfterHandshake,
            _ => return None,
        };
        Some(Self { errno, cause, says_all: true, hint: None, logged: logged.to_vec(), keeps_from_plaintext })
    }

    /// A refusal because the helper process gave no readable answer.
    #[must_use]
    pub const fn of_helper() -> Self {
        Self {
            errno: libc::EPROTO,
            cause: Cause::HelperFailed,
            says_all: true,
            hint: None,
            logged: Vec::new(),
            keeps_from_plaintext: false,
        }
    }

    /// Whether this is the cause, as far as the errno or the kernel's log say.
    #[must_use]
    pub fn is_for(&self, cause: &Cause) -> bool {
        self.hint.as_ref().unwrap_or(&self.cause) == cause
    }

    /// The stable code: the hint's if there is one, else the cause's.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.hint.as_ref().unwrap_or(&self.cause).code()
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let os = io::Error::from_raw_os_error(self.errno);
        match (&self.cause, self.says_all) {
            (Cause::Other, _) => write!(f, "{os}")?,
            (cause, true) => write!(f, "{cause}")?,
            (cause, false) => write!(f, "{cause} ({os})")?,
        }
        if let Some(hint) = &self.hint {
            write!(f, ": {hint}")?;
        }
        if !self.logged.is_empty() {
            write!(f, "; the kernel logged: {}", self.logged.join("; "))?;
        }
        if self.keeps_from_plaintext {
            f.write_str(
                "; TLS is allowed and not required here, but with a PSK nothing is connected in plaintext, since anybody on the \
                 wire could force that: for a target without TLS, remove the PSK",
            )?;
        }
        Ok(())
    }
}

fn of_errno(errno: i32) -> Cause {
    match errno {
        libc::ECONNREFUSED => Cause::PortClosed,
        libc::ECONNRESET => Cause::ConnectionClosed,
        libc::ETIMEDOUT => Cause::NoAnswer,
        libc::EAGAIN => Cause::Silent,
        libc::EHOSTUNREACH => Cause::HostUnreachable,
        libc::ENETUNREACH => Cause::NoRoute,
        libc::EADDRNOTAVAIL => Cause::SourceMissing,
        libc::EADDRINUSE => Cause::NoSourcePort,
        libc::ENODEV => Cause::InterfaceMissing,
        libc::ENOENT | libc::ENXIO => Cause::NoDevice,
        libc::EACCES | libc::EPERM => Cause::Forbidden,
        libc::EINVAL => Cause::OptionRefused,
        libc::EAFNOSUPPORT => Cause::FamilyUnsupported,
        libc::EIO => Cause::ConnectRefused,
        libc::EKEYREJECTED | libc::ENOKEY => Cause::AuthenticationWanted,
        libc::EOPNOTSUPP => Cause::Unsupported,
        libc::EPROTO => Cause::AnswerMalformed,
        _ => Cause::Other,
    }
}

/// The cause that the kernel's messages name, if any.
fn hint(logged: &str) -> Option<Cause> {
    const HINTS: [(&str, Cause); 9] = [
        ("Duplicate cntlid", Cause::NumberTaken),
        ("is not allowed, hostnqn", Cause::HostNotAllowed),
        ("does not allow host", Cause::HostNotAllowed),
        ("Connect Invalid Host", Cause::HostNotAllowed),
        ("Connect Invalid Data Parameter", Cause::SubsystemUnknown),
        ("found same hostid", Cause::HostIdInUse),
        ("found same hostnqn", Cause::HostNqnInUse),
        ("invalid interface", Cause::InterfaceMissing),
        ("uthentication", Cause::AuthenticationWanted),
    ];
    HINTS.into_iter().find(|(words, _)| logged.contains(words)).map(|(_, hint)| hint)
}

/// The party whose authentication failed, according to the kernel's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AuthenticationLog {
    /// The controller's.
    ControllerFailed,
    /// The host's, or the host had no key.
    Failed,
}

pub(super) fn authentication(logged: &[String]) -> Option<AuthenticationLog> {
    let says = |words: &str| logged.iter().any(|line| line.contains(words));
    if says("controller authentication failed") {
        return Some(AuthenticationLog::ControllerFailed);
    }
    let failed = says("authentication setup failed") || says("authentication failed") || says("no key");
    failed.then_some(AuthenticationLog::Failed)
}

#[cfg(test)]
mod tests;
