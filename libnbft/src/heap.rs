//! Resolves heap references. Only this module checks a reference against the heap's range.

use crate::raw::HeapRef;
use core::ops::Range;

/// An object of the heap.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Object<'a> {
    /// Offset in bytes from the start of the table.
    pub(crate) start: usize,
    /// Its bytes; at least one.
    pub(crate) bytes: &'a [u8],
}

impl Object<'_> {
    /// Its bytes as offsets into the table.
    pub(crate) fn span(&self) -> Range<usize> {
        self.start..self.start + self.bytes.len()
    }
}

/// A reference that is not wholly inside the heap.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outside;

/// The heap of a table.
#[derive(Clone, Debug)]
pub(crate) struct Heap<'a> {
    bytes: &'a [u8],
    range: Range<usize>,
}

impl<'a> Heap<'a> {
    /// The heap in `bytes`, the whole table; cuts `range` at the table's end.
    pub(crate) fn new(bytes: &'a [u8], range: Range<usize>) -> Self {
        let end = range.end.min(bytes.len());
        Self { bytes, range: range.start.min(end)..end }
    }

    /// Its range in the table.
    pub(crate) fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// The object to which `reference` refers; `None` for length 0, which means "absent".
    pub(crate) fn get(&self, reference: HeapRef) -> Result<Option<Object<'a>>, Outside> {
        let length = usize::from(reference.length.get());
        if length == 0 {
            return Ok(None);
        }
        let start = usize::try_from(reference.offset.get()).map_err(|_| Outside)?;
        let end = start.checked_add(length).ok_or(Outside)?;
        if start < self.range.start || end > self.range.end {
            return Err(Outside);
        }
        let bytes = self.bytes.get(start..end).ok_or(Outside)?;
        Ok(Some(Object { start, bytes }))
    }
}
