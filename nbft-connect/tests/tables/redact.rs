//! Tests `show --redact` over whole outputs.

use crate::golden;
use crate::support::{Dir, built, here, nbft, nbft_with, public, testdata};
use regex_lite::Regex;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// Values that identify somebody, with the key that they stand under.
fn identifying(table: &Value) -> Vec<(String, String)> {
    const KEYS: &[&str] = &[
        "nqn",
        "id",
        "subsys_nqn",
        "nid",
        "traddr",
        "mac_addr",
        "ipaddr",
        "gateway_ipaddr",
        "primary_dns_ipaddr",
        "secondary_dns_ipaddr",
        "dhcp_server_ipaddr",
        "dhcp_server_ipaddr_stored",
        "host_name",
        "uri",
        "dhcp_duid",
        "dhcp_root_path_string",
        "dhcp_duid_lladdr",
        "dhcp_duid_id",
        "dhcp_duid_uuid",
        "dhcp_duid_raw",
        "secret_keypath",
    ];
    const HARMLESS: &[&str] = &[
        "",
        "::",
        "0.0.0.0",
        "nqn.2014-08.org.nvmexpress.discovery",
        "00000000-0000-0000-0000-000000000000",
        "0000000000000000",
        "127.0.0.1",
        "::1",
        "00:00:00:00:00:00",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
    ];
    fn collect(value: &Value, key: &str, found: &mut Vec<(String, String)>) {
        match value {
            Value::Object(members) => members.iter().for_each(|(key, value)| collect(value, key, found)),
            Value::Array(items) => items.iter().for_each(|item| collect(item, key, found)),
            Value::String(text)
                if KEYS.contains(&key) && !HARMLESS.contains(&text.as_str()) && !text.starts_with("127.") =>
            {
                found.push((key.to_owned(), text.clone()));
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    collect(table, "", &mut found);
    found
}

/// Shows the table in JSON, as it is and redacted.
fn both(path: &str) -> (Value, Value) {
    let plain = nbft(&["show", "-o", "json", "--nbft-path", path]);
    let redacted = nbft(&["show", "-o", "json", "--redact", "--nbft-path", path]);
    assert_eq!((redacted.code, redacted.stderr.as_str()), (0, ""), "{path}");
    (plain.json(), redacted.json())
}

#[test]
fn nothing_that_identifies_is_left_and_what_was_equal_stays_equal() {
    let dir = Dir::new("redact-all");
    let made = ["full", "strange", "clean", "duids"].map(|name| dir.write(name, &built(name, &[])).into());
    redacted_whole(testdata().into_iter().chain(made));
}

#[test]
#[ignore = "needs NBFT_CORPUS"]
fn nothing_that_identifies_is_left_of_public_tables() {
    redacted_whole(public().into_iter().map(|(path, _)| path));
}

/// Nothing that identifies is left, and what was equal stays equal.
fn redacted_whole(tables: impl Iterator<Item = PathBuf>) {
    for path in tables.map(|path| path.to_str().unwrap().to_owned()) {
        let (plain, redacted) = both(&path);
        let before = identifying(&plain);
        let after = identifying(&redacted);
        assert_eq!(before.len(), after.len(), "{path}: something appeared or vanished");
        // The lab's own tables use documentation addresses as we do, which may meet by chance.
        let documentation = |text: &str| {
            ["192.0.2.", "198.51.100.", "203.0.113.", "2001:db8:", "fe80:"].iter().any(|net| text.contains(net))
        };
        let all: String = redacted.to_string().to_lowercase();
        for (key, text) in before.iter().filter(|(_, text)| !documentation(text)) {
            assert!(!all.contains(&text.to_lowercase()), "{path}: {key} {text} is still there");
        }
        let mut there = BTreeMap::new();
        let mut back = BTreeMap::new();
        for ((key, old), (_, new)) in before.iter().zip(&after) {
            assert_eq!(there.entry(old).or_insert(new), &new, "{path}: {key} {old} has two replacements");
            assert_eq!(back.entry(new).or_insert(old), &old, "{path}: {new} stands for two values");
        }
        // Whatever does not identify is as before.
        let shape = |table: &Value, values: &[(String, String)]| {
            let identifying: BTreeSet<_> = values.iter().map(|(_, text)| text.as_str()).collect();
            fn blank(value: &mut Value, identifying: &BTreeSet<&str>) {
                match value {
                    Value::Object(members) => {
                        for key in [
                            "filename",
                            "driver_path",
                            "length",
                            "checksum",
                            "heap_offset",
                            "heap_length",
                            "dhcp_iaid",
                            "dhcp_duid_time",
                            "nid_bytes",
                        ] {
                            if let Some(value) = members.get_mut(key) {
                                *value = Value::Null;
                            }
                        }
                        // A port that is no number may say anything, and is replaced.
                        if members
                            .get("trsvcid")
                            .and_then(Value::as_str)
                            .is_some_and(|port| port.parse::<u32>().is_err())
                        {
                            members.insert("trsvcid".into(), Value::Null);
                        }
                        members.values_mut().for_each(|value| blank(value, identifying));
                    }
                    Value::Array(items) => items.iter_mut().for_each(|item| blank(item, identifying)),
                    Value::String(text) if identifying.contains(text.as_str()) => *value = "…".into(),
                    _ => {}
                }
            }
            let mut table = table.clone();
            blank(&mut table, &identifying);
            table
        };
        assert_eq!(shape(&plain, &before), shape(&redacted, &after), "{path}");
    }
}

/// Adds every text of the JSON that is the name of a field: such are the texts of testdata/whole.
fn add_names(value: &Value, found: &mut BTreeSet<String>) {
    let is_name = Regex::new(r"^[A-Z][A-Za-z]*\.[a-z_]+$").unwrap();
    match value {
        Value::Object(members) => members.values().for_each(|value| add_names(value, found)),
        Value::Array(items) => items.iter().for_each(|item| add_names(item, found)),
        Value::String(text) if is_name.is_match(text) => {
            found.insert(text.clone());
        }
        _ => {}
    }
}

#[test]
fn no_text_of_a_table_is_left() {
    let (plain, redacted) = both(here("../testdata/whole/whole.nbft").to_str().unwrap());
    let (mut before, mut after) = (BTreeSet::new(), BTreeSet::new());
    add_names(&plain, &mut before);
    add_names(&redacted, &mut after);
    assert!(before.contains("HfiTcp.host_name") && before.len() > 8, "{before:?}");
    assert!(after.is_empty(), "{after:?}");
}

#[test]
fn the_same_tables_are_redacted_in_the_same_way_and_together() {
    let dir = Dir::new("redact-together");
    dir.write("NBFT1", &built("full", &[]));
    dir.write("NBFT2", &built("clean", &[]));
    let show = || nbft(&["show", "-v", "--redact", "--nbft-path", dir.path()]).text();
    let text = show();
    assert_eq!(text, show());
    golden::check("show-redacted.txt", &text);
}

#[test]
fn a_redacted_table_can_be_built_and_dumped() {
    let dir = Dir::new("redact-build");
    let path = dir.write("NBFT", &built("full", &[]));
    let json = nbft(&["show", "--redact", "-o", "json", "--nbft-path", &path]).stdout;
    let rebuilt = nbft_with(&["build", "-"], &json);
    assert_eq!((rebuilt.code, rebuilt.stderr.as_str()), (0, ""));
    let dump = nbft(&["show", "--redact", "--hex", "--nbft-path", &path]);
    assert_eq!(dump.code, 0);
    let text = dump.text();
    let (head, body) = text.split_once("\n\n").unwrap();
    assert_eq!(
        head,
        format!(
            "NBFT: {} bytes\n(written anew from what was redacted: lengths and offsets are not those of the firmware's table)",
            rebuilt.stdout.len()
        )
    );
    let other = dir.write("redacted", &rebuilt.stdout);
    let expected = nbft(&["show", "--hex", "--nbft-path", &other]).text();
    assert_eq!(body, expected.split_once("\n\n").unwrap().1);
}
