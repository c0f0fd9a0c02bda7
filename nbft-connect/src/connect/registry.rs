//! Registers nbft as a controller's owner for nvme-cli 3, so that `nvme disconnect-all` spares it.

use crate::nvme::sysfs::attribute;
use std::fs;
use std::io;
use std::path::Path;

/// Registers a controller: builds a directory aside and renames it into place. A leftover of an earlier run or controller is removed only
/// if it is in the way, since many paths call this many times.
#[expect(clippy::disallowed_methods, reason = "our own word, and a number of the kernel's")]
pub(super) fn enter(root: &Path, controller: &str) -> io::Result<()> {
    let registry = root.join("run/nvme/registry");
    let aside = registry.join(format!(".{controller}.{}", std::process::id()));
    let entry = registry.join(controller);
    fs::create_dir(&aside).or_else(|error| match error.kind() {
        io::ErrorKind::NotFound => fs::create_dir_all(&aside),
        io::ErrorKind::AlreadyExists => fs::remove_dir_all(&aside).and_then(|()| fs::create_dir(&aside)),
        _ => Err(error),
    })?;
    fs::write(aside.join("owner"), "nbft\n")?;
    // Tells an entry of this controller from one of an earlier controller with its name.
    let seqnum = attribute(&root.join("sys/kernel"), "uevent_seqnum");
    fs::write(aside.join("seqnum"), seqnum + "\n")?;
    fs::rename(&aside, &entry).or_else(|_| {
        fs::remove_dir_all(&entry)?;
        fs::rename(&aside, &entry)
    })
}

/// Whether a controller is nbft's.
pub(crate) fn is_ours(root: &Path, controller: &str) -> bool {
    attribute(&root.join("run/nvme/registry").join(controller), "owner") == "nbft"
}

/// Removes the entry of a controller of nbft's that is gone.
pub(crate) fn leave(root: &Path, controller: &str) {
    if is_ours(root, controller) {
        // A udev rule may have removed it first.
        let _ = fs::remove_dir_all(root.join("run/nvme/registry").join(controller));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_there_is_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        let entry = root.join("run/nvme/registry/nvme0");
        fs::create_dir_all(root.join("sys/kernel")).unwrap();
        for seqnum in ["7\n", "8\n"] {
            fs::write(root.join("sys/kernel/uevent_seqnum"), seqnum).unwrap();
            enter(root, "nvme0").unwrap();
            assert_eq!(fs::read_to_string(entry.join("owner")).unwrap(), "nbft\n");
            assert_eq!(fs::read_to_string(entry.join("seqnum")).unwrap(), seqnum);
            // A leftover of a killed process that had the same process ID.
            fs::create_dir_all(entry.with_file_name(format!(".nvme0.{}", std::process::id())).join("owner")).unwrap();
        }
        enter(root, "nvme0").unwrap();
        let names: Vec<_> = fs::read_dir(entry.parent().unwrap()).unwrap().flatten().map(|e| e.file_name()).collect();
        assert_eq!(names, ["nvme0"]);
        // A file in the way is kept and reported.
        fs::write(entry.with_file_name("nvme1"), "").unwrap();
        assert!(enter(root, "nvme1").is_err());
    }
}
