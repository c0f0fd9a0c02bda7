//! Explains why the kernel refused a connection, from its errno and its log.

mod cause;

pub use cause::Cause;

use crate::tunables::Tunable;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io;

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
        let hint = setting(logged).or_else(|| hint(&logged.join("; "))).filter(|_| known.is_none());
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
            // The errno says less than the hint.
            (cause, false) if self.hint.is_some() => write!(f, "{cause}")?,
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
        libc::EXDEV => Cause::QueueWithoutCpu,
        _ => Cause::Other,
    }
}

/// The cause that the kernel's messages name, if any.
fn hint(logged: &str) -> Option<Cause> {
    const HINTS: [(&str, Cause); 10] = [
        ("Duplicate cntlid", Cause::NumberTaken),
        ("is not allowed, hostnqn", Cause::HostNotAllowed),
        ("does not allow host", Cause::HostNotAllowed),
        ("Connect Invalid Host", Cause::HostNotAllowed),
        ("Connect Invalid Data Parameter", Cause::SubsystemUnknown),
        ("found same hostid", Cause::HostIdInUse),
        ("found same hostnqn", Cause::HostNqnInUse),
        ("invalid interface", Cause::InterfaceMissing),
        ("unable to set any I/O queues", Cause::NoIoQueue),
        ("uthentication", Cause::AuthenticationWanted),
    ];
    HINTS.into_iter().find(|(words, _)| logged.contains(words)).map(|(_, hint)| hint)
}

/// The setting whose value the kernel or the target refused, according to the kernel's messages.
fn setting(logged: &[String]) -> Option<Cause> {
    logged.iter().find_map(|line| {
        // In the Connect command, SQSIZE and KATO are at these offsets; the kernel names the field QID itself.
        let of_connect = line.split_once("Connect Invalid SQE Parameter, ").and_then(|(_, field)| match field {
            "starting byte offset: 44" => Some(Tunable::QueueSize),
            "starting byte offset: 48" => Some(Tunable::KeepAliveTmo),
            field => field.starts_with("qid ").then_some(Tunable::NrIoQueues),
        });
        let of_kernel = || {
            let (_, text) = line.split_once("nvme_fabrics: ")?;
            if let Some(unknown) = text.strip_prefix("unknown parameter or missing value '") {
                return Tunable::of_name(unknown.split('=').next()?);
            }
            match text.strip_prefix("Invalid ")?.rsplit_once(' ')?.0 {
                "number of IOQs" => Some(Tunable::NrIoQueues),
                "type of service" => Some(Tunable::Tos),
                name => Tunable::of_name(name),
            }
        };
        of_connect.map(Cause::SettingRefusedByTarget).or_else(|| of_kernel().map(Cause::SettingRefused))
    })
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
