//! Writes a file so that a reader sees the old content or the new one, whole: the status, the host identity, what exporters write.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// Mode of a file that everybody may read.
pub const PUBLIC: u32 = 0o644;

/// How many names are tried for the temporary file: killed processes leave others behind.
const NAMES: u32 = 1024;

static NEXT: AtomicU32 = AtomicU32::new(0);

/// Writes `content` to a new file beside `file` and renames it into place; makes the directory if it is missing.
///
/// The temporary file has a name of its own in each process and at each write, which begins with a dot. An existing file or symbolic link
/// of that name is never opened. `mode` is the file's mode, whatever the process's mask. Nothing is synchronised to a disk: these files are
/// in memory, or are written again.
///
/// # Errors
///
/// The file system's error. No temporary file is left then.
pub fn replace(file: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    if let Some(directory) = file.parent() {
        std::fs::create_dir_all(directory)?;
    }
    let (aside, mut new) = create_aside(file, mode)?;
    let mut write = || {
        new.set_permissions(Permissions::from_mode(mode))?;
        new.write_all(content)?;
        std::fs::rename(&aside, file)
    };
    write().inspect_err(|_| drop(std::fs::remove_file(&aside)))
}

/// Creates a temporary file beside `file`.
#[expect(
    clippy::disallowed_methods,
    reason = "its callers bring what came through the door, has a quoting of its own, or is one word"
)]
fn create_aside(file: &Path, mode: u32) -> io::Result<(PathBuf, File)> {
    let name = file.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy();
    let mut options = OpenOptions::new();
    // O_EXCL, with which no symbolic link is followed.
    options.write(true).create_new(true).mode(mode).custom_flags(libc::O_NOFOLLOW);
    for _ in 0..NAMES {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let aside = file.with_file_name(format!(".{name}.{}-{number}.new", std::process::id()));
        match options.open(&aside) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            opened => return Ok((aside, opened?)),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn writers_at_once_leave_one_whole_file() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("run/status.json");
        let contents = [b'a', b'b', b'c', b'd'].map(|byte| vec![byte; 50_000]);
        replace(&file, &contents[0], PUBLIC).unwrap();
        std::thread::scope(|scope| {
            for content in &contents {
                scope.spawn(|| (0..200).for_each(|_| replace(&file, content, PUBLIC).unwrap()));
            }
            scope.spawn(|| (0..2000).for_each(|_| assert!(contents.contains(&fs::read(&file).unwrap()))));
        });
        assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn what_lies_beside_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let here = directory.path();
        fs::write(here.join("victim"), "mine").unwrap();
        let file = here.join("status.json");
        let next = NEXT.load(Ordering::Relaxed);
        // Other tests advance the counter, too.
        let links: Vec<_> = (next..next + 64).map(|n| format!(".status.json.{}-{n}.new", std::process::id())).collect();
        for name in links.iter().map(String::as_str).chain(["status.new", "status.json.new"]) {
            std::os::unix::fs::symlink(here.join("victim"), here.join(name)).unwrap();
        }
        replace(&file, b"new", 0o600).unwrap();
        assert_eq!(fs::read_to_string(here.join("victim")).unwrap(), "mine");
        let metadata = fs::symlink_metadata(&file).unwrap();
        assert!(metadata.is_file() && metadata.permissions().mode() & 0o7777 == 0o600);
        // The file itself may be a link: it is replaced, not followed.
        fs::remove_file(&file).unwrap();
        std::os::unix::fs::symlink(here.join("victim"), &file).unwrap();
        replace(&file, b"new", PUBLIC).unwrap();
        assert_eq!(fs::read_to_string(here.join("victim")).unwrap(), "mine");
        assert!(replace(&here.join("victim/file"), b"new", PUBLIC).is_err());
    }

    #[test]
    fn a_failure_leaves_nothing_beside() {
        let directory = tempfile::tempdir().unwrap();
        let here = directory.path();
        fs::create_dir_all(here.join("status.json/full")).unwrap();
        assert!(replace(&here.join("status.json"), b"new", PUBLIC).is_err());
        assert_eq!(fs::read_dir(here).unwrap().count(), 1);
    }
}
