//! Collects an initramfs archive in the cpio format "newc", which the kernel reads.

use crate::tools::error::{At, Result};
use cpio::newc::{Builder, trailer};
use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

const DIRECTORY: u32 = 0o040_000;
const REGULAR: u32 = 0o100_000;
const SYMLINK: u32 = 0o120_000;

/// An archive that is being written.
#[derive(Debug, Default)]
pub struct Cpio {
    bytes: Vec<u8>,
    inode: u32,
    /// The directories that `above` has added.
    made: BTreeSet<String>,
}

impl Cpio {
    /// An empty archive.
    pub fn new() -> Self {
        Self::default()
    }

    fn entry(&mut self, name: &str, mode: u32, data: &[u8]) {
        self.inode += 1;
        let mut entry = Builder::new(name).ino(self.inode).mode(mode).write(&mut self.bytes, data.len() as u32);
        // Writing to a vector does not fail.
        let _ = entry.write_all(data);
        let _ = entry.finish();
    }

    /// Adds a directory; its parents must exist in the archive.
    pub fn dir(&mut self, name: &str) {
        self.entry(name, DIRECTORY | 0o755, &[]);
    }

    /// Adds the parent directories of a name, each of them once.
    pub fn above(&mut self, name: &str) {
        for (at, _) in name.match_indices('/') {
            if self.made.insert(name[..at].to_owned()) {
                self.dir(&name[..at]);
            }
        }
    }

    /// Adds a file.
    pub fn file(&mut self, name: &str, mode: u32, data: &[u8]) {
        self.entry(name, REGULAR | mode, data);
    }

    /// Adds a symbolic link.
    pub fn link(&mut self, name: &str, target: &str) {
        self.entry(name, SYMLINK | 0o777, target.as_bytes());
    }

    /// Adds a copy of a file.
    pub fn copy(&mut self, name: &str, path: &Path) -> Result<()> {
        let data = fs::read(path).at(path)?;
        let mode = fs::metadata(path).at(path)?.permissions().mode() & 0o777;
        self.file(name, mode, &data);
        Ok(())
    }

    /// Returns the archive with its end mark; another archive may follow it.
    pub fn finish(mut self) -> Vec<u8> {
        let _ = trailer(&mut self.bytes);
        self.bytes.resize(self.bytes.len().next_multiple_of(512), 0);
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_aligned_and_ended() {
        let mut cpio = Cpio::new();
        cpio.dir("bin");
        cpio.file("bin/x", 0o755, b"abc");
        let bytes = cpio.finish();
        assert_eq!(bytes.len() % 512, 0);
        // Header and name of "bin": 110 + 4 bytes, padded to 116; the next header follows at once.
        assert_eq!(&bytes[..6], b"070701");
        assert_eq!(&bytes[116..122], b"070701");
        assert_eq!(&bytes[116 + 14..116 + 22], b"000081ed");
        assert_eq!(&bytes[116 + 116..116 + 119], b"abc");
        assert!(bytes.windows(10).any(|w| w == b"TRAILER!!!"));
    }
}
