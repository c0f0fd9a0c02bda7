//! Tests properties of every table and of any bytes.

use crate::support::{random, whole};
use arbitrary::Unstructured;
use libnbft::model::Table;
use libnbft::{check_together, parse, write};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

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

fn bytes(range: std::ops::Range<usize>) -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), range)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_reads_the_same(seed in bytes(0..4096)) {
        let table = random::table(&mut Unstructured::new(&seed)).expect("bytes never run out");
        let bytes = write(&table).expect("it can be written");
        let parsed = parse(&bytes).expect("it can be read");
        prop_assert_eq!(&parsed.table, &table);
        prop_assert_eq!(write(&parsed.table).expect("it can be written again"), bytes);
    }

    #[test]
    fn any_bytes_can_be_read(mut bytes in bytes(0..2048), mend in any::<bool>()) {
        if mend {
            random::mend(&mut bytes);
        }
        read(&bytes)?;
    }

    #[test]
    fn damaged_tables_can_be_read(seed in bytes(0..4096)) {
        read(&random::damaged(&mut Unstructured::new(&seed)).expect("bytes never run out"))?;
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
        random::mend(&mut bytes);
        read(&bytes)?;
    }
}

/// Adds each value of a model to those of its field. What holds other values counts as there or not.
fn add_values(field: &str, value: &Value, found: &mut BTreeMap<String, BTreeSet<String>>) {
    let said = match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| add_values(&format!("{field}.{name}"), value, found));
            "there".into()
        }
        Value::Array(values) if !values.is_empty() => {
            values.iter().for_each(|value| add_values(&format!("{field}[]"), value, found));
            "there".into()
        }
        _ => value.to_string(),
    };
    found.entry(field.into()).or_default().insert(said);
}

/// The values of each field in these tables.
fn values(tables: impl Iterator<Item = Table>) -> BTreeMap<String, BTreeSet<String>> {
    let mut found = BTreeMap::new();
    tables.for_each(|table| add_values("", &serde_json::to_value(table).expect("a model is a value"), &mut found));
    found
}

/// Whether a value is what a field has that nobody has set.
fn is_default(value: &str) -> bool {
    const DEFAULTS: [&str; 6] =
        ["0", "null", "[]", "\"::\"", "\"00:00:00:00:00:00\"", "\"00000000-0000-0000-0000-000000000000\""];
    DEFAULTS.contains(&value)
}

#[test]
fn random_tables_have_many_values_of_every_field() {
    let mut seed = 1_u32;
    let mut next_byte = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 24) as u8
    };
    let seeds: Vec<Vec<u8>> = (0..100).map(|_| (0..8192).map(|_| next_byte()).collect()).collect();
    for make in [random::table, random::any_table] {
        let found = values(seeds.iter().map(|seed| make(&mut Unstructured::new(seed)).expect("bytes never run out")));
        let found = &found;
        for (field, values) in found {
            // What is always there has parts that vary.
            let has_parts = found.keys().any(|part| part.len() > field.len() && part.starts_with(field));
            assert!(values.len() > 1 || has_parts || field == ".header.major", "{field} is always {values:?}");
        }
    }
}

#[test]
fn the_whole_table_has_every_field_and_each_is_read_and_named() {
    let table = whole::table();
    let found = values([table.clone()].into_iter());
    for (field, values) in found {
        assert!(!values.iter().all(|value| is_default(value)), "{field} is only {values:?}");
    }
    let bytes = write(&table).expect("it can be written");
    let parsed = parse(&bytes).expect("it can be read");
    assert_eq!(parsed.table, table);
    // What no field names is the NUL behind a text.
    let fields = parsed.fields();
    let is_named = |at: &usize| fields.iter().any(|field| field.span.contains(at));
    let unnamed: Vec<usize> = (0..bytes.len()).filter(|at| !is_named(at)).collect();
    let named: Vec<_> = unnamed.iter().filter(|at| bytes[**at] != 0 || !is_named(&(**at - 1))).collect();
    assert!(named.is_empty(), "nothing names the bytes at {named:?}");
}
