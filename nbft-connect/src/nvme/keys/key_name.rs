//! Names of secrets, and NQNs as names of files and of credentials.

use super::Kind;
use std::fmt::Write;

/// What a secret is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Name {
    /// The secret by which the host proves itself.
    HostSecret,
    /// The one by which a controller proves itself.
    ControllerSecret,
    /// The configured PSK of a secure channel.
    TlsPsk,
}

impl Name {
    /// Its file's name; behind `nbft.` its credential's.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::HostSecret => "dhchap-secret",
            Self::ControllerSecret => "dhchap-ctrl-secret",
            Self::TlsPsk => "tls-psk",
        }
    }

    /// Of which kind the key must be.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::HostSecret | Self::ControllerSecret => Kind::Dhchap,
            Self::TlsPsk => Kind::TlsPsk,
        }
    }

    /// The secret of this name.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        [Self::HostSecret, Self::ControllerSecret, Self::TlsPsk].into_iter().find(|name| name.text() == text)
    }
}

/// An NQN as the name of a file: what is no letter, digit, `.`, `-`, `_` or `:` is `%` and two hex digits, byte by byte, and so is
/// a dot at the beginning. No two NQNs have one name, and none leads out of its directory.
pub(super) fn file(nqn: &str) -> String {
    encode(nqn, b".-_:")
}

/// An NQN in the name of a credential: as a file's, but systemd allows no `:` there, which is `%3A`.
pub(super) fn credential(nqn: &str) -> String {
    encode(nqn, b".-_")
}

fn encode(nqn: &str, plain: &[u8]) -> String {
    let mut name = String::with_capacity(nqn.len());
    for (at, byte) in nqn.bytes().enumerate() {
        if byte.is_ascii_alphanumeric() || plain.contains(&byte) && (at, byte) != (0, b'.') {
            name.push(byte.into());
        } else {
            // Writing to a String cannot fail.
            let _ = write!(name, "%{byte:02X}");
        }
    }
    name
}
