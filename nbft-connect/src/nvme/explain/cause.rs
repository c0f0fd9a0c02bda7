//! Names the causes for which the kernel or the target refuses a connection.

use crate::tunables::Tunable;
use libnbft::codes;
use serde::{Deserialize, Serialize};
use std::fmt;

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
    /// The target gave the controller an ID (CNTLID) that another one of the subsystem has.
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
    /// EXDEV: an I/O queue has no CPU.
    QueueWithoutCpu,
    /// The kernel refuses the value of a setting.
    SettingRefused(Tunable),
    /// The target refuses the value of a setting.
    SettingRefusedByTarget(Tunable),
    /// The target gives this host no I/O queue.
    NoIoQueue,
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
    QueueWithoutCpu => "queue-without-cpu",
    SettingRefused => "setting-refused",
    SettingRefusedByTarget => "setting-refused-by-target",
    NoIoQueue => "no-io-queue",
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
            Self::HostNotAllowed => "the subsystem does not allow this host NQN",
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
            Self::QueueWithoutCpu => {
                "an I/O queue has no online CPU: set nr_io_queues, nr_write_queues and nr_poll_queues to fewer queues than CPUs \
                 are online"
            }
            Self::SettingRefused(tunable) => return write!(f, "the kernel refuses the value of {tunable}"),
            Self::SettingRefusedByTarget(tunable) => {
                return write!(f, "the target refuses the value of {tunable}: set another");
            }
            Self::NoIoQueue => "the target gives this host no I/O queue, whatever nr_io_queues is",
            Self::HelperFailed => "the helper process for /dev/nvme-fabrics gave no readable answer",
        })
    }
}
