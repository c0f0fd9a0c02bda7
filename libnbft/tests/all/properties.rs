//! Tests properties of every table and of any bytes.

use arbitrary::Unstructured;
use libnbft::{check_together, parse, write};
use proptest::collection::vec;
use proptest::prelude::*;

/// Reads bytes in every way; what is told of them must lie inside them, and what was read can be written and reads the same.
fn read(bytes: &[u8]) -> Result<(), TestCaseError> {
    let parsed = match parse(bytes) {
        Ok(parsed) => parsed,
        Err(error) => {
            prop_assert!(error.span().end <= bytes.len(), "{error}");
            return Ok(());
        }
    };
    for field in parsed.fields() {
        prop_assert!(field.span.start < field.span.end && field.span.end <= bytes.len(), "{field:?}");
    }
    let mut findings = parsed.check();
    findings.extend(check_together(&[&parsed, &parsed]).into_iter().map(|(_, finding)| finding));
    for finding in &findings {
        prop_assert!(finding.span.start < finding.span.end && finding.span.end <= bytes.len(), "{finding}");
        prop_assert!(!finding.message.chars().any(char::is_control), "{finding:?}");
    }
    for finding in &parsed.findings {
        prop_assert!(findings.contains(finding), "check leaves out {finding}");
    }
    let again = write(&parsed.table).map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert_eq!(parse(&again).expect("what was written can be read").table, parsed.table);
    Ok(())
}

fn random(range: std::ops::Range<usize>) -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), range)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_reads_the_same(seed in random(0..4096)) {
        let table = crate::support::random::table(&mut Unstructured::new(&seed)).expect("bytes never run out");
        let bytes = write(&table).expect("it can be written");
        let parsed = parse(&bytes).expect("it can be read");
        prop_assert_eq!(&parsed.table, &table);
        prop_assert_eq!(write(&parsed.table).expect("it can be written again"), bytes);
    }

    #[test]
    fn any_bytes_can_be_read(mut bytes in random(0..2048), mend in any::<bool>()) {
        if mend {
            crate::support::random::mend(&mut bytes);
        }
        read(&bytes)?;
    }

    #[test]
    fn damaged_tables_can_be_read(seed in random(0..4096)) {
        read(&crate::support::random::damaged(&mut Unstructured::new(&seed)).expect("bytes never run out"))?;
    }

    #[test]
    fn damaged_tables_of_firmware_can_be_read(
        which in any::<prop::sample::Index>(),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..24),
    ) {
        let mut bytes = which.get(&crate::common::firmware()).bytes.clone();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        crate::support::random::mend(&mut bytes);
        read(&bytes)?;
    }
}
