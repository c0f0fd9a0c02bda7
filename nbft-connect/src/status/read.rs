//! Reads and writes the status file.

use super::schema::Status;
use super::validate::retain_valid;
use crate::error::Error;
use crate::input::read_regular;
use crate::json_error::JsonError;
use crate::output::json::{self, Secrets};
use crate::output::replace::{PUBLIC, replace};
use std::io;
use std::path::Path;

/// Largest status file that is read, in bytes. A path takes about half a KiB of it, a namespace or an interface no more.
pub const MAX_SIZE: u64 = 16 << 20;

/// Why bytes are not a status file. Nothing of them is quoted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// There are no bytes.
    #[error("not a status file: it is empty")]
    Empty,
    /// They are not JSON of its form.
    #[error("not a status file: {0}")]
    Json(JsonError),
}

impl Status {
    /// The status that a former run left; `None` if there was none.
    ///
    /// Its values have the form that the kernel and the tables use; an item with another value is left out and logged. Texts stay as they
    /// are: they are escaped where they are shown.
    ///
    /// # Errors
    ///
    /// When there is a file that cannot be read, is no regular file, has more than [`MAX_SIZE`] bytes, or is no status file.
    pub fn read(file: &Path) -> Result<Option<Self>, Error> {
        let text = match read_regular(file, MAX_SIZE) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(Error::Read { path: file.to_owned(), source }),
        };
        let (status, dropped) = Self::parse(&text).map_err(|why| Error::input(file.display().to_string(), why))?;
        for item in dropped {
            log::warn!("{}: {item}", file.display());
        }
        Ok(Some(status))
    }

    /// The status in these bytes, and a sentence for each item that is left out because its form is wrong.
    ///
    /// # Errors
    ///
    /// Why the whole cannot be used. The bytes themselves are not quoted.
    pub fn parse(text: &[u8]) -> Result<(Self, Vec<String>), ParseError> {
        if text.is_empty() {
            return Err(ParseError::Empty);
        }
        let mut status: Self = serde_json::from_slice(text).map_err(|error| ParseError::Json(error.into()))?;
        let dropped = retain_valid(&mut status);
        Ok((status, dropped))
    }

    /// Writes the file so that a reader sees the old or the new one whole.
    ///
    /// # Errors
    ///
    /// When /run cannot be written.
    pub fn write(&self, file: &Path) -> io::Result<()> {
        replace(file, json::text(self, Secrets::Masked)?.as_bytes(), PUBLIC)
    }
}
