//! `build`: what it reads, what it writes, and what it breaks on purpose.

use crate::support::{Dir, built, here, nbft, nbft_with};

fn json_file(name: &str) -> String {
    here(&format!("tests/tables/json/{name}.json")).to_str().unwrap().to_owned()
}

fn sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum.wrapping_add(*byte))
}

/// Where two tables of one length differ.
fn differences(one: &[u8], other: &[u8]) -> Vec<(usize, u8)> {
    assert_eq!(one.len(), other.len());
    one.iter().zip(other).enumerate().filter(|(_, (a, b))| a != b).map(|(at, (a, b))| (at, a ^ b)).collect()
}

#[test]
fn the_output_is_a_file_or_standard_output() {
    let dir = Dir::new("build-out");
    let out = format!("{}/NBFT", dir.path());
    let run = nbft(&["build", &json_file("full"), "-o", &out]);
    assert_eq!((run.code, run.stdout.len(), run.stderr.as_str()), (0, 0, ""));
    assert_eq!(std::fs::read(&out).unwrap(), built("full", &[]));
    let run = nbft(&["build", "-"]);
    assert_eq!(run.stderr, "nbft: -: EOF while parsing a value at line 1 column 0\n");
    assert_eq!(run.code, 1);
    // Under --root both paths are.
    dir.write("in.json", b"{}");
    let run = nbft(&["--root", dir.path(), "build", "/in.json", "-o", "/out"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    assert_eq!(std::fs::read(format!("{}/out", dir.path())).unwrap(), built("minimal", &[]));
}

#[test]
fn flips_come_before_the_checksum_and_the_cut_comes_last() {
    let good = built("full", &[]);
    let length = u32::from_le_bytes(good[4..8].try_into().unwrap()) as usize;
    assert_eq!((sum(&good), good.len()), (0, length));

    let flipped = built("full", &["--flip", "0x20:3", "--flip", "33"]);
    assert_eq!(sum(&flipped), 0);
    let differences = differences(&good, &flipped);
    assert_eq!(differences[1..], [(0x20, 8), (33, 0xff)]);
    assert_eq!(differences[0].0, 9);

    let unsummed = built("full", &["--no-checksum"]);
    assert_eq!(unsummed[9], 0);
    assert_ne!(sum(&unsummed), 0);

    let cut = built("full", &["--truncate", "100"]);
    assert_eq!(cut, good[..100]);
    assert_eq!(built("full", &["--truncate", "0"]), b"");
}

#[test]
fn a_wrong_checksum_is_wrong_even_where_0_would_be_right() {
    // A revision is found for which the right checksum is 0; one byte of it runs through all values.
    let mut found = 0;
    for revision in 0..256 {
        let json = format!("{{\"header\": {{\"oem_revision\": {revision}}}}}");
        let good = nbft_with(&["build", "-"], json.as_bytes()).stdout;
        if good[9] == 0 {
            found += 1;
            let bad = nbft_with(&["build", "-", "--no-checksum"], json.as_bytes()).stdout;
            assert_eq!((bad[9], sum(&bad)), (1, 1));
        }
    }
    assert_eq!(found, 1);
}

#[test]
fn a_specification_can_be_chosen() {
    let dir = Dir::new("build-spec");
    let out = format!("{}/NBFT", dir.path());
    let run = nbft(&["build", &json_file("full"), "--spec", "1.0", "-o", &out]);
    assert_eq!(run.code, 0);
    let lost = [
        "the extended info of HFI 1",
        "the PCIe segment of HFI 2",
        "the diagnostics of subsystem 1",
        "the diagnostics of subsystem 2",
        "the diagnostics of subsystem 3",
    ];
    let file = json_file("full");
    let warnings: String =
        lost.iter().map(|what| format!("nbft: {file}: specification 1.0 has no place for {what}\n")).collect();
    assert_eq!(run.stderr, warnings);
    let versions = |path: &str| {
        let json = nbft(&["show", "-o", "json", "--nbft-path", path]).json();
        let table = &json[0];
        let timeouts: Vec<_> = table["subsystem"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["connection_timeout"].as_u64().unwrap())
            .collect();
        let naed = table["subsystem"][0].get("naed").is_some();
        (
            table["header"]["minor"].as_u64().unwrap(),
            table["hfi"][0]["tcp_info_version"].as_u64().unwrap(),
            naed,
            timeouts,
        )
    };
    assert_eq!(versions(&out), (0, 1, false, vec![0, 0, 0]));
    // Back again: the structures are there, what was lost is not.
    let json = nbft(&["show", "-o", "json", "--nbft-path", &out]).stdout;
    let newer = nbft_with(&["build", "-", "--spec", "1.1", "-o", &out], &json);
    assert_eq!((newer.code, newer.stderr.as_str()), (0, ""));
    assert_eq!(versions(&out), (1, 2, true, vec![0xffff; 3]));
}

#[test]
fn one_of_several_tables_can_be_chosen() {
    let dir = Dir::new("build-several");
    dir.write("NBFT1", &built("full", &[]));
    dir.write("NBFT2", &built("minimal", &[]));
    let json = nbft(&["show", "-o", "json", "--nbft-path", dir.path()]).stdout;
    assert_eq!(nbft_with(&["build", "-", "--table", "2"], &json).stdout, built("minimal", &[]));
    for (options, json, expected) in [
        (&[][..], &json[..], "nbft: -: holds 2 tables: choose one with --table\n"),
        (&["--table", "3"], &json, "nbft: -: holds no table 3, but 2 in all\n"),
        (&["--table", "0"], &json, "nbft: -: holds no table 0, but 2 in all\n"),
        (&[], b"[]", "nbft: -: holds no table\n"),
    ] {
        let run = nbft_with(&[&["build", "-"], options].concat(), json);
        assert_eq!((run.code, run.stdout.len(), run.stderr.as_str()), (1, 0, expected));
    }
}

#[test]
fn what_is_no_table_is_refused_with_its_place() {
    for (json, expected) in [
        ("{", "EOF while parsing an object at line 1 column 1"),
        ("{} x", "trailing characters at line 1 column 4"),
        ("{\n \"hfi\": [{\"vlan\": \"ten\"}]}", "invalid type: string \"ten\", expected u16 at line 2 column 23"),
        ("{\"hfi\": [{\"mac\": 1}]}", "unknown field `mac`, expected one of "),
        ("{\"hfi\": [{}, {\"pcidev\": \"x\"}]}", "hfi[1].pcidev: \"x\" is not a PCI address (ssss:bb:dd.f)"),
        ("{\"host\": {\"valid\": 0}}", ""),
    ] {
        let run = nbft_with(&["build", "-"], json.as_bytes());
        assert_eq!((run.code, run.stdout.len()), (1, 0), "{json}");
        assert!(run.stderr.starts_with(&format!("nbft: -: {expected}")), "{json}: {}", run.stderr);
    }
    let run = nbft(&["build", "/nonexistent.json"]);
    assert_eq!(
        (run.code, run.stderr.as_str()),
        (1, "nbft: /nonexistent.json: No such file or directory (os error 2)\n")
    );
}

#[test]
fn wrong_options_are_refused() {
    for (options, code, expected) in [
        (&["--flip", "1:8"][..], 2, "a bit is a number from 0 to 7"),
        (&["--flip", "x"], 2, "offset: invalid digit found in string"),
        (&["--flip", "100000"], 2, "--flip 100000: the table has 128 bytes only"),
        (&["--truncate", "129"], 2, "--truncate 129: the table has 128 bytes only"),
        (&["--spec", "1.2"], 2, "possible values: 1.0, 1.1"),
    ] {
        let run = nbft(&[&["build", &json_file("minimal")], options].concat());
        assert_eq!((run.code, run.stdout.len()), (code, 0), "{options:?}");
        assert!(run.stderr.contains(expected), "{options:?}: {}", run.stderr);
    }
}
