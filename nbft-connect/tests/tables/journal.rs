//! The journal's priority prefix: only where standard error is the journal.

use crate::support::Dir;
use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::process::Command;

/// What a command writes to a file that is its standard error while JOURNAL_STREAM is `stream` of it.
fn said(stream: impl Fn(u64, u64) -> String) -> String {
    let dir = Dir::new("journal");
    let path = dir.write("stderr", b"");
    let file = File::create(&path).unwrap();
    let metadata = file.metadata().unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_nbft"))
        .args(["show", "--nbft-path", "/none"])
        .env("JOURNAL_STREAM", stream(metadata.dev(), metadata.ino()))
        .stderr(file)
        .status()
        .unwrap();
    assert_eq!(run.code(), Some(1));
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn a_line_has_its_priority_where_standard_error_is_the_journal() {
    let why = "/none: No such file or directory (os error 2)\n";
    assert_eq!(said(|device, inode| format!("{device}:{inode}")), format!("<3>{why}"));
    // A service's child whose standard error goes elsewhere has the variable all the same.
    let elsewhere: [fn(u64, u64) -> String; 5] = [
        |device, inode| format!("{device}:{}", inode + 1),
        |device, inode| format!("{}:{inode}", device + 1),
        |device, inode| format!("{device}:{inode}:"),
        |_, _| "journal".into(),
        |_, _| String::new(),
    ];
    for stream in elsewhere {
        assert_eq!(said(stream), format!("nbft: {why}"));
    }
}
