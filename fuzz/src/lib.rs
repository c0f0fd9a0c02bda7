//! What the fuzz targets have in common.

#[path = "../../libnbft/tests/support/mod.rs"]
mod support;


use arbitrary::Unstructured;
use libnbft::model::Table;
use libnbft::{check, check_together, layout, parse, write};
use std::path::PathBuf;

/// A table made from the fuzzer's bytes.
pub fn table(bytes: &[u8]) -> Option<Table> {
    support::random::table(&mut Unstructured::new(bytes)).ok()
}

/// A damaged table made from the fuzzer's bytes, with its head in order.
pub fn damaged(bytes: &[u8]) -> Option<Vec<u8>> {
    support::random::damaged(&mut Unstructured::new(bytes)).ok()
}

/// Puts right what would end the reading at once: signature, major revision, control descriptor, checksum.
pub fn mend(bytes: &mut [u8]) {
    support::random::mend(bytes);
}

/// Every table of `testdata/`, with its path there.
pub fn seeds() -> Vec<(PathBuf, Vec<u8>)> {
    let tables = support::samples().into_iter().filter(|sample| sample.path.extension().is_none_or(|e| e != "txt"));
    tables.map(|sample| (sample.path, sample.content)).collect()
}

/// Reads bytes in every way. What is told of them must lie inside them; what was read can be written and reads the same.
pub fn read(bytes: &[u8]) {
    for field in layout(bytes) {
        assert!(field.span.start < field.span.end && field.span.end <= bytes.len(), "{field:?}");
    }
    let Ok(parsed) = parse(bytes) else { return };
    let together = check_together(&[(&parsed, bytes), (&parsed, bytes)]);
    for finding in check(&parsed, bytes).into_iter().chain(together.into_iter().map(|(_, finding)| finding)) {
        assert!(finding.span.start < finding.span.end && finding.span.end <= bytes.len(), "{finding}");
        assert!(!finding.message.chars().any(char::is_control), "{finding:?}");
    }
    let again = write(&parsed.table).expect("what was read can be written");
    assert_eq!(parse(&again).expect("what was written can be read").table, parsed.table);
}
