//! Reads the tables that `show` and `check` look at: bytes and what they say, one by one.

use crate::cli::Common;
use crate::error::Error;
use crate::exit::Exit;
use libnbft::files::{FileError, TableFile};
use libnbft::{ParseError, Parsed};
use std::path::PathBuf;

/// A table's file that could be read, whatever its bytes are.
#[derive(Debug)]
pub(crate) struct TableBytes {
    pub(crate) path: PathBuf,
    pub(crate) bytes: Vec<u8>,
}

impl TableBytes {
    /// The parsed table.
    ///
    /// # Errors
    ///
    /// When they are no table at all.
    pub(crate) fn parsed(&self) -> Result<Parsed<'_>, ParseError> {
        libnbft::parse(&self.bytes)
    }
}

/// Reads the existing tables one by one, in natural order, as they are requested: at most one is in memory. Reports unusable ones on
/// stderr.
#[derive(Debug)]
pub(crate) struct TableReader {
    files: std::vec::IntoIter<TableFile>,
    /// How many were read that can be used.
    usable: usize,
    /// How many were read that cannot.
    unusable: usize,
    /// Files that could not be read, with the reason.
    pub(crate) unreadable: Vec<(PathBuf, String)>,
}

impl TableReader {
    /// Finds the tables.
    ///
    /// # Errors
    ///
    /// When there is nothing at the path that was asked for.
    pub(crate) fn find(common: &Common) -> Result<Self, Error> {
        let path = common.tables();
        // In the kernel's own directory, only files that the kernel makes; elsewhere, files that other programs read there.
        let find = if common.names_tables() { libnbft::files::find_any } else { libnbft::files::find };
        let files = match find(&path) {
            // A machine without ACPI tables has no NBFT; a path that was asked for must be there.
            Err(_) if !common.names_tables() && !path.exists() => Vec::new(),
            found => found.map_err(|error| {
                let needs_root = needs_root(&error);
                Error::Tables { source: Box::new(error), needs_root }
            })?,
        };
        if files.is_empty() {
            log::info!("{}: no NBFT", path.display());
        }
        Ok(Self { files: files.into_iter(), usable: 0, unusable: 0, unreadable: Vec::new() })
    }

    /// How many tables were not read yet.
    pub(crate) fn remaining(&self) -> usize {
        self.files.len()
    }

    /// The exit code of a command that shows what it can, once all were read: one broken table must not make a script discard the good
    /// ones.
    pub(crate) fn exit_of_show(&self) -> Exit {
        if self.usable > 0 { Exit::Ok } else { self.exit() }
    }

    /// The exit code of a command that judges all tables, once all were read.
    pub(crate) fn exit(&self) -> Exit {
        match (self.usable, self.unusable + self.unreadable.len()) {
            (0, 0) => Exit::Nothing,
            (_, 0) => Exit::Ok,
            _ => Exit::Failed,
        }
    }
}

impl Iterator for TableReader {
    type Item = TableBytes;

    fn next(&mut self) -> Option<TableBytes> {
        loop {
            let file = self.files.next()?;
            let bytes = match file.read() {
                Ok(bytes) => bytes,
                Err(error) => {
                    let reason = reason(&error);
                    log::error!("{reason}");
                    self.unreadable.push((file.path, reason));
                    continue;
                }
            };
            let read = TableBytes { path: file.path, bytes };
            match read.parsed() {
                Ok(_) => self.usable += 1,
                Err(error) => {
                    log::error!("{}: {error}", read.path.display());
                    self.unusable += 1;
                }
            }
            return Some(read);
        }
    }
}

/// Why a table could not be read, and what to do about it.
fn reason(error: &FileError) -> String {
    if needs_root(error) {
        format!("{error}; only root may read the tables of the machine: run nbft as root")
    } else {
        error.to_string()
    }
}

/// Whether root could have read it.
fn needs_root(error: &FileError) -> bool {
    error.is_permission_denied() && !nix::unistd::geteuid().is_root()
}
