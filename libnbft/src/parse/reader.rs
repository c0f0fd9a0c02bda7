//! Reads heap objects, strings and structures for all descriptors, and reports what is wrong with them.

use crate::finding::Rule;
use crate::finding::{Finding, one_byte};
use crate::heap::{Heap, Object, Outside};
use crate::model::{Address, Nqn};
use crate::raw::{self, HeapRef};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;
use nom::Parser as _;
use nom::bytes::complete::take_till;
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

/// Longest heap object that is read, in bytes, except the driver path.
///
/// Names have at most 255 bytes, DHCP root paths a few hundred. Without a bound, a table of a few kilobytes whose descriptors
/// all refer to the same 64 KiB would make a model of hundreds of megabytes.
pub(crate) const MAX_OBJECT: usize = 1024;

/// The structure that a message names: `HFI 1`, `host`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) kind: &'static str,
    pub(crate) index: Option<u16>,
}

impl Owner {
    pub(crate) const HEADER: Self = Self { kind: "header", index: None };
    pub(crate) const CONTROL: Self = Self { kind: "control descriptor", index: None };
    pub(crate) const HOST: Self = Self { kind: "host", index: None };

    pub(crate) fn new(kind: &'static str, index: impl Into<u16>) -> Self {
        Self { kind, index: Some(index.into()) }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.index {
            Some(index) => write!(f, "{} {index}", self.kind),
            None => f.write_str(self.kind),
        }
    }
}

/// A table that is being read.
pub(super) struct Reader<'a> {
    /// The table: the input, cut at the length that the header states.
    pub(super) bytes: &'a [u8],
    pub(super) heap: Heap<'a>,
    pub(super) findings: Vec<Finding>,
}

impl<'a> Reader<'a> {
    #[cold]
    pub(super) fn report(&mut self, rule: Rule, message: fmt::Arguments<'_>, span: Range<usize>) {
        self.findings.push(Finding::new(rule, message, span));
    }

    /// Whether the descriptor at `offset` has the right ID and is marked valid.
    pub(super) fn descriptor_usable(
        &mut self,
        owner: Owner,
        offset: usize,
        id: u8,
        flags: Range<usize>,
        valid: bool,
    ) -> bool {
        let is = self.bytes.get(offset).copied().unwrap_or_default();
        if is != id {
            self.report(
                Rule::DescriptorId,
                format_args!("{owner}: the structure ID is {is}, not {id}"),
                one_byte(offset),
            );
        } else if !valid {
            self.report(Rule::DescriptorInvalid, format_args!("{owner} is not marked valid"), flags);
        }
        is == id && valid
    }

