//! The heap that grows while descriptors are written.

use super::error::{Kind, Place, WriteError};
use crate::model::{Address, Nqn};
use crate::parse::MAX_OBJECT;
use crate::raw::HeapRef;
use alloc::vec::Vec;
use zerocopy::{Immutable, IntoBytes};

/// Objects one after the other, and where they will lie in the table.
pub(super) struct HeapWriter {
    /// Where the heap will begin.
    start: usize,
    bytes: Vec<u8>,
}

impl HeapWriter {
    pub(super) fn new(start: usize) -> Self {
        Self { start, bytes: Vec::new() }
    }

    /// The whole heap.
    pub(super) fn bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Adds an object; no bytes become the reference that means "absent". Callers have made sure that the length fits.
    fn add(&mut self, object: &[u8]) -> HeapRef {
        if object.is_empty() {
            return HeapRef::default();
        }
        // The whole table's length is checked at the end: offsets of a table that is returned fit.
        let offset = (self.start + self.bytes.len()) as u32;
        self.bytes.extend_from_slice(object);
        HeapRef { offset: offset.into(), length: (object.len() as u16).into() }
    }

    /// Adds a structure.
    pub(super) fn structure(&mut self, structure: &(impl IntoBytes + Immutable)) -> HeapRef {
        self.add(structure.as_bytes())
    }

    /// Adds a structure and what follows it in the same object.
    pub(super) fn structures(&mut self, parts: [&[u8]; 2]) -> HeapRef {
        self.add(&parts.concat())
    }

    /// Adds a string, followed by a NUL that its length does not count.
    pub(super) fn text(
        &mut self,
        place: Place,
        field: &'static str,
        text: Option<&str>,
        max: usize,
    ) -> Result<HeapRef, WriteError> {
        let Some(text) = text else { return Ok(HeapRef::default()) };
        let length = text.len();
        let kind = if text.is_empty() {
            Kind::Empty(field)
        } else if text.contains('\0') {
            Kind::Nul(field)
        } else if length > max {
            Kind::Long { field, length, max }
        } else {
            let reference = self.add(text.as_bytes());
            self.bytes.push(0);
            return Ok(reference);
        };
        Err(WriteError::new(place, kind))
    }

    pub(super) fn nqn(&mut self, place: Place, nqn: Option<&Nqn>) -> Result<HeapRef, WriteError> {
        self.text(place, "NQN", nqn.map(Nqn::as_str), MAX_OBJECT)
    }

    pub(super) fn address(&mut self, address: Option<Address>) -> HeapRef {
        address.map_or_else(HeapRef::default, |address| self.add(&address.to_bytes()))
    }

    /// Adds a list of bytes, which may be empty.
    pub(super) fn list(&mut self, place: Place, field: &'static str, list: &[u8]) -> Result<HeapRef, WriteError> {
        let (length, max) = (list.len(), MAX_OBJECT);
        if length > max {
            return Err(WriteError::new(place, Kind::Long { field, length, max }));
        }
        Ok(self.add(list))
    }

    /// Adds a list that is there only when the flags say so.
    pub(super) fn used_list(
        &mut self,
        place: Place,
        field: &'static str,
        used: bool,
        list: Option<&[u8]>,
    ) -> Result<HeapRef, WriteError> {
        let Some(list) = list else { return Ok(HeapRef::default()) };
        place.used(field, used, "the profile's flags do not say so")?;
        if list.is_empty() {
            return Err(WriteError::new(place, Kind::Empty(field)));
        }
        self.list(place, field, list)
    }
}
