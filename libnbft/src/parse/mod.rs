//! Bytes → model, with what is wrong about the structure.
//!
//! No input makes it panic. What it allocates is in proportion to the input: each descriptor takes a bounded amount, since
//! heap objects of more than [`MAX_OBJECT`] bytes are refused (apart from the one driver path). Every bound is the smaller of
//! the header's length and the input's.

mod hfi;
mod lists;
mod places;
mod reader;
mod regions;
mod security;
mod ssns;

pub(crate) use lists::List;
pub(crate) use places::Places;
pub(crate) use reader::{MAX_OBJECT, Owner};

use crate::error::{Kind, ParseError};
use crate::finding::Finding;
use crate::heap::Heap;
use crate::model::{Control, FixedText, Header, Host, HostFlags, Table, Uuid};
use crate::raw::{self, bytes_of};
use crate::rule::Rule;
use alloc::vec::Vec;
use core::mem::offset_of;
use core::ops::Range;
use reader::{Reader, at};
use zerocopy::FromBytes as _;
use zerocopy::little_endian::U32;

/// Where the control descriptor begins.
pub(crate) const CONTROL: usize = size_of::<raw::Header>();
/// Length of header and control descriptor together.
pub(crate) const START: usize = size_of::<raw::Start>();

/// The header's two fields that say where the heap lies.
const HEAP_FIELDS: Range<usize> = offset_of!(raw::Header, heap_offset)..offset_of!(raw::Header, driver_path);

/// A table that was read, and what is wrong with its structure.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Parsed {
    /// What the table says.
    pub table: Table,
    /// What is wrong with its structure: lengths, bounds, references, strings. [`check`](crate::check()) tells more.
    pub findings: Vec<Finding>,
    pub(crate) places: Places,
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
pub fn parse(bytes: &[u8]) -> Result<Parsed, ParseError> {
    let (start, table_bytes, heap) = frame(bytes)?;
    let mut reader = Reader { bytes: table_bytes, heap, findings: Vec::new() };
    reader.whole(start, bytes);
    let mut places = Places::default();
    let header = reader.header(&start.header);
    reader.versions(&start.control);
    let host = reader.host(&start.control, &mut places);
    let hfis = reader.hfis(start.control.hfis, &mut places.hfis);
    let ssns = reader.all_ssns(start.control.ssns, &mut places.ssns);
    let security = reader.profiles(start.control.security, &mut places.security);
    let discovery = reader.all_discovery(start.control.discovery, &mut places.discovery);
    reader.regions(start);

    let control = Control { major: start.control.major, minor: start.control.minor, flags: start.control.flags };
    let table = Table { header, control, host, hfis, ssns, security, discovery };
    Ok(Parsed { table, findings: reader.findings, places })
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

/// Sum of all bytes modulo 256; 0 for a table whose checksum is right.
pub(crate) fn sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum.wrapping_add(*byte))
}

