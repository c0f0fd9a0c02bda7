//! Compares `testdata/` with what the writer makes and the parser reads; every rule has a table that breaks it.

use crate::support::{FOLDERS, cases, folder, manual, samples, tables};
use libnbft::{Parsed, Rule, Severity, check_together, parse};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn files(folder: &Path, found: &mut BTreeSet<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("testdata can be listed") {
        let path = entry.expect("testdata can be listed").path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.insert(path);
        }
    }
}

#[test]
fn testdata_is_what_is_made_and_read() {
    let mut there = BTreeSet::new();
    for name in FOLDERS {
        files(&folder().join(name), &mut there);
    }
    for sample in samples() {
        let path = folder().join(&sample.path);
        assert!(there.remove(&path), "{} is missing: run the example make-testdata", sample.path.display());
        let content = std::fs::read(&path).expect("testdata can be read");
        if sample.path.extension().is_some_and(|extension| extension != "nbft") {
            let (is, should) = (String::from_utf8_lossy(&sample.content), String::from_utf8_lossy(&content));
            assert_eq!(is, should, "{}", sample.path.display());
        } else {
            assert_eq!(sample.content, content, "{}", sample.path.display());
        }
    }
    assert!(there.is_empty(), "nothing makes {there:?}");
}

#[test]
fn each_rule_is_shown_by_a_table_and_nothing_else_is() {
    for case in cases::all() {
        let parsed: Vec<_> = case.tables.iter().map(|bytes| parse(bytes).expect("it can be read")).collect();
        let mut findings: Vec<_> = parsed.iter().flat_map(Parsed::check).collect();
        findings.extend(check_together(&parsed.iter().collect::<Vec<_>>()).into_iter().map(|(_, finding)| finding));
        let rules: Vec<_> = findings.iter().map(|finding| finding.rule).collect();
        // Descriptors can overlap others without breaking any other rule only where the other list's stride is longer
        // than what is known of its descriptors.
        let expected = match case.rule {
            Rule::ListOverlap => vec![Rule::ListStrideLong, Rule::ListOverlap],
            rule => vec![rule],
        };
        assert_eq!(rules, expected, "{}: {findings:#?}", case.rule);
    }
}

#[test]
fn right_tables_have_no_findings() {
    for (name, table) in tables::all() {
        let bytes = libnbft::write(&table).expect("it can be written");
        let parsed = parse(&bytes).expect("it can be read");
        assert_eq!(parsed.table, table, "{name}");
        let findings = parsed.check();
        let rules: Vec<_> = findings.iter().map(|finding| finding.rule).collect();
        let expected: &[Rule] = if name == "failed" { &[Rule::SsnsUnavailable] } else { &[] };
        assert_eq!(rules, expected, "{name}: {findings:#?}");
    }
}

#[test]
fn rules_have_distinct_names_and_whole_sentences() {
    let mut names = BTreeSet::new();
    for rule in Rule::ALL {
        let name = rule.name();
        assert!(names.insert(name), "{name} is there twice");
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'), "{name}");
        assert_eq!(Rule::from_name(name), Some(*rule));
        assert_eq!(rule.to_string(), name);
        for text in [rule.summary(), rule.why()] {
            // The program's own name keeps its lower case at the beginning of a sentence.
            let begins = text.starts_with(char::is_uppercase) || text.starts_with("nbft ");
            assert!(text.ends_with('.') && begins, "{name}: {text}");
        }
    }
    assert_eq!(Rule::from_name("no-such-rule"), None);
    assert_eq!(Severity::Note.to_string() + Severity::Warning.name() + Severity::Error.name(), "notewarningerror");
    assert!(Severity::Note < Severity::Warning && Severity::Warning < Severity::Error);
}

#[test]
fn the_manual_page_has_every_rule() {
    let page = std::fs::read_to_string(manual::path()).expect("the page can be read");
    assert!(
        page == manual::updated(&page),
        "the list of man/nbft-rules.7 is out of date: run the example make-testdata"
    );
}
