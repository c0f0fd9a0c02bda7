//! Tests the report on the whole machine: the verdict as JSON, and why nothing was connected.

use crate::common::in_namespace;
use crate::support::{NID, NQN, Root, diagnose, hfi, ssns, table};
use crate::system::{half_up, root};
use libnbft::model::{Naed, Nceec, SsnsFlags};
use serde_json::json;

#[test]
fn degraded_as_json() {
    in_namespace("outcome::degraded_as_json", || {
        let mut table = table();
        table.hfis.push(hfi(2, 2, "198.51.100.2"));
        table.ssns.push(ssns(2, "198.51.100.1", 2));
        diagnose(&mut table.ssns[1], Naed::CONNECTION, Nceec::REFUSED);
        let mut unusable = ssns(3, "198.51.100.1", 2);
        unusable.trsvcid = Some("nvme".into());
        table.ssns.push(unusable);
        let root = half_up("degraded", &table);
        let (code, text) = root.doctor("-o json");
        let expected = json!({
            "version": 1,
            "verdict": "degraded",
            "message": "1 of 2 paths work, 1 of 1 boot namespaces there, 1 boot entries cannot be connected",
            "tables": ["NBFT"],
            "warnings": [],
            "paths": [
                {
                    "nqn": NQN, "traddr": "192.0.2.1", "trsvcid": 4420, "host_iface": "nbft0", "ssns": ["NBFT SSNS 1"],
                    "discovered": null, "unavailable": false,
                    "found": [
                        {"step": "controller", "what": "nvme0 live"},
                        {"step": "namespace", "what": "namespace"},
                    ],
                    "broken": null, "controller": "nvme0", "firmware": [],
                },
                {
                    "nqn": NQN, "traddr": "198.51.100.1", "trsvcid": 4420, "host_iface": "nbft1", "ssns": ["NBFT SSNS 2"],
                    "discovered": null, "unavailable": false,
                    "found": [],
                    "broken": {
                        "step": "nic",
                        "code": "nic-missing",
                        "problem": "No NIC has the MAC address 02:00:00:00:00:02, and the NBFT does not say where it sits.",
                        "remedy": "If the card was moved or exchanged, boot through the firmware's setup once, so that it \
                                   writes the table anew; otherwise check that the card is seated and switched on.",
                    },
                    "controller": null,
                    "firmware": [{
                        "ssns": "NBFT SSNS 2",
                        "codes": ["connection failure (NAED 0x2)", "connection refused (NCEEC 0x3)"],
                        "advice": "The host is there, but nothing listens on this port: check the port and the target's \
                                   service.",
                    }],
                },
            ],
            "discovery": [],
            "entries": [{
                "entry": "NBFT SSNS 3",
                "broken": {
                    "step": "table",
                    "code": "entry-unusable",
                    "reason_code": "trsvcid-unusable",
                    "problem": "The entry cannot be connected: its transport service ID \"nvme\" is not a TCP port.",
                    "remedy": "Correct it in the firmware's setup; nbft check says more of what is wrong with the table.",
                },
                "firmware": [],
            }],
            "namespaces": [
                {"nqn": NQN, "nsid": 1, "nid_type": "uuid", "nid": NID, "boot": true, "device": "/dev/nvme0n1"},
            ],
        });
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), expected);
        assert_eq!(code, 4);
        let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../man/nbft-doctor.1")).unwrap();
        let words: Vec<_> = page.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
        for key in keys(&expected) {
            assert!(words.contains(&key.as_str()), "nbft-doctor.1 does not name {key}");
        }
    });
}

/// Every key of every object.
fn keys(value: &serde_json::Value) -> Vec<String> {
    match value {
        serde_json::Value::Array(items) => items.iter().flat_map(keys).collect(),
        serde_json::Value::Object(object) => {
            object.iter().flat_map(|(key, value)| std::iter::once(key.clone()).chain(keys(value))).collect()
        }
        _ => Vec::new(),
    }
}

#[test]
fn what_firmware_had_not_up_is_no_fault() {
    in_namespace("outcome::what_firmware_had_not_up_is_no_fault", || {
        let mut table = table();
        table.hfis.push(hfi(2, 2, "198.51.100.2"));
        let mut other = ssns(2, "198.51.100.1", 2);
        // Bits 7-8: 2, unavailable.
        other.flags = other.flags.with(SsnsFlags(2 << 7));
        table.ssns.push(other);
        let (code, text) = half_up("unavailable", &table).doctor("");
        assert_eq!(code, 0, "{text}");
        let stops = "\npath 198.51.100.1 port 4420 over nbft1: stops at the NIC, which firmware had not up either\n";
        assert!(text.contains(stops), "{text}");
    });
}

#[test]
fn switched_off_and_driverless() {
    in_namespace("outcome::switched_off_and_driverless", || {
        let root = root("off", &table());
        let wrong = || root.doctor("").1.lines().find(|line| line.starts_with("  wrong:")).unwrap().to_owned();
        root.remove("sys/module/nvme_tcp");
        assert_eq!(
            wrong(),
            "  wrong:    The target answers, but the kernel cannot connect it: its NVMe/TCP driver is not there."
        );
        root.write("proc/cmdline", b"rd.nonvmf\n");
        assert_eq!(wrong(), "  wrong:    The target answers, and rd.nonvmf keeps nbft from connecting it.");
    });
}

#[test]
fn without_a_table() {
    in_namespace("outcome::without_a_table", || {
        let root = Root::new("without", &table());
        let table = root.0.join("sys/firmware/acpi/tables/NBFT");
        let run = || {
            let output = std::process::Command::new(env!("CARGO_BIN_EXE_nbft"))
                .args(["doctor", "--root"])
                .arg(&root.0)
                .env_remove("JOURNAL_STREAM")
                .output()
                .unwrap();
            let stderr = String::from_utf8(output.stderr).unwrap().replace(&*root.0.to_string_lossy(), "");
            (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap(), stderr)
        };
        std::fs::write(&table, b"noise").unwrap();
        let (code, stdout, stderr) = run();
        assert_eq!((code, stdout.as_str()), (1, ""));
        assert!(stderr.starts_with("nbft: /sys/firmware/acpi/tables/NBFT: "), "{stderr}");
        std::fs::remove_file(&table).unwrap();
        assert_eq!(run(), (3, String::new(), "nbft: /sys/firmware/acpi/tables: no NBFT\n".into()));
    });
}
