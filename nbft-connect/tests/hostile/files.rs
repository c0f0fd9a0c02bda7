//! Tests the files that commands write, and their messages to systemd.

use crate::common::in_namespace;
use crate::support::{Root, files_below, harmless, in_form, leave_raw, status};
use crate::tables::{NAMES, Strings, bytes, machine, model};
use libnbft::plan::{Options, Plan, Source};
use nbft_connect::cli::Handover;
use nbft_connect::dhcp_options::ClientOptions;
use nbft_connect::handover;
use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;

/// Rules by which a subsystem's disks are named: they hold its NQN as a pattern.
const DISKS: &str = "61-nbft-disks.rules";

const FORMATS: [&str; 6] = ["udev", "networkd", "networkmanager", "wicked", "dracut", "json"];

/// Root with one of the tables, and a status that speaks of it.
fn hostile(name: &str, strings: Strings) -> Root {
    let root = Root::new(&format!("{name}-{strings:?}")).with_tables(&[bytes(&model(name, strings), [0xff, 0xfe])]);
    let plan = root.plan();
    leave_raw(&root, &in_form(status(&plan, &strings.text()), &plan));
    root
}

/// Root with the same table and status without any name; without what loud names keep out of a plan, too.
fn nameless(name: &str, loud: bool) -> Root {
    let mut table = model(name, Strings::None);
    if loud {
        table.ssns.clear();
        table.discovery.clear();
    }
    let root = Root::new(&format!("{name}-nameless-{loud}")).with_tables(&[bytes(&table, [b'Q'; 2])]);
    let plan = root.plan();
    let mut left = in_form(status(&plan, ""), &plan);
    for lease in left.interfaces.iter_mut().filter_map(|interface| interface.lease.as_mut()) {
        (lease.host_name, lease.root_path) = (None, None);
    }
    leave_raw(&root, &left);
    root
}

/// The exported files by name, in this format.
fn exported(root: &Root, format: &str) -> Vec<(PathBuf, String)> {
    root.nbft(&["export", format]);
    let directory = format!("/out/{format}");
    root.nbft(&["export", format, "--output", root.0.join(&directory[1..]).to_str().unwrap()]);
    let below = root.0.join(&directory[1..]);
    files_below(&below).into_iter().map(|(path, text)| (path.strip_prefix(&below).unwrap().to_owned(), text)).collect()
}

#[test]
fn exports_are_those_of_a_table_without_the_names() {
    let of_nics = |files: Vec<(PathBuf, String)>| -> Vec<(PathBuf, String)> {
        files.into_iter().filter(|(path, _)| path.as_os_str() != DISKS).collect()
    };
    for name in NAMES {
        for strings in [Strings::Loud, Strings::Quiet] {
            let (hostile, nameless) = (hostile(name, strings), nameless(name, strings == Strings::Loud));
            for format in FORMATS.into_iter().filter(|format| *format != "json") {
                let expected = of_nics(exported(&nameless, format));
                assert!(!expected.is_empty(), "{name}: {format}");
                assert_eq!(of_nics(exported(&hostile, format)), expected, "{name} {strings:?}: {format}");
            }
            let files = exported(&hostile, "json");
            let interfaces: serde_json::Value = serde_json::from_str(&files[0].1).unwrap();
            assert_eq!(interfaces, serde_json::to_value(hostile.plan().interfaces).unwrap(), "{name} {strings:?}");
        }
    }
}

#[test]
fn names_of_a_wrong_form_are_those_of_nothing() {
    for name in NAMES {
        let root = Root::new(&format!("{name}-names")).with_tables(&[bytes(&model(name, Strings::None), [b'Q'; 2])]);
        let without: Vec<_> = FORMATS.iter().map(|format| exported(&root, format)).collect();
        let left = status(&root.plan(), &Strings::Loud.text());
        leave_raw(&root, &left);
        for (format, without) in FORMATS.iter().zip(without) {
            assert_eq!(exported(&root, format), without, "{name}: {format}");
        }
        let said: serde_json::Value = serde_json::from_str(&root.nbft(&["status", "-o", "json"])).unwrap();
        for items in ["interfaces", "paths", "namespaces", "discovery"] {
            assert_eq!(said[items], serde_json::json!([]), "{name}");
        }
        let log = root.stderr(&["status"]);
        let first = "status.json: interface 0 is left out: its name is not valid\n";
        assert!(left.interfaces.is_empty() || log.contains(first), "{name}: {log}");
    }
}

#[test]
fn rules_for_disks_are_ascii_and_no_more_than_without_the_names() {
    for name in NAMES {
        let rules = |root: &Root| {
            let files = exported(root, "udev");
            files.into_iter().find(|(path, _)| path.as_os_str() == DISKS).unwrap().1
        };
        let (quiet, nameless) = (rules(&hostile(name, Strings::Quiet)), rules(&nameless(name, false)));
        assert!(quiet.is_ascii(), "{name}: {quiet}");
        assert!(quiet.lines().count() <= nameless.lines().count(), "{name}: {quiet}");
    }
}

#[test]
fn what_is_left_for_the_running_system() {
    for name in NAMES {
        let table = model(name, Strings::Quiet);
        let plan = Plan::new(&[Source { name: "NBFT", table: &table }], &Options::default());
        let left = status(&plan, &Strings::Loud.text());
        let root = Root::new(&format!("handover-{name}"));
        for how in [Handover::Adopt, Handover::Leave] {
            handover::leave(&plan, &left, Some(how), &ClientOptions::default(), &root.0);
        }
        let files = files_below(&root.0.join("run"));
        assert!(files.len() >= 3 || plan.interfaces.iter().all(|interface| interface.links.is_empty()), "{name}");
        left.write(&root.0.join("run/nbft/status.json")).unwrap();
        let text = harmless("status.json", &fs::read(root.0.join("run/nbft/status.json")).unwrap());
        let back: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(back, serde_json::to_value(&left).unwrap(), "{name}");
    }
}

#[test]
fn connect_writes_logs_and_tells_systemd_no_harm() {
    in_namespace("files::connect_writes_logs_and_tells_systemd_no_harm", || {
        let root = Root::new("connect").with_tables(&machine());
        let path = root.0.join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_nonblocking(true).unwrap();
        let args = ["connect", "--timeout", "1", "--handover", "adopt", "-v", "-v"];
        let (_, log) = root.nbft_env(&args, Some(&path));
        assert!(log.contains("nbft0: waiting for "), "{log}");
        assert!(!log.contains("Ref {") && !log.contains(": Some("), "a debug form: {log}");
        let mut told = Vec::new();
        let mut buffer = vec![0; 65536];
        while let Ok(length) = socket.recv(&mut buffer) {
            told.push(harmless("what systemd is told", &buffer[..length]));
        }
        assert!(told.iter().any(|told| told.contains("STATUS=") && told.contains("\\u{202e}")), "{told:?}");
        let words = |line: &str| line.starts_with("STATUS=") || line == "READY=1";
        assert!(told.iter().flat_map(|told| told.lines()).all(words), "{told:?}");
        let written = files_below(&root.0.join("run"));
        assert!(written.iter().any(|(path, _)| path.ends_with("nbft/status.json")), "{written:?}");
        fs::remove_file(path).unwrap();
    });
}
