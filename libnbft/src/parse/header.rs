//! Reads the header and checks the frame of the table: length, checksum, revisions, bounds of the heap.

use super::reader::{Owner, Reader};
use super::{CONTROL, lists};
use crate::finding::Rule;
use crate::model::{FixedText, Header};
use crate::raw::{self, bytes_of};
use core::mem::offset_of;
use core::ops::Range;

/// The header's two fields that give the heap's offset and length.
pub(super) const HEAP_FIELDS: Range<usize> = offset_of!(raw::Header, heap_offset)..offset_of!(raw::Header, driver_path);

/// Sum of all bytes modulo 256; 0 if the checksum is right.
pub(crate) fn sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum.wrapping_add(*byte))
}

impl Reader<'_> {
    /// Checks the versions that the control descriptor states for the other descriptors.
    pub(super) fn check_versions(&mut self, control: &raw::Control) {
        if control.host.length.get() != 0 {
            let span = bytes_of!(CONTROL, Control.host_version);
            self.check_version(Owner::CONTROL, "host descriptor", control.host_version, 1..2, span);
        }
        for list in lists::List::all(control) {
            if list.count() != 0 {
                let span = bytes_of!(list.at, ListRef.version);
                self.check_version(
                    Owner::CONTROL,
                    format_args!("{} descriptors", list.name),
                    list.reference.version,
                    1..2,
                    span,
                );
            }
        }
    }

    /// Checks length, checksum, revisions and the bounds of the heap.
    pub(super) fn check_frame(&mut self, start: &raw::Start, input: &[u8]) {
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

    pub(super) fn read_header(&mut self, header: &raw::Header) -> Header {
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
}
