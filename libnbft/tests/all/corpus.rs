//! Tests that tables of real firmware are read, also truncated and damaged.

use crate::common::{Sample, firmware, public};
use libnbft::{Severity, parse};

/// Parses, checks and names the fields; nothing panics and every span is inside. Without optimisation the latter two take long:
/// not for each of thousands of tables.
fn survive(bytes: &[u8], with_check: bool, with_fields: bool) {
    match parse(bytes) {
        Ok(parsed) => {
            for field in if with_fields { parsed.fields() } else { Vec::new() } {
                assert!(field.span.start < field.span.end && field.span.end <= bytes.len(), "{field:?}");
            }
            for finding in if with_check { parsed.check() } else { parsed.findings } {
                let span = &finding.span;
                assert!(span.start < span.end && span.end <= bytes.len(), "{finding} in {} bytes", bytes.len());
            }
        }
        Err(error) => assert!(error.span().end <= bytes.len(), "{error}"),
    }
}

fn has_no_structural_error(Sample { name, bytes }: &Sample) {
    let parsed = parse(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
    let errors: Vec<_> = parsed.findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}");
}

fn survives_truncation(Sample { bytes, .. }: &Sample) {
    for length in 0..bytes.len() {
        survive(&bytes[..length], true, length % 4 == 0);
    }
}

fn survives_changes(Sample { bytes, .. }: &Sample) {
    let mut bytes = bytes.clone();
    for place in 0..bytes.len() {
        let was = bytes[place];
        for value in (0..8).map(|bit| was ^ 1 << bit).chain([0, 0xff]) {
            bytes[place] = value;
            survive(&bytes, value == 0xff || value == was ^ 1, value == 0xff && place % 8 == 0);
        }
        bytes[place] = was;
    }
}

#[cfg(feature = "write")]
fn can_be_written_and_reads_the_same(Sample { name, bytes }: &Sample) {
    let table = parse(bytes).expect("it parses").table;
    let written = libnbft::write(&table).unwrap_or_else(|error| panic!("{name}: {error}"));
    let again = parse(&written).expect("what was written parses");
    assert_eq!(again.table, table, "{name}");
    assert_eq!(again.findings, [], "{name}: what was written is right");
}

#[test]
fn tables_of_firmware_have_no_structural_errors() {
    firmware().iter().for_each(has_no_structural_error);
}

#[test]
fn no_truncation_panics() {
    firmware().iter().for_each(survives_truncation);
}

#[test]
fn no_change_of_a_byte_panics() {
    firmware().iter().for_each(survives_changes);
}

#[cfg(feature = "write")]
#[test]
fn what_was_read_can_be_written_and_reads_the_same() {
    firmware().iter().for_each(can_be_written_and_reads_the_same);
}

#[test]
#[ignore = "needs NBFT_CORPUS"]
fn public_tables_have_no_structural_errors() {
    public("tables").iter().for_each(has_no_structural_error);
}

#[test]
#[ignore = "needs NBFT_CORPUS"]
fn public_tables_survive_truncation() {
    public("tables").iter().chain(&public("bad")).for_each(survives_truncation);
}

#[test]
#[ignore = "needs NBFT_CORPUS"]
fn public_tables_survive_the_change_of_a_byte() {
    public("tables").iter().chain(&public("bad")).for_each(survives_changes);
}

#[cfg(feature = "write")]
#[test]
#[ignore = "needs NBFT_CORPUS"]
fn public_tables_can_be_written_and_read_the_same() {
    public("tables").iter().for_each(can_be_written_and_reads_the_same);
}

#[test]
#[ignore = "needs NBFT_CORPUS"]
fn public_bad_tables_are_refused_or_lose_only_what_is_broken() {
    let mut outcomes = Vec::new();
    for Sample { name, bytes } in public("bad") {
        let outcome = match parse(&bytes) {
            Ok(parsed) => {
                let errors = parsed.findings.iter().filter(|finding| finding.severity == Severity::Error);
                let rules: Vec<_> = errors.map(|finding| finding.rule.name()).collect();
                format!("{} HFIs, {} SSNS: {rules:?}", parsed.table.hfis.len(), parsed.table.ssns.len())
            }
            Err(error) => error.to_string(),
        };
        outcomes.push(format!("{name}: {outcome}"));
    }
    let expected = [
        "NBFT-bad-control: not a usable NBFT: its control descriptor is not marked valid",
        "NBFT-bad-security-list-offset: 1 HFIs, 1 SSNS: [\"list-outside\"]",
        "NBFT-random-noise: not a usable NBFT: it begins with \\xe1\\xc9H\\x91 instead of “NBFT”",
    ];
    assert_eq!(outcomes, expected);
}
