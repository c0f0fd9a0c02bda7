//! Keeps an error of the system or of a library as a value that can be copied and compared.

use std::{fmt, io};

/// An [`io::Error`] as a value. Display is its sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemError {
    /// The error number, if the kernel gave one.
    pub errno: Option<i32>,
    /// The kind of the error.
    pub kind: io::ErrorKind,
    text: String,
}

impl From<io::Error> for SystemError {
    fn from(error: io::Error) -> Self {
        Self { errno: error.raw_os_error(), kind: error.kind(), text: error.to_string() }
    }
}

impl fmt::Display for SystemError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
