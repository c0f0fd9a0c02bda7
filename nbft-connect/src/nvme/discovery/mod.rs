//! Reads the log page of a discovery controller, and disconnects the controller.
//!
//! Both may block as long as the target lets them, so the helper process does them. It disconnects what it connected even if the
//! parent no longer waits for the answer.

mod admin;
mod read;

use super::explain::Refusal;
use super::security::Violation;
use super::sysfs;
use admin::Admin;
use libnbft::codes;
use libnbft::discovery_log::{Log, LogError};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::path::Path;
use std::{fmt, io};

/// How a discovery controller is connected for reading its log page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DiscoveryConnection {
    /// It is connected by an option string, and disconnected after reading.
    Transient,
    /// It is connected by an option string, and stays connected.
    Persistent,
    /// It is already connected, as `nvmeN`, and stays connected.
    Existing,
}

/// The result of reading a log page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum DiscoveryResult {
    /// Its log page, and the name (`nvmeN`) of a new persistent connection.
    LogPage(Log, Option<String>),
    /// The kernel refused the connection.
    Refused(Refusal),
    /// The controller was connected, but its log page could not be read or must not be used.
    Unreadable(LogPageError),
}

/// Why the log page of a connected discovery controller cannot be used. Display is a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum LogPageError {
    /// Its device cannot be opened.
    #[error("{device}: {error}")]
    Device {
        /// Path of the device.
        device: String,
        /// The system's error.
        error: String,
    },
    /// The page cannot be read.
    #[error("the discovery log page cannot be read: {0}")]
    Refused(ReadFailure),
    /// The page is malformed.
    #[error(transparent)]
    Malformed(#[from] LogError),
    /// The page changed during each read; the number of reads.
    #[error("the discovery log page changed during each of {0} reads")]
    Changing(usize),
    /// Reading took too long; the limit in seconds.
    #[error("reading the discovery log page takes longer than {0} s")]
    Slow(u64),
    /// The connection violates its requirements.
    #[error(transparent)]
    Violation(#[from] Violation),
    /// The helper process gave no readable answer.
    #[error("the helper process for /dev/nvme-fabrics gave no readable answer")]
    HelperFailed,
}

/// Why a controller gives no log page. Display is a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ReadFailure {
    /// The kernel could not ask it; the error number.
    Errno(i32),
    /// It answered with this status (NVM Express Base Specification, Status Code).
    Status(i32),
}

impl fmt::Display for ReadFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Errno(errno) => io::Error::from_raw_os_error(*errno).fmt(f),
            Self::Status(status) => write!(f, "the controller answers Get Log Page with status {status:#x}"),
        }
    }
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
    /// The stable code; a violation's is its own.
    #[must_use]
    pub const fn cause_code(&self) -> &'static str {
        match self {
            Self::Violation(violation) => violation.code(),
            other => other.code(),
        }
    }
}

/// Reads the log page of a connected controller, and disconnects a transient one.
pub(super) fn read_log(root: &Path, name: &str, connection: DiscoveryConnection) -> DiscoveryResult {
    let device = root.join("dev").join(name);
    let no_device =
        |error: io::Error| LogPageError::Device { device: device.display().to_string(), error: error.to_string() };
    let log = File::open(&device).map_err(no_device).and_then(|file| read::log(&mut Admin::new(file)));
    // A controller whose log page cannot be read is disconnected too: a new connection may work.
    let kept = connection == DiscoveryConnection::Persistent && log.is_ok();
    if !kept && connection != DiscoveryConnection::Existing {
        close_or_warn(root, name);
    }
    match log {
        Ok(log) => DiscoveryResult::LogPage(log, kept.then(|| name.to_owned())),
        Err(error) => DiscoveryResult::Unreadable(error),
    }
}

/// Disconnects a controller. A failure is only logged: its log page can still be used.
pub(super) fn close_or_warn(root: &Path, name: &str) {
    if let Err(error) = sysfs::disconnect(root, name) {
        log::warn!("{name}: the discovery controller cannot be disconnected: {error}");
    }
}
