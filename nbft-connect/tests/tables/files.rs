//! Files that a command is given: pipes and devices neither hold it up nor fill the memory.

use crate::support::{Dir, nbft, nbft_from};
use std::process::Command;

#[test]
fn only_regular_files_are_read() {
    let dir = Dir::new("files");
    let pipe = format!("{}/NBFT", dir.path());
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo can be run").success());
    for path in [pipe.as_str(), "/dev/zero"] {
        let why = format!("nbft: {path}: it is no regular file\n");
        for args in
            [&["show", "--nbft-path", path][..], &["check", "--nbft-path", path], &["plan", "--nbft-path", path]]
        {
            let run = nbft(&[args, &["--root", "/"]].concat());
            assert_eq!((run.code, run.stderr.lines().next()), (1, why.lines().next()), "{args:?}");
        }
        for args in [["build", path], ["check-key", path]] {
            let run = nbft(&args);
            assert_eq!((run.code, run.text().as_str(), &run.stderr), (1, "", &why), "{args:?}");
        }
    }
}

#[test]
fn standard_input_without_an_end_is_refused() {
    let endless = || std::fs::File::open("/dev/zero").unwrap();
    let run = nbft_from(&["build", "-"], endless());
    let why = "nbft: standard input: it has more than 67108864 bytes\n";
    assert_eq!((run.code, run.text().as_str(), run.stderr.as_str()), (1, "", why));
    let run = nbft_from(&["check-key", "-"], endless());
    let why = "nbft: standard input: it is longer than any key\n";
    assert_eq!((run.code, run.text().as_str(), run.stderr.as_str()), (1, "", why));
}
