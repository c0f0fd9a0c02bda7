//! The text of `show`.

use crate::golden;
use crate::support::{Dir, built, nbft};

/// Shows `files` (name in a directory of tables, JSON that it is made of).
fn show(test: &str, files: &[(&str, &str)], options: &[&str]) -> String {
    let dir = Dir::new(test);
    for (name, json) in files {
        dir.write(name, &built(json, &[]));
    }
    let run = nbft(&[&["show", "-v", "--nbft-path", dir.path()], options].concat());
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    dir.neutral(&run.text())
}

#[test]
fn every_field_is_there_and_codes_are_in_words() {
    golden::check("show-full.txt", &show("full", &[("NBFT", "full")], &[]));
}

#[test]
fn nothing_strange_reaches_the_terminal() {
    let text = show("strange", &[("NBFT", "strange")], &[]);
    golden::check("show-strange.txt", &text);
    let json = show("strange-json", &[("NBFT", "strange")], &["-o", "json"]);
    let dump = show("strange-hex", &[("NBFT", "strange")], &["--hex"]);
    for text in [text, json, dump] {
        assert!(text.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'), "{text}");
        assert!(text.contains("evil"));
    }
}

#[test]
fn parts_are_those_of_nvme_cli() {
    let tables = [("NBFT1", "full"), ("NBFT2", "minimal")];
    golden::check("show-subsystems.txt", &show("parts-s", &tables, &["-s"]));
    golden::check("show-hfis-and-discovery.txt", &show("parts-hd", &tables, &["--hfi", "-d"]));
    assert_eq!(
        show("parts-shd", &tables, &["-s", "-H", "-d"]),
        show("parts-long", &tables, &["--subsystem", "--hfi", "--discovery"])
    );
}

#[test]
fn parts_of_the_json_are_those_of_nvme_cli() {
    let keys = |options: &[&str]| {
        let text =
            show(&format!("keys{}", options.concat()), &[("NBFT", "full")], &[&["-o", "json"], options].concat());
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        json[0].as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(keys(&[]), "control discovery filename header hfi host security subsystem");
    assert_eq!(keys(&["-s"]), "filename host subsystem");
    assert_eq!(keys(&["-H"]), "filename hfi host");
    assert_eq!(keys(&["-d"]), "discovery filename host");
}

#[test]
fn tables_come_in_natural_order() {
    let tables = [("NBFT10", "minimal"), ("NBFT2", "minimal"), ("NBFT1", "minimal"), ("NBFT.json", "minimal")];
    let text = show("order", &tables, &["-s"]);
    let names: Vec<_> = text.lines().filter(|line| line.ends_with(':')).collect();
    assert_eq!(names, ["DIR/NBFT1:", "DIR/NBFT2:", "DIR/NBFT10:", "DIR/NBFT.json:"]);
}

#[test]
fn the_dump_has_a_colour_for_each_part_of_the_table() {
    let plain = show("hex-colour", &[("NBFT", "full")], &["--hex"]);
    let text = show("hex-colour", &[("NBFT", "full")], &["--hex", "--color=always"]);
    let colors = regex_lite::Regex::new("\u{1b}\\[[0-9;]*m").unwrap();
    let without = colors.replace_all(&text, "").into_owned();
    let legend = "Colours:  header  host  HFI  SSNS  security  discovery\n\n";
    assert_eq!(without.replacen(legend, "", 1), plain);
    // Each byte row and each heading of a part has the colour that the legend gives to its name.
    let line = text.lines().find(|line| line.starts_with("Colours:")).unwrap();
    let color = |name: &str| {
        let (before, _) = line.split_once(&format!("m{name}\u{1b}")).unwrap_or_else(|| panic!("{name}: {line:?}"));
        format!("{}m", &before[before.rfind('\u{1b}').unwrap()..])
    };
    let names = ["header", "host", "HFI", "SSNS", "security", "discovery"];
    let of_names = names.map(&color);
    assert_eq!(of_names.iter().collect::<std::collections::HashSet<_>>().len(), names.len(), "{of_names:?}");
    let mut part = color("header");
    let mut rows = 0;
    for line in text.lines().skip_while(|line| !line.starts_with("Colours:")).skip(2) {
        let name = colors.replace_all(line, "").into_owned();
        if line.starts_with('\u{1b}') {
            let kind = if name == "control" { "header" } else { name.split(' ').next().unwrap() };
            part = color(kind);
            assert!(line.starts_with(&part), "{line:?}");
        } else if line.contains('\u{1b}') {
            assert!(line[8..].starts_with(&part), "{part:?} {line:?}");
            rows += 1;
        }
    }
    assert!(rows > 100, "{rows} rows have a colour");
}

#[test]
fn the_dump_names_every_byte() {
    let text = show("hex", &[("NBFT", "full")], &["--hex"]);
    golden::check("show-full-hex.txt", &text);
    // Each byte of the table once, in order: the digits put together are the table.
    let digits = text.lines().skip(1).filter(|line| line.starts_with("  ")).map(|line| line[8..55].trim_end());
    let bytes: Vec<u8> =
        digits.flat_map(str::split_whitespace).map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect();
    assert_eq!(bytes, built("full", &[]));
}

#[test]
fn nothing_to_show_is_no_success() {
    let dir = Dir::new("nothing");
    for (options, stdout) in [(&["show"][..], ""), (&["show", "-o", "json"], "[]\n")] {
        let run = nbft(&[options, &["--nbft-path", dir.path()]].concat());
        assert_eq!((run.code, run.text().as_str()), (3, stdout));
        assert_eq!(dir.neutral(&run.stderr), "nbft: DIR: no NBFT\n");
    }
    let run = nbft(&["show", "--nbft-path", "/nonexistent/NBFT"]);
    assert_eq!((run.code, run.text().as_str()), (1, ""));
    assert_eq!(run.stderr, "nbft: /nonexistent/NBFT: No such file or directory (os error 2)\n");
}

#[test]
fn one_broken_table_costs_itself_only() {
    let dir = Dir::new("broken");
    dir.write("NBFT1", b"SSDT and not much more");
    dir.write("NBFT2", &built("minimal", &[]));
    for options in [&["-s"][..], &["-s", "-o", "json"], &["-s", "--redact"]] {
        let run = nbft(&[&["show", "-v", "--nbft-path", dir.path()], options].concat());
        assert_eq!(run.code, 0, "{options:?}");
        assert!(run.text().contains("NBFT2") && !run.text().contains("NBFT1"), "{}", run.text());
        let reason = "nbft: DIR/NBFT1: not a usable NBFT: it begins with SSDT instead of “NBFT”\n";
        assert_eq!(dir.neutral(&run.stderr), reason);
    }
    // The bytes of what is no table can be looked at all the same.
    let run = nbft(&["show", "--hex", "--nbft-path", &format!("{}/NBFT1", dir.path())]);
    let expected = "\
DIR/NBFT1: 22 bytes

  0000  53 53 44 54 20 61 6e 64 20 6e 6f 74 20 6d 75 63  SSDT and not muc  no structure leads here
  0010  68 20 6d 6f 72 65                                h more
";
    assert_eq!((run.code, dir.neutral(&run.text()).as_str()), (1, expected));
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let dir = Dir::new("pipe");
    let path = dir.write("NBFT", &built("full", &[]));
    for command in ["show", "check"] {
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_nbft"))
            .args([command, "--nbft-path", &path])
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]), "{command}");
    }
}

#[test]
fn the_dump_excludes_what_it_cannot_go_with() {
    for other in ["-s", "-H", "-d", "--output-format=json"] {
        assert_eq!(nbft(&["show", "--hex", other]).code, 2, "{other}");
    }
}
