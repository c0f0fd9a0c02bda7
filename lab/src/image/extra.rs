//! Puts files into the host's initramfs beside what dracut packs.

use super::cpio::Cpio;
use crate::scenario::{Extra, Scenario};
use crate::tools::error::{At, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// The file name of the initramfs of a run that adds files.
pub const ARCHIVE: &str = "host.cpio";

/// Puts the scenario's files and these before the initramfs: the kernel unpacks one archive after another.
pub fn with_extra(scenario: &Scenario, more: Vec<Extra>, initrd: &Path, dir: &Path) -> Result<PathBuf> {
    let files: Vec<Extra> = scenario.extra.iter().cloned().chain(more).collect();
    if files.is_empty() {
        return Ok(initrd.to_owned());
    }
    let mut bytes = archive(&files);
    bytes.extend(fs::read(initrd).at(initrd)?);
    let path = dir.join(ARCHIVE);
    fs::write(&path, bytes).at(&path)?;
    Ok(path)
}

fn archive(files: &[Extra]) -> Vec<u8> {
    let mut cpio = Cpio::new();
    for file in files {
        cpio.above(&file.path);
        cpio.file(&file.path, file.mode, file.text.as_bytes());
    }
    cpio.finish()
}