impl Reader<'_> {
    /// The versions of the descriptors that the control descriptor refers to.
    fn versions(&mut self, control: &raw::Control) {
        if control.host.length.get() != 0 {
            let span = bytes_of!(CONTROL, Control.host_version);
            self.version(Owner::CONTROL, "host descriptor", control.host_version, 1..2, span);
        }
        for list in lists::List::all(control) {
            if list.count() != 0 {
                let span = bytes_of!(list.at, ListRef.version);
                self.version(
                    Owner::CONTROL,
                    format_args!("{} descriptors", list.name),
                    list.reference.version,
                    1..2,
                    span,
                );
            }
        }
    }

    /// Length, checksum, revisions, heap bounds.
    fn whole(&mut self, start: &raw::Start, input: &[u8]) {
        let header = &start.header;
        let (stated, length) = (header.length.get(), input.len());
        if self.bytes.len() < length {
            let span = self.bytes.len()..length;
            self.report(Rule::FileLong, format_args!("the header states {stated} bytes, the file has {length}"), span);
        }
        if u64::from(stated) > length as u64 {
            self.report(
                Rule::FileShort,
                format_args!("the header states {stated} bytes, the file has {length}"),
                bytes_of!(0, Header.length),
            );
        } else {
            let sum = sum(self.bytes);
            if sum != 0 {
                let (is, should) = (header.checksum, header.checksum.wrapping_sub(sum));
                self.report(
                    Rule::Checksum,
                    format_args!("the checksum is {is:#04x}, it should be {should:#04x}"),
                    bytes_of!(0, Header.checksum),
                );
            }
        }
        if header.minor > 1 {
            self.report(
                Rule::MinorRevision,
                format_args!("the minor revision is {}; 0 and 1 are known", header.minor),
                bytes_of!(0, Header.minor),
            );
        }
        let heap_end = u64::from(header.heap_offset.get()) + u64::from(header.heap_length.get());
        if header.heap_length.get() != 0 && heap_end > self.bytes.len() as u64 {
            let (from, end) = (header.heap_offset.get(), self.bytes.len());
            self.report(
                Rule::HeapOutside,
                format_args!("the heap goes from {from} to {heap_end}, the table ends at {end}"),
                HEAP_FIELDS,
            );
        }
        let control = &start.control;
        if control.major != 1 {
            self.report(
                Rule::ControlRevision,
                format_args!("the control descriptor's major revision is {}", control.major),
                bytes_of!(CONTROL, Control.major),
            );
        }
        if usize::from(control.length.get()) < size_of::<raw::Control>() {
            self.report(
                Rule::ControlLength,
                format_args!("the control descriptor states a length of {} bytes; it has 64", control.length),
                bytes_of!(CONTROL, Control.length),
            );
        }
    }

    fn header(&mut self, header: &raw::Header) -> Header {
        let at = offset_of!(raw::Header, driver_path);
        Header {
            major: header.major,
            minor: header.minor,
            oem_id: FixedText(header.oem_id),
            oem_table_id: FixedText(header.oem_table_id),
            oem_revision: header.oem_revision.get(),
            creator_id: FixedText(header.creator_id),
            creator_revision: header.creator_revision.get(),
            driver_path: self.text(Owner::HEADER, "driver path", header.driver_path, at, usize::from(u16::MAX)),
        }
    }

    /// The host descriptor, which the control descriptor refers to as if it were a heap object, but which lies before the heap.
    fn host(&mut self, control: &raw::Control, places: &mut Places) -> Option<Host> {
        let reference = bytes_of!(CONTROL, Control.host);
        let (offset, length) = (control.host.offset.get(), usize::from(control.host.length.get()));
        if length == 0 {
            self.report(Rule::HostMissing, format_args!("there is no host descriptor"), reference);
            return None;
        }
        if length < size_of::<raw::Host>() {
            self.report(
                Rule::HostShort,
                format_args!("the host descriptor's stated length is {length} bytes; it has 32"),
                reference,
            );
            return None;
        }
        let place = usize::try_from(offset).unwrap_or(usize::MAX);
        let bytes = self.bytes;
        let found =
            bytes.get(place..).filter(|_| place >= START).and_then(|rest| raw::Host::ref_from_prefix(rest).ok());
        let Some((raw, _)) = found else {
            let end = self.bytes.len();
            self.report(
                Rule::HostOutside,
                format_args!("the host descriptor lies at {offset}; it must lie between {START} and {end}"),
                reference,
            );
            return None;
        };
        let flags = HostFlags(raw.flags);
        if !self.descriptor_usable(Owner::HOST, place, raw::id::HOST, bytes_of!(place, Host.flags), flags.is_valid()) {
            return None;
        }
        places.host = Some(place);
        let nqn = self.nqn(Owner::HOST, raw.nqn, at!(place, Host.nqn));
        Some(Host { flags, id: Uuid(raw.host_id), nqn })
    }
}
