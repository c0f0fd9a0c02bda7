//! Collects the heap objects while descriptors are written.

use super::error::{Problem, WriteError};
use crate::model::{Address, Nqn};
use crate::parse::MAX_OBJECT;
use crate::parse::Owner;
use crate::raw::HeapRef;
use alloc::vec::Vec;
use zerocopy::{Immutable, IntoBytes};

/// The objects of the heap in a row, and the heap's offset in the table.
pub(super) struct HeapWriter {
    /// The offset at which the heap will begin.
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

    /// Adds an object. An empty one becomes the reference that means "absent". Callers have checked that the length fits.
    fn add(&mut self, object: &[u8]) -> HeapRef {
        if object.is_empty() {
            return HeapRef::default();
        }
        // The cast may truncate, but the table's length is checked at the end, so the offsets of every returned table fit.
        let offset = (self.start + self.bytes.len()) as u32;
        self.bytes.extend_from_slice(object);
        HeapRef { offset: offset.into(), length: (object.len() as u16).into() }
    }

    /// Adds a structure.
    pub(super) fn structure(&mut self, structure: &(impl IntoBytes + Immutable)) -> HeapRef {
        self.add(structure.as_bytes())
    }

    /// Adds a structure and the fields that later revisions appended to it, as one object.
    pub(super) fn structures(&mut self, parts: &[&[u8]]) -> HeapRef {
        self.add(&parts.concat())
    }

    /// Adds a string, followed by a NUL that its length does not count.
    pub(super) fn text(
        &mut self,
        owner: Owner,
        field: &'static str,
        text: Option<&str>,
        max: usize,
    ) -> Result<HeapRef, WriteError> {
        let Some(text) = text else { return Ok(HeapRef::default()) };
        let length = text.len();
        let problem = if text.is_empty() {
            Problem::Empty(field)
        } else if text.contains('\0') {
            Problem::Nul(field)
        } else if length > max {
            Problem::Long { field, length, max }
        } else {
            let reference = self.add(text.as_bytes());
            self.bytes.push(0);
            return Ok(reference);
        };
        Err(WriteError::new(owner, problem))
    }

    pub(super) fn nqn(&mut self, owner: Owner, nqn: Option<&Nqn>) -> Result<HeapRef, WriteError> {
        self.text(owner, "NQN", nqn.map(Nqn::as_str), MAX_OBJECT)
    }

    pub(super) fn address(&mut self, address: Option<Address>) -> HeapRef {
        address.map_or_else(HeapRef::default, |address| self.add(&address.to_bytes()))
    }

    /// Adds a list of bytes, which may be empty.
    pub(super) fn list(&mut self, owner: Owner, field: &'static str, list: &[u8]) -> Result<HeapRef, WriteError> {
        let (length, max) = (list.len(), MAX_OBJECT);
        if length > max {
            return Err(WriteError::new(owner, Problem::Long { field, length, max }));
        }
        Ok(self.add(list))
    }

    /// Adds a list, which may be present only if the flags put it in use.
    pub(super) fn used_list(
        &mut self,
        owner: Owner,
        field: &'static str,
        used: bool,
        list: Option<&[u8]>,
    ) -> Result<HeapRef, WriteError> {
        let Some(list) = list else { return Ok(HeapRef::default()) };
        owner.require_used(field, used, "the profile's flags do not say so")?;
        if list.is_empty() {
            return Err(WriteError::new(owner, Problem::Empty(field)));
        }
        self.list(owner, field, list)
    }
}
