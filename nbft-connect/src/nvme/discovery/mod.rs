//! Asks a discovery controller: reads its log page, closes it.
//!
//! Each of these blocks as long as the target lets it, so the process that writes to the fabrics device does it all: it closes
//! what it opened even when nobody waits for the answer any more.

mod admin;
mod read;

use super::fabrics::Refusal;
use admin::Admin;
use libnbft::discovery_log::Log;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// How a discovery controller is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DiscoveryConnection {
    /// It is connected by an option string, asked and closed.
    Transient,
    /// It is connected by an option string, asked, and stays connected.
    Persistent,
    /// It is connected, as `nvmeN`, and stays so.
    Existing,
}

/// What came of asking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum DiscoveryResult {
    /// Its log page, and its name (`nvmeN`) where it was connected and stays so.
    LogPage(Log, Option<String>),
    /// The kernel refused the connection.
    Refused(Refusal),
    /// It was connected, but its log page could not be read, for this reason.
    Unreadable(String),
}

/// Asks a controller that is connected, and closes it where it does not stay.
pub(super) fn ask(root: &Path, name: &str, kind: DiscoveryConnection) -> DiscoveryResult {
    let device = root.join("dev").join(name);
    let log = File::open(&device).map_err(|error| format!("{}: {error}", device.display()));
    let log = log.and_then(|file| read::log(&mut Admin::new(file)).map_err(|error| error.to_string()));
    // One that cannot be read is of no use, and a new connection may be better.
    let kept = kind == DiscoveryConnection::Persistent && log.is_ok();
    if !kept && kind != DiscoveryConnection::Existing {
        close_or_warn(root, name);
    }
    match log {
        Ok(log) => DiscoveryResult::LogPage(log, kept.then(|| name.to_owned())),
        Err(reason) => DiscoveryResult::Unreadable(reason),
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