    /// The heap object to which the reference at offset `at` refers. `None` if absent, outside or longer than `max` bytes.
    pub(super) fn object(
        &mut self,
        owner: Owner,
        field: &'static str,
        reference: HeapRef,
        at: usize,
        max: usize,
    ) -> Option<Object<'a>> {
        match self.heap.get(reference) {
            Ok(Some(object)) if object.bytes.len() > max => {
                let length = object.bytes.len();
                self.report(
                    Rule::ObjectLong,
                    format_args!("{owner}: the {field} has {length} bytes; at most {max} are read"),
                    reference_at(at),
                );
                None
            }
            Ok(object) => object,
            Err(Outside) => {
                let (offset, length) = (reference.offset.get(), reference.length.get());
                let Range { start, end } = self.heap.range();
                self.report(
                    Rule::ObjectOutside,
                    format_args!(
                        "{owner}: the {field} lies at {offset} with {length} bytes, outside the heap ({start} to {end})"
                    ),
                    reference_at(at),
                );
                None
            }
        }
    }

    /// The structure in the heap to which `reference` refers: its offset, the structure, and the rest of its heap object.
    pub(super) fn structure<T: FromBytes + KnownLayout + Immutable + Unaligned>(
        &mut self,
        owner: Owner,
        field: &'static str,
        reference: HeapRef,
        at: usize,
        id: u8,
    ) -> Option<(usize, &'a T, &'a [u8])> {
        let object = self.object(owner, field, reference, at, usize::from(u16::MAX))?;
        let Ok((structure, rest)) = T::ref_from_prefix(object.bytes) else {
            self.report_short(owner, field, &object, size_of::<T>());
            return None;
        };
        let is = object.bytes[0];
        if is != id {
            self.report(
                Rule::ObjectId,
                format_args!("{owner}: the structure ID of the {field} is {is}, not {id}"),
                one_byte(object.start),
            );
            return None;
        }
        Some((object.start, structure, rest))
    }

    #[cold]
    fn report_short(&mut self, owner: Owner, field: &'static str, object: &Object<'_>, least: usize) {
        let length = object.bytes.len();
        self.report(
            Rule::ObjectShort,
            format_args!("{owner}: the {field} has {length} bytes; it takes {least}"),
            object.span(),
        );
    }

    /// Reports a heap structure that is not marked valid.
    #[cold]
    pub(super) fn report_not_valid(&mut self, owner: Owner, field: &'static str, flags: Range<usize>) {
        self.report(Rule::ObjectInvalid, format_args!("{owner}: the {field} is not marked valid"), flags);
    }

    /// Reports a structure version that is not one of those known.
    pub(super) fn check_version(
        &mut self,
        owner: Owner,
        field: impl fmt::Display,
        version: u8,
        known: Range<u8>,
        span: Range<usize>,
    ) {
        if !known.contains(&version) {
            let last = known.end - 1;
            self.report(
                Rule::ObjectVersion,
                format_args!("{owner}: the version of the {field} is {version}; the highest known is {last}"),
                span,
            );
        }
    }

    /// A 16-byte address object.
    pub(super) fn address(
        &mut self,
        owner: Owner,
        field: &'static str,
        reference: HeapRef,
        at: usize,
    ) -> Option<Address> {
        let object = self.object(owner, field, reference, at, usize::from(u16::MAX))?;
        let Some(bytes) = object.bytes.first_chunk::<16>() else {
            self.report_short(owner, field, &object, 16);
            return None;
        };
        Some(Address::from_bytes(*bytes))
    }

    /// A list of single bytes.
    pub(super) fn list_of_bytes(
        &mut self,
        owner: Owner,
        field: &'static str,
        reference: HeapRef,
        at: usize,
    ) -> Option<Vec<u8>> {
        self.object(owner, field, reference, at, MAX_OBJECT).map(|object| object.bytes.to_vec())
    }

    /// An NQN.
    pub(super) fn nqn(&mut self, owner: Owner, reference: HeapRef, at: usize) -> Option<Nqn> {
        self.text(owner, "NQN", reference, at, MAX_OBJECT).map(Nqn)
    }

    /// A string up to its first NUL, which the length should not count. `None` if it is empty.
    pub(super) fn text(
        &mut self,
        owner: Owner,
        field: &'static str,
        reference: HeapRef,
        at: usize,
        max: usize,
    ) -> Option<String> {
        let object = self.object(owner, field, reference, at, max)?;
        let (rest, text) = until_nul(object.bytes);
        let end = object.start + text.len();
        if rest.is_empty() {
            // No NUL inside the heap can follow an object that ends at the heap's last byte.
            if !(end < self.heap.range().end && self.bytes.get(end) == Some(&0)) {
                self.report(
                    Rule::TextUnterminated,
                    format_args!("{owner}: the {field} is not followed by a NUL"),
                    object.span(),
                );
            }
        } else if rest.iter().all(|byte| *byte == 0) {
            self.report(
                Rule::TextNulCounted,
                format_args!("{owner}: the length of the {field} counts its NUL"),
                end..object.span().end,
            );
        } else {
            let (shown, length) = (text.len(), object.bytes.len());
            self.report(
                Rule::TextNul,
                format_args!("{owner}: the {field} has a NUL after {shown} of {length} bytes"),
                one_byte(end),
            );
        }
        self.utf8(owner, field, text, object.start, max)
    }

    fn utf8(&mut self, owner: Owner, field: &'static str, text: &[u8], start: usize, max: usize) -> Option<String> {
        match core::str::from_utf8(text) {
            Ok("") => None,
            Ok(text) => {
                if let Some(offset) = control_character(text) {
                    let rule = if owner == Owner::HEADER { Rule::DriverPathGarbage } else { Rule::TextControl };
                    self.report(
                        rule,
                        format_args!("{owner}: the {field} holds a control character"),
                        one_byte(start + offset),
                    );
                }
                Some(text.into())
            }
            Err(error) => {
                let offset = start + error.valid_up_to();
                let rule = if owner == Owner::HEADER { Rule::DriverPathGarbage } else { Rule::TextUtf8 };
                self.report(rule, format_args!("{owner}: the {field} is not UTF-8"), one_byte(offset));
                let mut text = String::from_utf8_lossy(text).into_owned();
                // Replacement characters are longer than the bytes that they replace.
                while text.len() > max {
                    text.pop();
                }
                text.shrink_to_fit();
                Some(text)
            }
        }
    }
}

/// Splits at the first NUL; returns the part from it on, then the part before it.
fn until_nul(bytes: &[u8]) -> (&[u8], &[u8]) {
    let found: nom::IResult<&[u8], &[u8]> = take_till(|byte| byte == 0).parse(bytes);
    found.unwrap_or((&[], bytes))
}

/// Offset of the first control character.
fn control_character(text: &str) -> Option<usize> {
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return None;
    }
    text.char_indices().find(|(_, c)| c.is_control()).map(|(offset, _)| offset)
}

/// The bytes of the heap reference at `at`.
pub(super) const fn reference_at(at: usize) -> Range<usize> {
    at..at + size_of::<HeapRef>()
}

/// Offset of a reference field within a structure at `offset`.
macro_rules! at {
    ($offset:expr, $structure:ident . $field:ident) => {
        $offset + core::mem::offset_of!($crate::raw::$structure, $field)
    };
}
pub(crate) use at;

const _: () = assert!(size_of::<raw::HeapRef>() == 6);
