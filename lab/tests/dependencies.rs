//! What the workspace depends on: licences that go with ours, no crate in two versions but those known, and none that needs a newer
//! Rust than we say.

#![allow(clippy::unwrap_used)]

use serde_json::Value;
use std::collections::BTreeSet;
use std::process::Command;

/// One of these must be among the choices that a crate leaves.
const LICENCES: [&str; 9] = [
    "MIT",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Unicode-3.0",
    "MIT-0",
    "Zlib",
];

/// Crates that are there twice, each with who holds the old one. A new entry is a decision, not a habit.
const TWICE: [(&str, &str); 1] = [("syn", "derive macros are between 2 and 3")];

/// Top of the repository.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

fn packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--filter-platform", "x86_64-unknown-linux-gnu"])
        .current_dir(ROOT)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

/// Whether an SPDX expression is met: every part of an `AND` by some part of an `OR`.
fn allowed(expression: &str) -> bool {
    let plain = expression.replace(['(', ')'], "").replace('/', " OR ");
    plain.split(" AND ").all(|part| part.split(" OR ").any(|licence| LICENCES.contains(&licence.trim())))
}

#[test]
fn licences() {
    let refused: Vec<String> = packages()
        .iter()
        .filter(|package| !package["license"].as_str().is_some_and(allowed))
        .map(|package| format!("{} {}", package["name"], package["license"]))
        .collect();
    assert_eq!(refused, Vec::<String>::new());
    assert!(!allowed("GPL-3.0-only") && !allowed("MIT AND GPL-2.0-only"));
}

/// Of what ends up in a binary; what tests alone use may come twice.
#[test]
fn no_crate_in_two_versions() {
    let words = "tree --workspace --locked --edges normal --duplicates --depth 0 --prefix none --format {p}";
    let output = Command::new(env!("CARGO")).args(words.split(' ')).current_dir(ROOT).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let twice: BTreeSet<&str> = text.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(twice, TWICE.map(|(name, _)| name).into());
}

/// Major and minor of a Rust version.
fn release(version: &str) -> (u32, u32) {
    let mut numbers = version.split('.').map(|number| number.parse().unwrap());
    (numbers.next().unwrap(), numbers.next().unwrap())
}

/// What tests alone use is among them: the tests run with that Rust too.
#[test]
fn no_crate_needs_a_newer_rust() {
    let ours = release(env!("CARGO_PKG_RUST_VERSION"));
    let newer: Vec<String> = packages()
        .iter()
        .filter(|package| package["rust_version"].as_str().is_some_and(|version| release(version) > ours))
        .map(|package| format!("{} {} needs {}", package["name"], package["version"], package["rust_version"]))
        .collect();
    assert_eq!(newer, Vec::<String>::new());
    assert!(release("1.88.0") > release("1.85"));
}
