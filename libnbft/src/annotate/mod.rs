//! Names each field of a table with its bytes and its value, for dumps and for marking findings.

pub(crate) mod fields;
pub(crate) mod values;
mod walk;

use crate::parse::Parsed;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

/// A field of a table: its bytes, its name and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Field {
    /// Its bytes, as offsets into the input. The span lies inside the input and is never empty.
    pub span: Range<usize>,
    /// The structure that it belongs to: `header`, `HFI 1 transport info`. A string in the heap belongs to the structure that
    /// refers to it.
    pub structure: String,
    /// The field's name: `MAC address`. A reference has the name of its object with ` reference` after it.
    pub field: &'static str,
    /// Its value in words for people, with text escaped; `None` for reserved bytes.
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
