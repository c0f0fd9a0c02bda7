//! Tests the command line: files as arguments, refused values with their sentence, and an empty document without a table.

use crate::support::{Dir, Run, built, here, nbft};

fn run(words: &[&str]) -> (i32, String, String) {
    let Run { code, stdout, stderr } = nbft(words);
    (code, String::from_utf8(stdout).unwrap(), stderr)
}

#[test]
fn a_file_is_an_argument_of_what_looks_at_tables() {
    let dir = Dir::new("argument");
    let path = dir.write("table.bin", &built("clean", &[]));
    for command in [&["show"][..], &["show", "-o", "json"], &["check"], &["plan"], &["export", "networkd"]] {
        let by_option = run(&[command, &["--root", dir.path(), "--nbft-path", "/table.bin"]].concat());
        let by_argument = run(&[command, &[&path, "--root", dir.path()]].concat());
        assert_eq!(by_argument, by_option, "{command:?}");
        assert_eq!((by_argument.0, by_argument.2.as_str()), (0, ""), "{command:?}");
        assert!(!by_argument.1.is_empty());
        let both = run(&[command, &[&path, "--nbft-path", &path]].concat());
        assert_eq!(both.0, 2, "{command:?}");
    }
    // A directory will do as well, and what is not there is said.
    assert!(run(&["show", dir.path()]).2.contains("no NBFT"));
    let missing = run(&["show", "/nonexistent"]);
    assert_eq!(missing, (1, String::new(), "nbft: /nonexistent: No such file or directory (os error 2)\n".into()));
}

#[test]
fn a_directory_given_by_hand_is_read_as_other_programs_read_it() {
    let dir = Dir::new("by-hand");
    let table = built("minimal", &[]);
    for name in ["NBFT-rhpoc", "NBFT10", "NBFT-2", "NBFT-10", "NBFT", "NBFT1", "FACP", "nbft"] {
        dir.write(name, &table);
        dir.write(&format!("sys/firmware/acpi/tables/{name}"), &table);
    }
    std::fs::create_dir_all(format!("{}/NBFTs", dir.path())).unwrap();
    let names = |words: &[&str]| {
        let (code, text, stderr) = run(words);
        assert_eq!((code, stderr.as_str()), (0, ""), "{words:?}");
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        let name =
            |table: &serde_json::Value| table["filename"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        json.as_array().unwrap().iter().map(name).collect::<Vec<_>>()
    };
    let all = ["NBFT", "NBFT1", "NBFT10", "NBFT-2", "NBFT-10", "NBFT-rhpoc"];
    assert_eq!(names(&["show", "-o", "json", "--nbft-path", dir.path()]), all);
    assert_eq!(names(&["show", "-o", "json", dir.path()]), all);
    assert_eq!(names(&["show", "-o", "json", "--root", dir.path()]), ["NBFT", "NBFT1", "NBFT10"]);
}

/// dracut's and wicked's scripts drop the whole output on an exit status that is not 0.
#[test]
fn show_succeeds_when_one_table_is_usable() {
    let dir = Dir::new("usable");
    dir.write("NBFT1", b"NBFT broken");
    let expected = "nbft: DIR/NBFT1: not a usable NBFT";
    let (code, text, stderr) = run(&["show", "-o", "json", "--nbft-path", dir.path()]);
    assert_eq!((code, text.as_str()), (1, "[]\n"));
    assert!(dir.neutral(&stderr).starts_with(expected), "{stderr}");
    dir.write("NBFT", &built("clean", &[]));
    let (code, text, stderr) = run(&["show", "-o", "json", "--nbft-path", dir.path()]);
    assert_eq!(code, 0);
    assert!(dir.neutral(&stderr).starts_with(expected), "{stderr}");
    assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap().as_array().unwrap().len(), 1);
    assert_eq!(run(&["check", "--nbft-path", dir.path()]).0, 1);
}

#[test]
fn the_format_version_of_nvme_cli_is_accepted() {
    let dir = Dir::new("format-version");
    let path = dir.write("NBFT", &built("clean", &[]));
    let plain = run(&["show", "-o", "json", &path]);
    for version in ["1", "2"] {
        assert_eq!(run(&["show", "-o", "json", "--output-format-version", version, &path]), plain);
    }
    assert_eq!(run(&["show", "--output-format-version=3", &path]).0, 2);
}

#[test]
fn without_a_table_a_program_gets_an_empty_document() {
    let dir = Dir::new("empty");
    let root = ["--root", dir.path()];
    let json = |command: &[&str]| {
        let (code, text, stderr) = run(&[command, &["-o", "json"], &root[..]].concat());
        assert_eq!(code, 3, "{command:?}: {stderr}");
        assert_eq!(run(&[command, &root[..]].concat()).1, "", "{command:?} as text");
        serde_json::from_str::<serde_json::Value>(&text).unwrap()
    };
    for command in ["show", "check"] {
        assert_eq!(json(&[command]), serde_json::json!([]), "{command}");
    }
    let plan = json(&["plan"]);
    assert_eq!((&plan["paths"], &plan["interfaces"]), (&serde_json::json!([]), &serde_json::json!([])));
    assert_eq!(json(&["connect", "--dry-run"]), plan);
    for command in ["status", "doctor"] {
        let document = json(&[command]);
        assert_eq!((&document["version"], &document["paths"]), (&1.into(), &serde_json::json!([])), "{command}");
    }
    let (code, text, _) = run(&[&["export", "json"], &root[..]].concat());
    assert_eq!((code, text.as_str()), (3, "[]\n"));
    // What is there and no table is a failure, in the same form.
    dir.write("sys/firmware/acpi/tables/NBFT", b"NBFT");
    for command in [&["show"][..], &["plan"], &["connect", "--dry-run"], &["doctor"]] {
        let (code, text, _) = run(&[command, &["-o", "json"], &root[..]].concat());
        assert_eq!(code, 1, "{command:?}");
        assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{command:?}: {text}");
    }
}

