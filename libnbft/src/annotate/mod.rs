//! Names each field of a table with its bytes and its value, for dumps and for marking findings.

pub(crate) mod fields;
pub(crate) mod values;
mod walk;

use crate::parse::Parsed;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

/// A field of a table: where it lies, what it is called, and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Field {
    /// Its bytes, as offsets into the input; inside it, never empty.
    pub span: Range<usize>,
    /// The structure that it belongs to: `header`, `HFI 1 transport info`. A string in the heap belongs to the structure that
    /// refers to it.
    pub structure: String,
    /// The field's name: `MAC address`. What a reference names has the name of the reference, which ends in ` reference`.
    pub field: &'static str,
    /// What it says, for people, with text escaped; `None` for reserved bytes.
    pub value: Option<String>,
}

/// The fields of a table in the order of their bytes, as far as they can be found; also of bytes that are damaged.
///
/// Heap objects are there when a reference that is in use leads to them. Where structures overlap, so do their fields. Bytes
/// that [`parse`](crate::parse()) refuses have no fields.
#[must_use]
pub fn annotate(bytes: &[u8]) -> Vec<Field> {
    let mut fields = walk::walk(bytes).unwrap_or_default();
    fields.sort_by_key(|field| (field.span.start, core::cmp::Reverse(field.span.end)));
    fields
}

impl Parsed<'_> {
    /// The fields of the table in the order of their bytes; see [`annotate`].
    #[must_use]
    pub fn fields(&self) -> Vec<Field> {
        annotate(self.bytes())
    }
}
