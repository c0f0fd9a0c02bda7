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

impl Parsed<'_> {
    /// Names the table's fields in the order of their bytes, also those of descriptors that are damaged or not marked valid.
    ///
    /// A heap object is a field if a reference that is in use leads to it. Where structures overlap, so do their fields.
    #[must_use]
    pub fn fields(&self) -> Vec<Field> {
        let mut fields = walk::walk(self.bytes()).unwrap_or_default();
        fields.sort_by_key(|field| (field.span.start, core::cmp::Reverse(field.span.end)));
        fields
    }
}
