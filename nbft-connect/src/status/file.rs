//! Lets one process at a time write the status file, and records beside it that this system was connected.

use super::schema::Status;
use crate::output::replace::{PUBLIC, replace};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Beside the status file: locked by the process that writes it (`fcntl`, F_SETLK).
const LOCK: &str = "lock";

/// Beside the status file: exists since the first controller of the NBFT was connected. It is written once and never removed, whatever
/// later runs do or write.
const CONNECTED: &str = "connected";

/// The status file of a run.
#[derive(Debug)]
pub(crate) struct StatusFile {
    path: PathBuf,
    /// The lock, once it is ours. No other descriptor of its file may be opened meanwhile: closing one gives the lock up.
    lock: Option<File>,
    /// The process that held the lock when it was last requested.
    told: Option<i32>,
    remembered: bool,
}

/// The owner of the lock.
enum Lock {
    Ours(File),
    /// Another process's; 0 when it is one of another PID namespace.
    Others(i32),
}

impl StatusFile {
    pub(crate) const fn new(path: PathBuf) -> Self {
        Self { path, lock: None, told: None, remembered: false }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a controller of the NBFT has been connected since the machine's start: by the file `connected`, or by the status of an older
    /// version, which does not write that file.
    pub(crate) fn was_connected(&mut self, before: Option<&Status>) -> bool {
        if before.is_some_and(Status::has_connected) {
            self.remember();
        }
        self.remembered || self.path.with_file_name(CONNECTED).symlink_metadata().is_ok()
    }

    /// The process that writes the status file, when it is another one.
    pub(crate) fn other_writer(&mut self) -> Option<u32> {
        if self.is_ours() { None } else { self.told.and_then(|process| u32::try_from(process).ok()) }
    }

    /// Writes the status, unless another process does; returns whether it did.
    ///
    /// # Errors
    ///
    /// When /run cannot be written.
    pub(crate) fn write(&mut self, status: &Status) -> io::Result<bool> {
        if status.has_connected() {
            self.remember();
        }
        if self.is_ours() { status.write(&self.path).map(|()| true) } else { Ok(false) }
    }

    fn remember(&mut self) {
        let file = self.path.with_file_name(CONNECTED);
        if !self.remembered && file.symlink_metadata().is_err() {
            let text = "a controller of the NBFT was connected\n";
            if let Err(error) = replace(&file, text.as_bytes(), PUBLIC) {
                log::warn!("{}: {error}", file.display());
                return;
            }
        }
        self.remembered = true;
    }

    /// Whether this process may write; the lock is taken over when the other one has ended.
    fn is_ours(&mut self) -> bool {
        if self.lock.is_some() {
            return true;
        }
        let file = self.path.with_file_name(LOCK);
        match take(&file) {
            Ok(Lock::Ours(lock)) => self.lock = Some(lock),
            Ok(Lock::Others(process)) => {
                if self.told.replace(process) != Some(process) {
                    log::info!("{} has {}: it writes the status, this one does not", named(process), file.display());
                }
                return false;
            }
            // A process that cannot lock may still be able to write the status.
            Err(error) => log::debug!("{}: {error}", file.display()),
        }
        true
    }
}

fn named(process: i32) -> String {
    if process > 0 { format!("process {process}") } else { "a process of another PID namespace".to_owned() }
}

#[expect(clippy::disallowed_methods, reason = "nothing is written")]
fn take(path: &Path) -> io::Result<Lock> {
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory)?;
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).mode(0o600).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    let file = options.open(path)?;
    loop {
        match fcntl(&file, FcntlArg::F_SETLK(&whole())) {
            Ok(_) => return Ok(Lock::Ours(file)),
            Err(Errno::EAGAIN | Errno::EACCES) => {}
            Err(error) => return Err(error.into()),
        }
        let mut held = whole();
        fcntl(&file, FcntlArg::F_GETLK(&mut held))?;
        if held.l_type != libc::F_UNLCK as libc::c_short {
            return Ok(Lock::Others(held.l_pid));
        }
        // The lock was released between the two calls.
    }
}

/// A lock for writing on the whole file.
const fn whole() -> libc::flock {
    libc::flock {
        l_type: libc::F_WRLCK as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    }
}
