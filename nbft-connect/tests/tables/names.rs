//! What a shell completes where a name is an argument.

use crate::support::{Dir, here, nbft};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

/// A machine with two tables, of which the second has a name that a shell would obey.
fn root() -> Dir {
    let dir = Dir::new("names");
    let bytes = std::fs::read(here("../testdata/firmware/mpath4.bin")).unwrap();
    dir.write("sys/firmware/acpi/tables/NBFT1", &bytes);
    let mut table = libnbft::parse(&bytes).unwrap().table;
    table.ssns[0].nqn = Some(libnbft::model::Nqn("nqn.2026-11.net.example:$(touch${IFS}obeyed)".to_owned()));
    table.ssns[1].nqn = Some(libnbft::model::Nqn("nqn.2026-11.net.example:other".to_owned()));
    dir.write("sys/firmware/acpi/tables/NBFT2", &libnbft::write(&table).unwrap());
    dir
}

const HOST: &str = "nqn.2014-08.org.nvmexpress:uuid:a1b759e3-035d-4777-b3cc-1754b8b819b9";
const SUBSYSTEM: &str = "nqn.2014-08.org.nvmexpress:uuid:00112233-4455-6677-8899-aabbccddeeff";
const OTHER: &str = "nqn.2026-11.net.example:other";

#[test]
fn names_of_tables_are_listed_and_none_that_a_shell_obeys() {
    let dir = root();
    let list = |kind: &str| {
        let run = nbft(&["list-names", kind, "--root", dir.path()]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{kind}");
        run.text()
    };
    assert_eq!(list("hosts"), format!("{HOST}\n"));
    assert_eq!(list("subsystems"), format!("{SUBSYSTEM}\n{OTHER}\n"));
    assert_eq!(list("targets"), format!("192.0.2.1\n198.51.100.1\n{SUBSYSTEM}\n{OTHER}\n"));
    let run = nbft(&["list-names", "targets", "--root", "/nowhere"]);
    assert_eq!((run.code, run.text().as_str()), (0, ""));
}

#[test]
fn no_help_names_what_completions_call() {
    for words in [["--help"].as_slice(), &["help"]] {
        assert!(!nbft(words).text().contains("list-names"));
    }
}

/// What bash offers at the end of this line.
fn completed(dir: &Dir, line: &str) -> Vec<String> {
    let program = dir.write(
        "nbft",
        format!("#!/bin/sh\nexec '{}' \"$@\" --root '{}'\n", env!("CARGO_BIN_EXE_nbft"), dir.path()).as_bytes(),
    );
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let script = here("../packaging/completions/nbft.bash");
    // As readline splits it: a colon and an equals sign are words of their own.
    let call = r#"
        source "$1"
        COMP_LINE="$2" COMP_POINT="${#2}"
        read -r -a COMP_WORDS <<< "$(sed 's/[:=]/ & /g' <<< "$2")"
        [[ $2 != *' ' ]] || COMP_WORDS+=('')
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        PATH="$3:$PATH"
        _nbft_with_names nbft "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"
        printf '%s\n' "${COMPREPLY[@]}""#;
    let script = script.to_str().unwrap();
    let output = Command::new("bash")
        .args(["--norc", "-c", call, "bash", script, line, dir.path()])
        .current_dir(dir.path())
        .output()
        .unwrap_or_else(|error| panic!("bash: {error}"));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{line}");
    assert!(!std::path::Path::new(dir.path()).join("obeyed").exists(), "{line}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[test]
fn bash_completes_names_from_the_last_colon_on() {
    let dir = root();
    let of = |line: &str| completed(&dir, line);
    assert_eq!(of("nbft disconnect "), ["192.0.2.1", "198.51.100.1", SUBSYSTEM, OTHER]);
    assert_eq!(of("nbft disconnect nvme0 19"), ["192.0.2.1", "198.51.100.1"]);
    assert_eq!(of("nbft -v disconnect nqn.2026-11.net.example:o"), ["other"]);
    assert_eq!(of("nbft disconnect nqn.2014-08.org.nvmexpress:uuid:0"), ["00112233-4455-6677-8899-aabbccddeeff"]);
    assert_eq!(of("nbft plan --hostnqn "), [HOST]);
    assert_eq!(
        of("nbft connect --hostnqn=nqn.2014-08.org.nvmexpress:uu"),
        ["uuid:a1b759e3-035d-4777-b3cc-1754b8b819b9"]
    );
    assert_eq!(of("nbft check-key --subsysnqn nqn.2"), [SUBSYSTEM, OTHER]);
    // The rest is clap's.
    assert_eq!(of("nbft disco"), ["disconnect"]);
    assert_eq!(of("nbft disconnect --per"), ["--permanent"]);
    assert!(of("nbft plan ").contains(&"--graph".to_owned()));
}
