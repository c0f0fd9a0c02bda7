//! NQNs as names of files and of credentials.

use std::fmt::Write;

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
