//! Reads the discovery log page, the list that a discovery controller returns (NVM Express Base Specification, Discovery Log Page).
//!
//! ```text
//!      0 ┌──────────────┐
//!        │ header  1024 │ generation counter, number of records
//!   1024 ├──────────────┤
//!        │ entry   1024 │ one port of a subsystem, or another discovery controller
//!        ├──────────────┤
//!        │ …            │
//!        └──────────────┘
//! ```
//!
//! The page comes over the network and is trusted no more than the table. No input panics. An unusable entry costs only itself.
//! A kept entry holds no character that could add an option or a line. A page may have any length, so [`Log::take`] reads it
//! piece by piece and keeps at most [`MAX_ENTRIES`] entries.
//!
//! ```
//! use libnbft::discovery_log::{Header, LEN, Log};
//!
//! let mut page = [0; LEN];
//! page[0] = 7; // the generation counter, little endian
//! let log = Log::new(Header::parse(&page).expect("a header of 1024 bytes"));
//! assert_eq!((log.generation, log.records), (7, 0));
//! assert!(log.is_whole());
//! ```

mod entry;
#[cfg(test)]
mod tests;

pub use entry::{Entry, EntryError, EntryKind};

use crate::codes::codes;
use crate::raw::DiscoveryLogHeader;
use alloc::vec::Vec;
use zerocopy::FromBytes as _;

/// Identifier of the log page.
pub const LOG_PAGE: u8 = 0x70;

/// Length in bytes of the header, and of each entry.
pub const LEN: usize = 1024;

/// How many records of a page are read at most, whatever number the header states.
pub const MAX_RECORDS: u64 = 1 << 16;

/// How many entries of a page are kept at most.
pub const MAX_ENTRIES: usize = 1 << 12;

/// How many [`Skipped`] entries of a page are kept at most.
const MAX_REASONS: usize = 32;

/// The beginning of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The generation counter. It changes with the page: if it differs after reading, entries may be torn.
    pub generation: u64,
    /// The number of entries that follow.
    pub records: u64,
}

/// Why a page cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum LogError {
    /// The page ends within the header.
    #[error("the discovery log page has {0} bytes, fewer than its header of {LEN}")]
    Short(usize),
    /// The page has an unknown record format.
    #[error("the discovery log page has the unknown record format {0}")]
    Format(u16),
}

codes!(LogError {
    Short => "log-page-short",
    Format => "log-page-format",
});

impl Header {
    /// Reads the header from the page's beginning.
    ///
    /// # Errors
    ///
    /// The page is shorter than a header, or has an unknown record format.
    pub fn parse(bytes: &[u8]) -> Result<Self, LogError> {
        let (raw, _) = DiscoveryLogHeader::ref_from_prefix(bytes).map_err(|_| LogError::Short(bytes.len()))?;
        match raw.format.get() {
            0 => Ok(Self { generation: raw.generation.get(), records: raw.records.get() }),
            format => Err(LogError::Format(format)),
        }
    }

    /// The number of records to read, at most [`MAX_RECORDS`].
    #[must_use]
    pub fn to_read(&self) -> u64 {
        self.records.min(MAX_RECORDS)
    }
}

/// The kept content of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Log {
    /// The header's generation counter.
    pub generation: u64,
    /// The header's number of records.
    pub records: u64,
    /// How many records [`Log::take`] has read so far.
    pub taken: u64,
    /// The usable entries, in the order of the page.
    pub entries: Vec<Entry>,
    /// The first unusable entries.
    pub skipped: Vec<Skipped>,
}

/// An unusable entry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[error("entry {number}: {reason}")]
#[non_exhaustive]
pub struct Skipped {
    /// Its number in the page, from 1.
    pub number: u64,
    /// Why.
    pub reason: EntryError,
}

impl Log {
    /// A page whose header is known and whose entries are not yet read.
    #[must_use]
    pub fn new(header: Header) -> Self {
        Self { generation: header.generation, records: header.records, ..Self::default() }
    }

    /// Reads the next entries: each complete one in `bytes`, up to the number in the header.
    pub fn take(&mut self, bytes: &[u8]) {
        for bytes in bytes.chunks_exact(LEN) {
            if self.is_whole() {
                return;
            }
            self.taken += 1;
            match Entry::parse(bytes) {
                Ok(entry) if self.entries.len() < MAX_ENTRIES => self.entries.push(entry),
                Ok(_) => self.skip(EntryError::TooMany),
                Err(error) => self.skip(error),
            }
        }
    }

    /// How many entries are ports of subsystems.
    #[must_use]
    pub fn subsystem_count(&self) -> usize {
        self.entries.iter().filter(|entry| entry.kind == EntryKind::Subsystem).count()
    }

    fn skip(&mut self, reason: EntryError) {
        if self.skipped.len() < MAX_REASONS {
            self.skipped.push(Skipped { number: self.taken, reason });
        }
    }

    /// Whether all records have been read.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.taken >= self.records.min(MAX_RECORDS)
    }
}