#[test]
fn a_dry_run_is_the_plan() {
    let dir = Dir::new("dry-run");
    let root = ["--root", dir.path()];
    let same = |options: &[&str], expected: i32| {
        let plan = run(&[&["plan"], options, &root[..]].concat());
        assert_eq!(plan.0, expected, "{options:?}: {}", plan.2);
        assert_eq!(run(&[&["connect", "--dry-run"], options, &root[..]].concat()), plan, "{options:?}");
    };
    for options in [&[][..], &["-o", "json"]] {
        same(options, 3);
    }
    dir.write("sys/firmware/acpi/tables/NBFT", &std::fs::read(here("../testdata/tables/discovery.nbft")).unwrap());
    let other = ["--hostnqn", "nqn.2014-08.org.example:other", "--hostid", "11111111-1111-1111-1111-111111111111"];
    for options in [&[][..], &["-o", "json"], &other] {
        same(options, 0);
    }
    dir.write("sys/firmware/acpi/tables/NBFT1", b"NBFT");
    same(&[], 1);
}

#[test]
fn values_that_cannot_be_meant_get_a_sentence() {
    let long = format!("nqn.2014-08.org.example:{}", "a".repeat(200));
    for (words, expected) in [
        (&["plan", "--hostnqn", "iqn.2014-08.org.example:h"][..], "it does not begin with nqn.YYYY-MM."),
        (&["plan", "--hostnqn", "nqn.2014-08.org.example:h,hostid=x"], "it holds ',', which"),
        (&["plan", "--hostnqn", &long], "it has 224 bytes; at most 223 are allowed"),
        (&["plan", "--hostid", "7"], "is not a UUID"),
        (&["connect", "--timeout", "-1"], "a timeout is a whole number of seconds from 1 to 4294967295"),
        (&["connect", "--timeout", "0"], "a timeout is a whole number of seconds from 1 to 4294967295"),
        (&["doctor", "--timeout", "-1"], "a timeout is a whole number of seconds from 1 to 4294967295"),
        (&["conect"], "'connect'"),
        (&["show", "--subsytem"], "'--subsystem'"),
        (&["export", "netwrkd"], "'networkd'"),
    ] {
        let (code, _, stderr) = run(words);
        assert_eq!(code, 2, "{words:?}");
        assert!(stderr.contains(expected), "{words:?}: {stderr}");
    }
}

/// A typing error on the kernel's command line does not cost the boot: it is said, and the table's own counts.
#[test]
fn a_typing_error_of_the_kernel_command_line_is_said_and_passed_over() {
    let dir = Dir::new("kernel-line");
    dir.write("NBFT", &built("clean", &[]));
    let plan = |line: &str| {
        dir.write("proc/cmdline", line.as_bytes());
        run(&["plan", "--root", dir.path(), "--nbft-path", "/"])
    };
    let (_, own, _) = plan("quiet\n");
    for (line, expected) in [
        (
            "rd.nvmf.hostnqn=nqn.x",
            "rd.nvmf.hostnqn=nqn.x: it does not begin with nqn.YYYY-MM.: the table's own is used",
        ),
        (
            "rd.nvmf.hostid=12",
            "rd.nvmf.hostid=12: \"12\" is not a UUID (8-4-4-4-12 hex digits): the table's own is used",
        ),
    ] {
        let (code, text, stderr) = plan(line);
        assert_eq!((code, &text), (0, &own), "{line}");
        assert!(stderr.contains(expected), "{line}: {stderr}");
    }
    let (_, text, stderr) = plan("rd.nvmf.hostnqn=nqn.2014-08.org.example:typed\n");
    assert!(text.contains("nqn.2014-08.org.example:typed") && stderr.is_empty(), "{stderr}");
}

/// Whoever may not read the tables learns who may.
#[test]
fn who_is_not_root_is_told_to_be() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    if !nix::unistd::geteuid().is_root() {
        return refused_without_root();
    }
    let dir = Dir::new("not-root");
    let path = dir.write("NBFT", &built("clean", &[]));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o400)).unwrap();
    // Copied by a process of its own: no other test's child may inherit a descriptor by which the program is written.
    let program = format!("{}/nbft", dir.path());
    assert!(std::process::Command::new("cp").args([env!("CARGO_BIN_EXE_nbft"), &program]).status().unwrap().success());
    for open in [dir.path(), &program] {
        std::fs::set_permissions(open, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let mut command = std::process::Command::new(&program);
    let output = command.args(["show", &path]).env_remove("JOURNAL_STREAM").uid(65534).gid(65534).output().unwrap();
    told(&String::from_utf8(output.stderr).unwrap(), output.status.code());
}

fn refused_without_root() {
    use std::os::unix::fs::PermissionsExt;
    let dir = Dir::new("not-root");
    let path = dir.write("NBFT", &built("clean", &[]));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o0)).unwrap();
    let (code, _, stderr) = run(&["show", &path]);
    told(&stderr, Some(code));
}

fn told(stderr: &str, code: Option<i32>) {
    assert_eq!(code, Some(1), "{stderr}");
    let expected = "Permission denied (os error 13); only root may read the tables of the machine: run nbft as root\n";
    assert!(stderr.ends_with(expected), "{stderr}");
}
