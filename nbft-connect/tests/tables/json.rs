//! The JSON of `show`: a superset of nvme-cli's, and enough to build the same table again.

use crate::support::{Dir, built, firmware, nbft, nbft_with, public, testdata};
use serde_json::Value;
use std::path::PathBuf;

/// Everything of `theirs` that `ours` does not have, with its path.
fn missing(ours: &Value, theirs: &Value, path: &str, found: &mut Vec<String>) {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            for (key, value) in theirs {
                match ours.get(key) {
                    Some(our) => missing(our, value, &format!("{path}.{key}"), found),
                    None => found.push(format!("{path}.{key} is not there, theirs is {value}")),
                }
            }
        }
        (Value::Array(ours), Value::Array(theirs)) if ours.len() == theirs.len() => {
            for (n, (our, their)) in ours.iter().zip(theirs).enumerate() {
                missing(our, their, &format!("{path}[{n}]"), found);
            }
        }
        _ if ours == theirs => {}
        _ => found.push(format!("{path} is {ours}, theirs is {theirs}")),
    }
}

/// Compares what we show with what nvme-cli shows.
fn every_key_and_value_is_there(tables: Vec<(PathBuf, Value)>) {
    for (table, theirs) in tables {
        let run = nbft(&["show", "-o", "json", "--nbft-path", table.to_str().unwrap()]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{}", table.display());
        let ours = run.json();
        assert_eq!(ours.as_array().unwrap().len(), 1);
        assert_eq!(ours[0]["filename"], table.to_str().unwrap());
        let mut found = Vec::new();
        missing(&ours[0], &theirs, "", &mut found);
        assert!(found.is_empty(), "{}:\n{}", table.display(), found.join("\n"));
    }
}

#[test]
fn every_key_and_value_of_nvme_cli_is_there() {
    every_key_and_value_is_there(firmware());
}

#[test]
#[ignore = "needs NBFT_CORPUS"]
fn every_key_and_value_of_nvme_cli_is_there_for_public_tables() {
    every_key_and_value_is_there(public());
}

#[test]
fn the_comparison_would_notice() {
    let theirs = serde_json::json!({"a": [{"b": 1}], "c": "x"});
    for (ours, expected) in [
        (serde_json::json!({"a": [{"b": 2}], "c": "x"}), ".a[0].b is 2, theirs is 1"),
        (serde_json::json!({"a": [{}], "c": "x", "d": 1}), ".a[0].b is not there, theirs is 1"),
        (serde_json::json!({"a": [], "c": "x"}), ".a is [], theirs is [{\"b\":1}]"),
    ] {
        let mut found = Vec::new();
        missing(&ours, &theirs, "", &mut found);
        assert_eq!(found, [expected]);
    }
}

#[test]
fn build_of_show_keeps_every_meaning() {
    let dir = Dir::new("build-show-made");
    let made = ["full", "minimal", "duids"].map(|name| dir.write(name, &built(name, &[])).into());
    build_keeps_every_meaning(testdata().into_iter().chain(made));
}

#[test]
#[ignore = "needs NBFT_CORPUS"]
fn build_of_show_keeps_every_meaning_of_public_tables() {
    build_keeps_every_meaning(public().into_iter().map(|(path, _)| path));
}

/// Builds what `show` prints of tables, and compares.
fn build_keeps_every_meaning(tables: impl Iterator<Item = PathBuf>) {
    let dir = Dir::new("build-show");
    for (name, bytes) in tables.map(|path| (path.display().to_string(), std::fs::read(path).unwrap())) {
        let Ok(old) = libnbft::parse(&bytes) else { continue };
        let path = dir.write("NBFT", &bytes);
        let shown = nbft(&["show", "-o", "json", "--nbft-path", &path]);
        let rebuilt = nbft_with(&["build", "-"], &shown.stdout);
        assert_eq!((rebuilt.code, rebuilt.stderr.as_str()), (0, ""), "{name}");
        let new = libnbft::parse(&rebuilt.stdout).unwrap();
        assert_eq!(old.table, new.table, "{name}");
        let faults: Vec<_> =
            new.findings.iter().filter(|finding| finding.severity == libnbft::Severity::Error).collect();
        let faults_before = old.findings.iter().filter(|finding| finding.severity == libnbft::Severity::Error).count();
        assert!(faults.len() <= faults_before, "{name}: what was written has new faults: {faults:?}");
        // What was built and shown again is the same to the byte: nothing drifts.
        let path = dir.write("NBFT", &rebuilt.stdout);
        let shown_again = nbft(&["show", "-o", "json", "--nbft-path", &path]);
        assert_eq!(nbft_with(&["build", "-"], &shown_again.stdout).stdout, rebuilt.stdout, "{name}");
    }
}

#[test]
fn what_nvme_cli_printed_builds_a_table_that_prints_it_again() {
    builds_a_table_that_prints_it_again(firmware());
}

#[test]
#[ignore = "needs NBFT_CORPUS"]
fn what_nvme_cli_printed_of_public_tables_builds_a_table_that_prints_it_again() {
    builds_a_table_that_prints_it_again(public());
}

fn builds_a_table_that_prints_it_again(tables: Vec<(PathBuf, Value)>) {
    let dir = Dir::new("nvme-cli");
    for (table, theirs) in tables {
        let run = nbft_with(&["build", "-"], theirs.to_string().as_bytes());
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{}", table.display());
        let path = dir.write("NBFT", &run.stdout);
        let mut found = Vec::new();
        missing(&nbft(&["show", "-o", "json", "--nbft-path", &path]).json()[0], &theirs, "", &mut found);
        assert!(found.is_empty(), "{}:\n{}", table.display(), found.join("\n"));
    }
}
