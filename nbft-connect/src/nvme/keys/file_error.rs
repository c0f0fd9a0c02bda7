//! Says why a file with a key is not used.

use super::key::{Kind, MalformedKey};
use crate::system_error::SystemError;
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
    /// Its mode gives others too much.
    #[error("others than root can {verb} it (mode {mode:04o}), so it is not used; chmod {:04o}", mode & !forbidden)]
    Open {
        /// Its mode.
        mode: u32,
        /// The bits that others must not have.
        forbidden: u32,
        /// A verb for what the mode allows.
        verb: &'static str,
    },
    /// It is a symbolic link.
    #[error("it is a symbolic link, which is not followed")]
    Link,
    /// It is not a regular file.
    #[error("it is not a regular file")]
    NotAFile,
    /// It is not a directory.
    #[error("it is not a directory")]
    NotADirectory,
    /// It cannot be read; the system's error.
    #[error("{0}")]
    Unreadable(SystemError),
    /// Its text is not a key.
    #[error("{0}")]
    Malformed(MalformedKey),
    /// It holds a key of another kind than this one.
    #[error("{}", other_kind(*.0))]
    OtherKind(Kind),
}

fn other_kind(wanted: Kind) -> &'static str {
    match wanted {
        Kind::Dhchap => "it must be a DH-HMAC-CHAP secret, and it is a TLS PSK",
        Kind::TlsPsk => "it must be a TLS PSK, and it is a DH-HMAC-CHAP secret",
    }
}
