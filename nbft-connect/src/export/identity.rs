//! Writes the host NQN and host ID where nvme-cli and others read them: an installed system then uses the pair of the boot.

use super::File;
use crate::error::{Error, ExistingError};
use crate::input::read_regular;
use libnbft::plan::HostIdentity;
use libnbft::text::is_harmless;
use std::io;
use std::path::Path;

/// Largest file that is compared, in bytes; an NQN has at most 223.
const MAX_SIZE: u64 = 4096;

/// The two files, below the root of the system that gets them. None for an NQN whose characters are not shown: a newline in it would
/// end the name, and an escaped one would name another host.
pub(crate) fn files(host: &HostIdentity) -> Vec<File> {
    if !host.nqn.chars().all(is_harmless) {
        return Vec::new();
    }
    vec![
        File::new("etc/nvme/hostnqn".into(), format!("{}\n", host.nqn)),
        File::new("etc/nvme/hostid".into(), format!("{}\n", host.id)),
    ]
}

/// Refuses to replace a file with other content. Both files are checked before one is written, so that no half pair results.
pub(crate) fn refuse_others(files: &[File], directory: &Path) -> Result<(), Error> {
    for file in files {
        let path = directory.join(&file.name);
        match read_regular(&path, MAX_SIZE) {
            Ok(old) if old.trim_ascii().eq_ignore_ascii_case(file.content.as_bytes().trim_ascii()) => {}
            Ok(old) if old.trim_ascii().is_empty() => {}
            Ok(old) => {
                let old = String::from_utf8_lossy(old.trim_ascii()).into_owned();
                return Err(ExistingError { path, old }.into());
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(Error::Read { path, source }),
        }
    }
    Ok(())
}
