//! Bytes → model, with what is wrong about the structure.
//!
//! No input makes it panic. What it allocates is in proportion to the input: each descriptor takes a bounded amount, since
//! heap objects of more than [`MAX_OBJECT`] bytes are refused (apart from the one driver path). Every bound is the smaller of
//! the header's length and the input's.

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

use crate::error::{Kind, ParseError};
use crate::finding::Finding;
use crate::heap::Heap;
use crate::model::{Control, Table};
use crate::raw::{self};
use alloc::vec::Vec;
use reader::Reader;
use zerocopy::FromBytes as _;
use zerocopy::little_endian::U32;

/// Where the control descriptor begins.
pub(crate) const CONTROL: usize = size_of::<raw::Header>();
/// Length of header and control descriptor together.
pub(crate) const START: usize = size_of::<raw::Start>();

/// A table that was read, and what is wrong with its structure.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Parsed<'a> {
    /// What the table says.
    pub table: Table,
    /// What is wrong with its structure: lengths, bounds, references, strings. [`Parsed::check`] tells more.
    pub findings: Vec<Finding>,
    pub(crate) offsets: Offsets,
    bytes: &'a [u8],
}

impl<'a> Parsed<'a> {
    /// The bytes that it was read from.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }
}

/// Reads a table.
///
/// `bytes` is a file from `/sys/firmware/acpi/tables`, header included. A broken descriptor costs that descriptor: it is left
/// out, and a finding says so. Descriptors that are not marked valid are left out as well.
///
/// # Errors
///
/// When the table is unusable as a whole: another signature, fewer than 128 bytes, a major revision other than 1, or no valid
/// control descriptor. A wrong checksum is a finding only, since the kernel has taken the table already.
pub fn parse(bytes: &[u8]) -> Result<Parsed<'_>, ParseError> {
    let (start, table_bytes, heap) = frame(bytes)?;
    let mut reader = Reader { bytes: table_bytes, heap, findings: Vec::new() };
    reader.whole(start, bytes);
    let mut offsets = Offsets::default();
    let header = reader.header(&start.header);
    reader.versions(&start.control);
    let host = reader.host(&start.control, &mut offsets);
    let hfis = reader.hfis(start.control.hfis, &mut offsets.hfis);
    let ssns = reader.all_ssns(start.control.ssns, &mut offsets.ssns);
    let security = reader.profiles(start.control.security, &mut offsets.security);
    let discovery = reader.all_discovery(start.control.discovery, &mut offsets.discovery);
    reader.regions(start);

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
    // Nothing may be read out of the header by a reference, whatever the header says of its heap.
    Ok((start, bytes, Heap::new(bytes, heap_start.max(START)..heap_end)))
}

/// Header and control descriptor, or why there is no use in going on.
fn start(bytes: &[u8]) -> Result<&raw::Start, ParseError> {
    if let Some(signature) = bytes.first_chunk::<4>().filter(|signature| *signature != b"NBFT") {
        return Err(ParseError::new(Kind::Signature(*signature)));
    }
    let Ok((start, _)) = raw::Start::ref_from_prefix(bytes) else {
        return Err(ParseError::new(Kind::Short(bytes.len())));
    };
    let kind = if (start.header.length.get() as usize) < START {
        Kind::ShortLength(start.header.length.get())
    } else if start.header.major != 1 {
        Kind::Major(start.header.major)
    } else if start.control.id != raw::id::CONTROL {
        Kind::ControlId(start.control.id)
    } else if start.control.flags & 1 == 0 {
        Kind::ControlInvalid
    } else {
        return Ok(start);
    };
    Err(ParseError::new(kind))
}
