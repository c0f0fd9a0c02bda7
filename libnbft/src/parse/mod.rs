//! Reads a table: bytes to model, with a finding for each error in its structure.
//!
//! No input makes it panic, and it allocates in proportion to the input: it refuses heap objects of more than [`MAX_OBJECT`]
//! bytes, apart from the one driver path. A table ends where the header says or where the input ends, whichever is first.

mod header;
mod hfi;
mod host;
mod lists;
mod offsets;
mod reader;
mod regions;
mod security;
mod ssns;

#[cfg(feature = "write")]
pub(crate) use header::sum;
pub(crate) use lists::List;
pub(crate) use offsets::Offsets;
pub(crate) use reader::{MAX_OBJECT, Owner};

use crate::error::{ParseError, Problem};
use crate::finding::Finding;
use crate::heap::Heap;
use crate::model::{Control, Table};
use crate::raw;
use alloc::vec::Vec;
use reader::Reader;
use zerocopy::FromBytes as _;
use zerocopy::little_endian::U32;

/// Offset of the control descriptor.
pub(crate) const CONTROL: usize = size_of::<raw::Header>();
/// Length of header and control descriptor together.
pub(crate) const START: usize = size_of::<raw::Start>();

/// A table that was read, with the bytes that it was read from.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Parsed<'a> {
    /// The table's values.
    pub table: Table,
    /// The findings about its structure: lengths, bounds, references, strings. [`Parsed::check`] returns these and all others.
    pub findings: Vec<Finding>,
    pub(crate) offsets: Offsets,
    bytes: &'a [u8],
}

impl<'a> Parsed<'a> {
    /// The bytes from which the table was read: the whole input, including bytes after the length that the header states.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }
}

/// Reads a table.
///
/// `bytes` is a file from `/sys/firmware/acpi/tables`, header included. `parse` leaves out descriptors that are broken or not
/// marked valid, and reports each in a finding. It reads a higher structure version as the highest known.
///
/// # Errors
///
/// If the table is unusable as a whole: another signature, fewer than 128 bytes, a major revision other than 1, or no valid
/// control descriptor at offset 64 (Boot Specification, header and control descriptor). A wrong checksum is only a finding, since
/// the kernel has accepted the table already.
pub fn parse(bytes: &[u8]) -> Result<Parsed<'_>, ParseError> {
    let (start, table_bytes, heap) = frame(bytes)?;
    let mut reader = Reader { bytes: table_bytes, heap, findings: Vec::new() };
    reader.check_frame(start, bytes);
    let mut offsets = Offsets::default();
    let header = reader.read_header(&start.header);
    reader.check_versions(&start.control);
    let host = reader.read_host(&start.control, &mut offsets);
    let hfis = reader.read_hfis(start.control.hfis, &mut offsets.hfis);
    let ssns = reader.read_ssns(start.control.ssns, &mut offsets.ssns);
    let security = reader.read_profiles(start.control.security, &mut offsets.security);
    let discovery = reader.read_discovery(start.control.discovery, &mut offsets.discovery);
    reader.check_overlaps(start);

    let control = Control { major: start.control.major, minor: start.control.minor, flags: start.control.flags };
    let table = Table { header, control, host, hfis, ssns, security, discovery };
    Ok(Parsed { table, findings: reader.findings, offsets, bytes })
}

/// Header and control descriptor, the table cut at the length that its header states, and its heap.
pub(crate) fn frame(bytes: &[u8]) -> Result<(&raw::Start, &[u8], Heap<'_>), ParseError> {
    let start = start(bytes)?;
    let as_size = |number: U32| usize::try_from(number.get()).unwrap_or(usize::MAX);
    let bytes = &bytes[..as_size(start.header.length).min(bytes.len())];
    let heap_start = as_size(start.header.heap_offset);
    let heap_end = heap_start.saturating_add(as_size(start.header.heap_length));
    // The heap never includes the header, even if the header states that.
    Ok((start, bytes, Heap::new(bytes, heap_start.max(START)..heap_end)))
}

/// Header and control descriptor, or why the table is unusable as a whole.
fn start(bytes: &[u8]) -> Result<&raw::Start, ParseError> {
    if let Some(signature) = bytes.first_chunk::<4>().filter(|signature| *signature != b"NBFT") {
        return Err(ParseError::new(Problem::Signature(*signature)));
    }
    let Ok((start, _)) = raw::Start::ref_from_prefix(bytes) else {
        return Err(ParseError::new(Problem::Short(bytes.len())));
    };
    let problem = if (start.header.length.get() as usize) < START {
        Problem::ShortLength(start.header.length.get())
    } else if start.header.major != 1 {
        Problem::Major(start.header.major)
    } else if start.control.id != raw::id::CONTROL {
        Problem::ControlId(start.control.id)
    } else if start.control.flags & 1 == 0 {
        Problem::ControlInvalid
    } else {
        return Ok(start);
    };
    Err(ParseError::new(problem))
}
