//! The registry by which nvme-cli 3 knows that a controller is somebody's: `nvme disconnect-all` spares it.

use std::fs;
use std::io;
use std::path::Path;

/// Enters a controller: a directory built aside and renamed into place.
pub(super) fn enter(root: &Path, controller: &str) -> io::Result<()> {
    let registry = root.join("run/nvme/registry");
    fs::create_dir_all(&registry)?;
    let aside = registry.join(format!(".{controller}.{}", std::process::id()));
    let entry = registry.join(controller);
    remove(&aside)?;
    fs::create_dir(&aside)?;
    fs::write(aside.join("owner"), "nbft\n")?;
    // Tells an entry of this controller from one of an earlier controller with its name.
    let seqnum = fs::read_to_string(root.join("sys/kernel/uevent_seqnum")).unwrap_or_default();
    fs::write(aside.join("seqnum"), seqnum)?;
    remove(&entry)?;
    fs::rename(&aside, &entry)
}

fn remove(directory: &Path) -> io::Result<()> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
