//! Reads keys from files, unless other users could have read or changed these.

use super::file_error::{FileError, FileFault};
use super::key::{Kind, Secret};
use nix::unistd::Uid;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use zeroize::Zeroizing;

/// The longest file with a key, in bytes.
pub(super) const MAX_FILE: usize = 4096;

/// Whether an error means that the file does not exist.
pub fn absent(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::ENOENT | libc::ENOTDIR | libc::ENAMETOOLONG))
}

/// Mode bits that others must not have, and a verb for what these allow.
pub type Forbidden = (u32, &'static str);

/// For a file with a secret.
pub const SECRET: Forbidden = (0o077, "read or write");

/// For a file or directory that decides what nbft trusts.
pub const RULE: Forbidden = (0o022, "write to");

/// Refuses a file that belongs to another user or is open to others.
pub fn judge(path: &Path, metadata: &Metadata, (forbidden, verb): Forbidden) -> Result<(), FileError> {
    let refused = |fault| Err(FileError { path: path.to_path_buf(), fault });
    let (owner, ours) = (metadata.uid(), Uid::effective().as_raw());
    if owner != 0 && owner != ours {
        return refused(FileFault::Owner(owner));
    }
    let mode = metadata.mode() & 0o7777;
    if mode & forbidden != 0 {
        return refused(FileFault::Open { mode, forbidden, verb });
    }
    Ok(())
}

/// Opens a file; `None` if it does not exist. If `judged`, its owner and mode are checked.
///
/// # Errors
///
/// Why it is not used.
pub fn open(path: &Path, judged: bool, forbidden: Forbidden) -> Result<Option<File>, FileError> {
    let refused = |fault| FileError { path: path.to_path_buf(), fault };
    let unreadable = |error: io::Error| refused(FileFault::Unreadable(error.into()));
    // A pipe must not block, and a link must not be followed. Credentials may be links.
    let flags = libc::O_NONBLOCK | if judged { libc::O_NOFOLLOW } else { 0 };
    let file = match OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Ok(file) => file,
        Err(error) if absent(&error) => return Ok(None),
        Err(error) if error.raw_os_error() == Some(libc::ELOOP) => return Err(refused(FileFault::Link)),
        Err(error) => return Err(unreadable(error)),
    };
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(refused(FileFault::NotAFile));
    }
    if judged {
        judge(path, &metadata, forbidden)?;
    }
    Ok(Some(file))
}

/// The secret in a file, which must be of this kind; `None` if the file does not exist.
pub(super) fn read(path: &Path, judged: bool, kind: Kind) -> Result<Option<Secret>, FileError> {
    let refused = |fault| FileError { path: path.to_path_buf(), fault };
    let Some(file) = open(path, judged, SECRET)? else { return Ok(None) };
    let text = read_text(file).map_err(|error| refused(FileFault::Unreadable(error.into())))?;
    let secret = Secret::parse(&text).map_err(|error| refused(FileFault::Malformed(error)))?;
    if secret.kind() == kind { Ok(Some(secret)) } else { Err(refused(FileFault::OtherKind(kind))) }
}

/// The whole text of a file with a key, in memory that is wiped.
///
/// # Errors
///
/// The system's error; `InvalidData` when the file is too long for a key or not text.
pub fn read_text(mut file: impl Read) -> io::Result<Zeroizing<String>> {
    let wrong = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what);
    // It never grows: a growing buffer would leave copies behind.
    let mut buffer = Zeroizing::new([0; MAX_FILE + 1]);
    let mut length = 0;
    loop {
        match file.read(&mut buffer[length..]) {
            Ok(0) if length > MAX_FILE => return Err(wrong("it is longer than any key")),
            Ok(0) => break,
            Ok(more) => length += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let text = std::str::from_utf8(&buffer[..length]).map_err(|_| wrong("it is not text"))?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// Messages about wrong permissions of the key directory below `root`, of its content, and of the settings for Redfish services.
#[must_use]
pub fn complaints(root: &Path) -> Vec<String> {
    let mut complaints = Vec::new();
    complain(&root.join(DIRECTORY), DEPTH, &mut complaints);
    let rules = ["", "/ca", "/fingerprint"].map(|name| (name, RULE));
    for (name, forbidden) in rules.into_iter().chain(["/password", "/user"].map(|name| (name, SECRET))) {
        let path = root.join(format!("{REDFISH}{name}"));
        let metadata = path.symlink_metadata().ok().filter(|metadata| !metadata.is_symlink());
        let error = metadata.and_then(|metadata| judge(&path, &metadata, forbidden).err());
        complaints.extend(error.map(|error| error.to_string()));
    }
    complaints
}

/// The directory of the settings for Redfish services.
pub const REDFISH: &str = "etc/nbft/redfish";

/// The key directory.
pub(super) const DIRECTORY: &str = "etc/nbft/keys";

/// Levels of directories in it: host, subsystem.
const DEPTH: usize = 2;

fn complain(path: &Path, depth: usize, complaints: &mut Vec<String>) {
    let Ok(metadata) = path.symlink_metadata() else { return };
    let judged = match metadata.is_dir() {
        true => judge(path, &metadata, RULE),
        // The permissions of a link do not matter: it is not followed.
        false if metadata.is_symlink() => Ok(()),
        false => judge(path, &metadata, SECRET),
    };
    complaints.extend(judged.err().map(|error| error.to_string()));
    let Ok(entries) = fs::read_dir(path) else { return };
    let mut inside: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    inside.sort();
    for path in inside {
        match (path.is_dir(), depth.checked_sub(1)) {
            (false, _) => complain(&path, 0, complaints),
            (true, Some(depth)) => complain(&path, depth, complaints),
            // nbft looks for no keys at this depth.
            (true, None) => {}
        }
    }
}

/// The mode of a file, if others than its owner can read or write it.
#[must_use]
pub fn open_to_others(file: &File) -> Option<u32> {
    let mode = file.metadata().ok()?.mode() & 0o7777;
    (mode & 0o077 != 0).then_some(mode)
}
