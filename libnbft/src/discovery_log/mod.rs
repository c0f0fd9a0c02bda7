//! The discovery log page: what a discovery controller knows (NVM Express Base Specification, Discovery Log Page).
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
//! It comes over the wire from whoever answers, and is trusted no more than the table: no input panics, an entry that cannot be
//! used costs itself only, and what is kept of one holds nothing that would add an option or a line. It may be of any
//! length, so it is taken piece by piece ([`Log::take`]), and what is kept is bounded ([`MAX_ENTRIES`]).
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

/// How many records are read of a page; whoever claims more is not believed.
pub const MAX_RECORDS: u64 = 1 << 16;

/// How many entries are kept of a page.
pub const MAX_ENTRIES: usize = 1 << 12;

/// How many reasons are kept why entries were passed over.
const MAX_REASONS: usize = 32;

/// What the page begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Moves whenever the page changes. When it is not the same after reading as before, entries may be torn.
    pub generation: u64,
    /// How many entries follow.
    pub records: u64,
}

/// Why a page cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum LogError {
    /// It ends within the header.
    #[error("the discovery log page has {0} bytes, not even its header of {LEN}")]
    Short(usize),
    /// Its entries have another form.
    #[error("the discovery log page has record format {0}, which is not known")]
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
    /// When there is less than a header, or the entries after it have a form that is not known.
    pub fn parse(bytes: &[u8]) -> Result<Self, LogError> {
        let (raw, _) = DiscoveryLogHeader::ref_from_prefix(bytes).map_err(|_| LogError::Short(bytes.len()))?;
        match raw.format.get() {
            0 => Ok(Self { generation: raw.generation.get(), records: raw.records.get() }),
            format => Err(LogError::Format(format)),
        }
    }

    /// How many records are to be read.
    #[must_use]
    pub fn to_read(&self) -> u64 {
        self.records.min(MAX_RECORDS)
    }
}

/// What is kept of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Log {
    /// The header's generation counter.
    pub generation: u64,
    /// The header's number of records.
    pub records: u64,
    /// How many of them have been taken.
    pub taken: u64,
    /// Those that can be used, in the order of the page.
    pub entries: Vec<Entry>,
    /// The first of those that cannot be used.
    pub skipped: Vec<Skipped>,
}

/// An entry that cannot be used.
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
    /// A page of which nothing but the header is known.
    #[must_use]
    pub fn new(header: Header) -> Self {
        Self { generation: header.generation, records: header.records, ..Self::default() }
    }

    /// Takes the next entries: as many as `bytes` holds whole and the header announced. A page that ends early loses what is
    /// missing.
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

    /// Whether each entry that is to be read has been taken.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.taken >= self.records.min(MAX_RECORDS)
    }
}
