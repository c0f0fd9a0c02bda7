//! Tests the output of each command.

use crate::common::in_namespace;
use crate::support::{Root, harmless, in_form, leave_raw, status};
use crate::tables::{Strings, bytes, machine, model};
use nbft_connect::status::schema::State;
use serde_json::Value;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::process::Command;

#[test]
fn what_looks_at_tables() {
    let root = Root::new("tables").with_tables(&machine());
    for command in [
        "show",
        "show -v -v",
        "show --hex",
        "show --redact",
        "show --redact --hex",
        "check",
        "check -v --hex",
        "plan",
        "plan -v -v",
    ] {
        let text = root.nbft(&command.split(' ').collect::<Vec<_>>());
        assert!(text.len() > 1000, "{command}: {text}");
    }
    for command in
        ["show -o json", "show --redact -o json", "check -o json", "plan -o json", "connect --dry-run -o json"]
    {
        let text = root.nbft(&command.split(' ').collect::<Vec<_>>());
        let _: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{command}: {error}"));
    }
    let dry_run = root.nbft(&["connect", "--dry-run", "-v"]);
    assert!(dry_run.contains("\\u{1b}[2J"), "another table's host NQN is named in a note");
}

#[test]
fn json_says_what_the_tables_say() {
    let root = Root::new("same").with_tables(&machine());
    let files = libnbft::files::find(&root.0.join("sys/firmware/acpi/tables")).unwrap();
    let shown: Vec<Value> = serde_json::from_str(&root.nbft(&["show", "-o", "json"])).unwrap();
    assert_eq!(shown.len(), files.len());
    for (file, shown) in files.iter().zip(&shown) {
        let bytes = file.read().unwrap();
        let mut expected = libnbft::json::Table::from(&libnbft::parse(&bytes).unwrap().table);
        expected.filename = Some(file.path.display().to_string());
        expected.header.as_mut().unwrap().add_computed(&bytes);
        assert_eq!(*shown, serde_json::to_value(&expected).unwrap(), "{}", file.name);
    }
    let checked: Vec<Value> = serde_json::from_str(&root.nbft(&["check", "-o", "json"])).unwrap();
    for (file, checked) in files.iter().zip(&checked) {
        let bytes = file.read().unwrap();
        let findings = libnbft::parse(&bytes).unwrap().check();
        let messages =
            checked["findings"].as_array().unwrap().iter().map(|finding| finding["message"].as_str().unwrap());
        assert!(
            messages.take(findings.len()).eq(findings.iter().map(|finding| finding.message.as_str())),
            "{}",
            file.name
        );
    }
    let plan: Value = serde_json::from_str(&root.nbft(&["plan", "-o", "json"])).unwrap();
    assert_eq!(plan, serde_json::to_value(root.plan()).unwrap());
}

#[test]
fn names_of_files_and_words_of_the_command_line() {
    let root = Root::new("words");
    let name = [Strings::Loud.text().replace("id`\\|<x>", "").as_bytes(), b"\xff"].concat();
    let name: Vec<u8> = name.into_iter().filter(|byte| *byte != b'/').take(200).collect();
    let path = root.0.join(OsStr::from_bytes(&name));
    fs::write(&path, bytes(&model("full", Strings::Loud), [0xff, 0xfe])).unwrap();
    // Under --root paths are relative to it.
    let word = OsStr::from_bytes(&[b"/", &name[..]].concat()).to_owned();
    for command in
        ["show", "show -o json", "show --hex", "check", "check -o json", "plan", "plan -o json", "doctor -o json"]
    {
        let mut args: Vec<&OsStr> = command.split(' ').map(OsStr::new).collect();
        args.extend([OsStr::new("--nbft-path"), &word]);
        assert!(command.starts_with("doctor") || !root.nbft(&args).is_empty(), "{command}");
    }
    for args in [
        vec![OsStr::new("build"), &word],
        vec![OsStr::new("check-key"), &word],
        vec![&word],
        vec![OsStr::new("show"), &word],
        vec![OsStr::new("show"), OsStr::new("-o"), &word],
        vec![OsStr::new("build"), OsStr::new("x"), OsStr::new("--flip"), &word],
        vec![OsStr::new("plan"), OsStr::new("--hostid"), &word],
        vec![OsStr::new("plan"), OsStr::new("--nbft-path"), OsStr::new("/"), OsStr::new("--hostnqn"), &word],
        vec![OsStr::new("export"), &word],
    ] {
        root.nbft(&args);
    }
    // No UTF-8 at all, and as the program's own name.
    let loud = Strings::Loud.text();
    for args in [vec![loud.as_str()], vec!["show", "--timeout", &loud], vec!["build", "x", "--flip", &loud]] {
        use std::os::unix::process::CommandExt;
        let output =
            Command::new(env!("CARGO_BIN_EXE_nbft")).arg0(OsStr::from_bytes(&name)).args(&args).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let said = harmless(&format!("standard error of {args:?}"), &output.stderr);
        assert!(said.contains("error: "), "{said}");
    }
}

#[test]
fn json_that_builds_no_table() {
    let root = Root::new("json");
    let text = serde_json::to_string(&Strings::Loud.text()).unwrap();
    for json in [
        format!("{{{text}: 1}}"),
        format!("{{\"hfi\": [{{\"mac_addr\": {text}}}]}}"),
        format!("{{\"hfi\": [{{\"vlan\": {text}}}]}}"),
        format!("{{\"subsystem\": [{{\"nid_type\": {text}}}]}}"),
        format!("{{\"host\": {{\"id\": {text}}}}}"),
        format!("[{}", Strings::Loud.text()),
    ] {
        fs::write(root.0.join("in.json"), &json).unwrap();
        assert_eq!(root.nbft(&["build", "/in.json"]), "", "{json}");
    }
}

#[test]
fn what_came_of_connect() {
    in_namespace("commands::what_came_of_connect", || {
        let root = Root::new("status").with_tables(&machine());
        let plan = root.plan();
        let mut left = in_form(status(&plan, &Strings::Loud.text()), &plan);
        leave_raw(&root, &left);
        assert!(root.nbft(&["status"]).contains("INJECTED") && root.nbft(&["status", "-v"]).contains("INJECTED"));
        let said: Value = serde_json::from_str(&root.nbft(&["status", "-o", "json"])).unwrap();
        for path in &mut left.paths {
            (path.state, path.reason) = (State::Failed, Some("the controller is gone".into()));
            path.code = Some("controller-gone".into());
        }
        // The message counts what is up now.
        let message = said["message"].as_str().unwrap();
        let count = format!("0 of {} paths up, missing boot namespace", left.paths.len());
        assert!(message.starts_with(&count) && message.contains("INJECTED"), "{message}");
        left.message = message.to_owned();
        assert_eq!(said, serde_json::to_value(&left).unwrap());
        assert!(root.nbft(&["doctor", "--timeout", "1"]).contains("stops at"));
        let _: Value = serde_json::from_str(&root.nbft(&["doctor", "--timeout", "1", "-o", "json"])).unwrap();
    });
}
