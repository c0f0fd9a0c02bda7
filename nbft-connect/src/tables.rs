//! The tables that `show` and `check` look at: bytes and what they say, one by one.

use crate::cli::Common;
use crate::error::Error;
use crate::exit::Exit;
use libnbft::{ParseError, Parsed};
use std::path::PathBuf;

/// A table's file that could be read, whatever its bytes are.
#[derive(Debug)]
pub(crate) struct TableBytes {
    pub(crate) path: PathBuf,
    pub(crate) bytes: Vec<u8>,
    pub(crate) parsed: Result<Parsed, ParseError>,
}

/// What there was to read.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    pub(crate) tables: Vec<TableBytes>,
    /// Files that could not be read, with the reason.
    pub(crate) unreadable: Vec<(PathBuf, String)>,
}

impl Tables {
    /// Reads every table, in natural order, and says on stderr which could not be used.
    ///
    /// # Errors
    ///
    /// When there is nothing at the path that was asked for.
    pub(crate) fn read(common: &Common) -> Result<Self, Error> {
        let path = common.tables();
        let files = match libnbft::files::find(&path) {
            // A machine without ACPI tables has no NBFT; a path that was asked for must be there.
            Err(_) if common.nbft_path.is_none() && !path.exists() => Vec::new(),
            found => found.map_err(|error| Error::Other(error.to_string()))?,
        };
        if files.is_empty() {
            log::info!("{}: no NBFT", path.display());
        }
        let mut read = Self::default();
        for file in files {
            let bytes = match file.read() {
                Ok(bytes) => bytes,
                Err(error) => {
                    log::error!("{error}");
                    read.unreadable.push((file.path, error.to_string()));
                    continue;
                }
            };
            let parsed = libnbft::parse(&bytes);
            if let Err(error) = &parsed {
                log::error!("{}: {error}", file.path.display());
            }
            read.tables.push(TableBytes { path: file.path, bytes, parsed });
        }
        Ok(read)
    }

    /// How a command ends that has shown what could be shown.
    pub(crate) fn exit(&self) -> Exit {
        if self.tables.is_empty() && self.unreadable.is_empty() {
            Exit::Nothing
        } else if !self.unreadable.is_empty() || self.tables.iter().any(|table| table.parsed.is_err()) {
            Exit::Failed
        } else {
            Exit::Ok
        }
    }
}
