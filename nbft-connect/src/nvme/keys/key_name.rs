//! Names the files and credentials that hold keys.

use super::Kind;
use std::fmt::Write;

/// The name of a secret, which says its purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Name {
    /// The host authenticates with it.
    HostSecret,
    /// The controller authenticates with it.
    ControllerSecret,
    /// The configured PSK of a secure channel.
    TlsPsk,
}

impl Name {
    /// The name of its file. Its credential has `nbft.` before it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::HostSecret => "dhchap-secret",
            Self::ControllerSecret => "dhchap-ctrl-secret",
            Self::TlsPsk => "tls-psk",
        }
    }

    /// The kind of key that it must be.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::HostSecret | Self::ControllerSecret => Kind::Dhchap,
            Self::TlsPsk => Kind::TlsPsk,
        }
    }

    /// Parses a name.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        [Self::HostSecret, Self::ControllerSecret, Self::TlsPsk].into_iter().find(|name| name.text() == text)
    }
}

/// An NQN as a file name. Each byte other than a letter, digit, `.`, `-`, `_` or `:`, and a dot at the beginning, becomes `%` and two
/// hex digits. Different NQNs have different names, and no name leads out of its directory.
pub(super) fn file(nqn: &str) -> String {
    encode(nqn, b".-_:")
}

/// An NQN in the name of a credential: like [`file`], but `:` becomes `%3A`, since systemd allows no `:` there.
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
