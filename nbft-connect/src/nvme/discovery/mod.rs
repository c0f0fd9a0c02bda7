//! Asks a discovery controller: reads its log page, closes it.
//!
//! Each of these blocks as long as the target lets it, so the process that writes to the fabrics device does it all: it closes
//! what it opened even when nobody waits for the answer any more.

mod admin;
mod read;

use super::explain::Refusal;
use super::security::Violation;
use admin::Admin;
use libnbft::codes;
use libnbft::discovery_log::{Log, LogError};
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// How a discovery controller is connected for reading its log page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DiscoveryConnection {
    /// It is connected by an option string, and disconnected after reading.
    Transient,
    /// It is connected by an option string, and stays connected.
    Persistent,
    /// It is connected already, as `nvmeN`, and stays so.
    Existing,
}

/// The result of reading a log page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum DiscoveryResult {
    /// Its log page, and its name (`nvmeN`) where it was connected and stays so.
    LogPage(Log, Option<String>),
    /// The kernel refused the connection.
    Refused(Refusal),
    /// It was connected, but its log page could not be read, or does not count.
    Unreadable(LogPageError),
}

/// Why the log page of a connected discovery controller is of no use. Display is a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum LogPageError {
    /// Its device cannot be opened.
    #[error("{device}: {error}")]
    Device {
        /// Path of the device.
        device: String,
        /// What the system says.
        error: String,
    },
    /// It does not give the page; what the system or the controller says.
    #[error("the discovery log page cannot be read: {0}")]
    Refused(String),
    /// The page has another form.
    #[error(transparent)]
    Malformed(#[from] LogError),
    /// The page changed each time that it was read; how often.
    #[error("the discovery log page changed each of the {0} times that it was read")]
    Changing(usize),
    /// Reading takes too long; the limit in seconds.
    #[error("reading the discovery log page takes longer than {0} s")]
    Slow(u64),
    /// The connection does not meet its requirements.
    #[error(transparent)]
    Violation(#[from] Violation),
    /// The process that reads gave no answer that can be read.
    #[error("the answer of the process that writes to the fabrics device cannot be read")]
    HelperFailed,
}

codes!(LogPageError {
    Device => "log-page-no-device",
    Refused => "log-page-refused",
    Malformed => "log-page-malformed",
    Changing => "log-page-changing",
    Slow => "log-page-slow",
    Violation => "log-page-violation",
    HelperFailed => "helper-failed",
});

impl LogPageError {
    /// The stable code: that of the violation, where it is one.
    #[must_use]
    pub const fn cause_code(&self) -> &'static str {
        match self {
            Self::Violation(violation) => violation.code(),
            other => other.code(),
        }
    }
}

/// Reads the log page of a controller that is connected, and disconnects it where it does not stay.
pub(super) fn read_log(root: &Path, name: &str, kind: DiscoveryConnection) -> DiscoveryResult {
    let device = root.join("dev").join(name);
    let no_device =
        |error: io::Error| LogPageError::Device { device: device.display().to_string(), error: error.to_string() };
    let log = File::open(&device).map_err(no_device).and_then(|file| read::log(&mut Admin::new(file)));
    // One that cannot be read is of no use, and a new connection may be better.
    let kept = kind == DiscoveryConnection::Persistent && log.is_ok();
    if !kept && kind != DiscoveryConnection::Existing {
        close_or_warn(root, name);
    }
    match log {
        Ok(log) => DiscoveryResult::LogPage(log, kept.then(|| name.to_owned())),
        Err(error) => DiscoveryResult::Unreadable(error),
    }
}

/// Closes a controller; that it cannot be closed is no reason not to use what it told.
pub(super) fn close_or_warn(root: &Path, name: &str) {
    if let Err(error) = close(root, name) {
        log::warn!("{name}: the discovery controller cannot be closed: {error}");
    }
}

/// Has the kernel take a controller away.
#[expect(clippy::disallowed_methods, reason = "an attribute of the kernel's, and our own word")]
pub(super) fn close(root: &Path, name: &str) -> io::Result<()> {
    let file = root.join("sys/class/nvme").join(name).join("delete_controller");
    OpenOptions::new().write(true).open(file)?.write_all(b"1")
}
