//! Secrets that others put into what they say do not leave by reasons.

use crate::common::in_namespace;
use crate::support::{Root, files_below, in_form, status};
use crate::tables::{Strings, bytes, model};
use std::fs;

/// Each with what no output may hold of it.
const SECRETS: [(&str, &str); 4] = [
    ("got \"DHHC-1:00:ia6zGodOr4SEG0Zzaw398rpY0wqipUWj4jWjUh4HWUz6aQ2n:\"", "ia6zGodOr4"),
    ("NVMeTLSkey-1:01:VRLbtnN9AQb2WXW3c9+wEf/DRLz0QuLdbYvEhwtdWwNf9LrZ:, no list", "VRLbtnN9AQ"),
    ("https://admin:pass%22word@192.0.2.1/redfish/v1: it names a user", "pass%22word"),
    ("{\"Password\":\"x\",\"uri\":\"https://admin:pa/ss@word@h\"}", "pa/ss@word"),
];

#[test]
fn no_output_holds_a_secret() {
    in_namespace("secrets::no_output_holds_a_secret", || {
        let root = Root::new("secrets").with_tables(&[bytes(&model("full", Strings::Quiet), [b'Q'; 2])]);
        let plan = root.plan();
        for (text, secret) in SECRETS {
            let left = in_form(status(&plan, text), &plan);
            let file = root.0.join("run/nbft/status.json");
            left.write(&file).unwrap();
            let written = fs::read_to_string(&file).unwrap();
            assert!(!written.contains(secret) && written.contains("***"), "status.json: {written}");
            assert!(serde_json::from_str::<serde_json::Value>(&written).is_ok(), "{written}");
            // One of an older version, or of another program.
            fs::write(&file, serde_json::to_string(&left).unwrap()).unwrap();
            for args in [
                &["status"][..],
                &["status", "-o", "json"],
                &["doctor", "--timeout", "1"],
                &["doctor", "--timeout", "1", "-o", "json"],
                &["export", "networkd"],
                &["export", "networkmanager"],
                &["export", "wicked"],
                &["export", "dracut"],
                &["export", "udev"],
            ] {
                let said = root.nbft(args);
                assert!(!said.contains(secret), "{args:?}: {said}");
                assert!(args[0] != "status" || said.contains("***"), "{args:?}: {said}");
            }
            let log = root.stderr(&["show", "--nbft-path", &format!("/{text}")]);
            assert!(!log.contains(secret) && log.contains("***"), "{log}");
            // It goes on from the file, and writes it anew.
            root.nbft(&["connect", "--timeout", "1", "--handover", "adopt"]);
            for (path, text) in files_below(&root.0.join("run")) {
                assert!(!text.contains(secret), "{}: {text}", path.display());
            }
        }
    });
}
