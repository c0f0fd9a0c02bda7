//! Collects the findings of a table that was changed.

use super::cases::{Bytes, patched};
use libnbft::model::Table;
use libnbft::{Finding, parse, write};
use std::ops::Range;

/// Findings: what each says, after the name of its rule, and the bytes that it marks.
pub(crate) type Found = Vec<(String, Range<usize>)>;

/// The findings about a table that was changed in its bytes.
pub(crate) fn found(table: &Table, change: impl FnOnce(&mut Bytes)) -> Found {
    let bytes = patched(table, change).remove(0);
    let parsed = parse(&bytes).expect("it can be read");
    let one = |finding: Finding| (format!("{}: {}", finding.rule, finding.message), finding.span);
    parsed.check().into_iter().map(one).collect()
}

/// What the findings say about a table that was changed in the model.
pub(crate) fn about(mut table: Table, change: impl FnOnce(&mut Table)) -> Vec<String> {
    change(&mut table);
    found(&table, |_| ()).into_iter().map(|(text, _)| text).collect()
}

/// Where a field lies in a table.
pub(crate) fn at(table: &Table, structure: &str, field: &str) -> Range<usize> {
    Bytes(write(table).expect("it can be written")).find(structure, field)
}
