//! `check`: what it prints and how it ends.

use crate::golden;
use crate::support::{Dir, built, files, firmware, nbft, public, public_folder};
use serde_json::Value;
use std::path::PathBuf;

#[test]
fn findings_are_listed_and_their_bytes_marked() {
    let dir = Dir::new("check-broken");
    // The HFI's transport info reference leads out of the heap, the checksum is wrong, a byte follows the table.
    let broken = built("clean", &["--flip", "0xb3", "--no-checksum"]);
    let path = dir.write("NBFT", &[broken, vec![0x5a]].concat());
    let run = nbft(&["check", "-v", "--hex", "--nbft-path", &path]);
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    golden::check("check-broken.txt", &dir.neutral(&run.text()));
    let run = nbft(&["check", "-o", "json", "--nbft-path", &path]);
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    golden::check("check-broken.json", &dir.neutral(&run.text()));
}

#[test]
fn text_and_json_say_the_same() {
    let dir = Dir::new("check-same");
    let bytes = built("strange", &[]);
    let path = dir.write("NBFT", &bytes);
    let json = nbft(&["check", "-o", "json", "--nbft-path", &path]).json();
    let text = nbft(&["check", "-v", "--nbft-path", &path]).text();
    let findings = json[0]["findings"].as_array().unwrap();
    let count = |severity: &str| findings.iter().filter(|finding| finding["severity"] == severity).count();
    assert_eq!(json[0]["errors"], count("error"));
    assert_eq!(json[0]["warnings"], count("warning"));
    assert_eq!(json[0]["notes"], count("note"));
    assert!(!findings.is_empty());
    for finding in findings {
        let [severity, rule, message] = ["severity", "rule", "message"].map(|key| finding[key].as_str().unwrap());
        let group = text.split("\n\n").find(|group| {
            let title = group.lines().next().unwrap_or_default();
            let title = title.rsplit_once(" (").map_or(title, |(title, _)| title);
            title == format!("{severity} {rule}")
        });
        // Our quotes are those of ASCII where there is no terminal.
        let message = format!("\n  - {}", message.replace(['\u{201c}', '\u{201d}'], "\""));
        assert!(group.is_some_and(|group| format!("{group}\n").contains(&(message + "\n"))), "{finding}");
        assert!(!finding["why"].as_str().unwrap().is_empty());
        assert!(!finding["fields"].as_array().unwrap().is_empty());
        let end = finding["offset"].as_u64().unwrap() + finding["length"].as_u64().unwrap();
        assert!(end <= bytes.len() as u64);
    }
}

/// The exit code for the worst severity, without and with --strict.
#[test]
fn the_exit_code_is_that_of_the_worst_finding() {
    let dir = Dir::new("check-exit");
    let mut header = dir.write("none", &built("clean", &[]));
    let mut cases = vec![(header.clone(), "", [0, 0])];
    header = dir.write("long", &[built("clean", &[]), vec![0]].concat());
    cases.push((header, "warning", [0, 1]));
    cases.push((dir.write("sum", &built("clean", &["--no-checksum"])), "error", [1, 1]));
    cases.push((dir.write("short", &built("clean", &["--truncate", "127"])), "unreadable", [1, 1]));
    cases.push((dir.write("empty", b""), "unreadable", [1, 1]));
    for (path, worst, codes) in cases {
        for (options, code) in [(&[][..], codes[0]), (&["--strict"][..], codes[1])] {
            let run = nbft(&[&["check", "-o", "json", "--nbft-path", &path], options].concat());
            let json = run.json();
            let severities =
                json[0]["findings"].as_array().unwrap().iter().map(|finding| finding["severity"].as_str().unwrap());
            let has = |severity: &str| severities.clone().any(|s| s == severity);
            let is = if json[0]["unreadable"].is_string() {
                "unreadable"
            } else {
                ["error", "warning", "note"].into_iter().find(|severity| has(severity)).unwrap_or_default()
            };
            assert_eq!((is, run.code), (worst, code), "{path} {options:?}");
            assert_eq!(run.stderr.is_empty(), worst != "unreadable", "{}", run.stderr);
        }
    }
}

#[test]
fn a_table_without_findings_says_so() {
    let dir = Dir::new("check-clean");
    let path = dir.write("NBFT", &built("clean", &[]));
    let run = nbft(&["check", "--strict", "--nbft-path", &path]);
    assert_eq!((run.code, dir.neutral(&run.text()).as_str()), (0, "no findings\n"));
}

#[test]
fn keys_that_others_can_read_are_warned_of() {
    use std::os::unix::fs::PermissionsExt;
    let dir = Dir::new("check-keys");
    dir.write("sys/firmware/acpi/tables/NBFT", &built("clean", &[]));
    let key = dir.write("etc/nbft/keys/nqn.x/tls-psk", b"no matter");
    let check = |mode: u32, args: &[&str]| {
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(mode)).unwrap();
        let run = nbft(&[&["check", "--root", dir.path()], args].concat());
        (run.code, dir.neutral(&run.stderr))
    };
    for directory in ["etc/nbft/keys", "etc/nbft/keys/nqn.x"] {
        let directory = std::path::Path::new(dir.path()).join(directory);
        std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o700)).unwrap();
    }
    assert_eq!(check(0o600, &["--strict"]), (0, String::new()));
    let warning = "nbft: DIR/etc/nbft/keys/nqn.x/tls-psk: others than root can read or write it (mode 0644), so it is not \
                   used; chmod 0600\n";
    assert_eq!(check(0o644, &[]), (0, warning.into()));
    assert_eq!(check(0o644, &["--strict"]), (1, warning.into()));
}

#[test]
fn every_table_is_reported_and_one_that_cannot_be_read_fails() {
    let dir = Dir::new("check-several");
    dir.write("NBFT1", &built("clean", &[]));
    dir.write("NBFT2", b"no table");
    let run = nbft(&["check", "--nbft-path", dir.path()]);
    let expected = "\
DIR/NBFT1: no findings

DIR/NBFT2: cannot be read: not a usable NBFT: it begins with no t instead of \"NBFT\"
";
    assert_eq!((run.code, dir.neutral(&run.text()).as_str()), (1, expected));
    assert!(dir.neutral(&run.stderr).starts_with("nbft: DIR/NBFT2: not a usable NBFT"), "{}", run.stderr);
}

#[test]
fn tables_of_firmware_are_read() {
    are_read(firmware());
}

#[test]
#[ignore = "needs NBFT_CORPUS"]
fn public_tables_are_read_and_broken_ones_fail() {
    are_read(public());
    let bad = files(&public_folder("bad"));
    assert!(!bad.is_empty(), "NBFT_CORPUS: {} is empty", public_folder("bad").display());
    for table in bad {
        let run = nbft(&["check", "--nbft-path", table.to_str().unwrap()]);
        assert_eq!(run.code, 1, "{}", table.display());
    }
}

fn are_read(tables: Vec<(PathBuf, Value)>) {
    for (table, _) in tables {
        let run = nbft(&["check", "-o", "json", "--nbft-path", table.to_str().unwrap()]);
        assert_eq!(run.json()[0].get("unreadable"), None::<&Value>, "{}", table.display());
    }
}
