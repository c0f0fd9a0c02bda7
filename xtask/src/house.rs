//! Checks the rules of the house (ARCHITECTURE.md): which room may import which, no circle, no long file, errors as values.

use crate::graph::{arrows, circles};
use crate::source::{Source, read};
use std::io;
use std::path::Path;

/// The longest allowed file in lines, including its tests.
const MAX_LINES: usize = 400;

/// The crates, each with its rooms from the top floor down. A room may import rooms of lower lines, but none of its own line.
const CRATES: [(&str, &[&[&str]]); 6] = [
    (
        "libnbft/src",
        &[
            &["plan"],
            &["discovery_log"],
            &["check"],
            &["annotate", "json", "write"],
            &["parse"],
            &["finding"],
            &["text"],
            &["model"],
            &["address", "codes", "error", "files", "heap", "hex", "subnet"],
            &["raw"],
        ],
    ),
    ("libnbft-capi/src", &[&["header"], &["functions"], &["load"], &["items"], &["declare"]]),
    (
        "nbft-connect/src",
        &[
            &["commands"],
            &["connect"],
            &["handover"],
            &["export"],
            &["status"],
            &["net"],
            &["nvme"],
            &["process", "input"],
            &["cli", "kernel_command_line"],
            &["output"],
            &["dhcp_options", "error", "exit", "initramfs", "jitter", "json_error", "system_error", "tunables"],
        ],
    ),
    ("nbft-redfish/src", &[]),
    ("lab/src", &[&["cli"], &["run"], &["judge"], &["image"], &["scenario", "vm"], &["prepare"], &["tools"]]),
    ("xtask/src", &[]),
];

/// Finds every breach of the rules, each described in words.
pub(crate) fn check(root: &Path) -> io::Result<Vec<String>> {
    let mut breaches = Vec::new();
    for (src, floors) in CRATES {
        let sources = read(&root.join(src))?;
        let names: Vec<String> = sources.iter().map(|source| name(root, source)).collect();
        breaches.extend(check_crate(&sources, &names, floors));
        // The lab is exempt: its errors end a command, and only people read them.
        if src != "lab/src" {
            breaches.extend(sources.iter().zip(&names).flat_map(|(source, name)| sentences(&source.code, name)));
        }
        long_files(root, &root.join(src), &mut breaches)?;
        let tests = root.join(src).with_file_name("tests");
        if tests.is_dir() {
            long_files(root, &tests, &mut breaches)?;
        }
    }
    Ok(breaches)
}

fn name(root: &Path, source: &Source) -> String {
    source.path.strip_prefix(root).unwrap_or(&source.path).display().to_string()
}

fn check_crate(sources: &[Source], names: &[String], floors: &[&[&str]]) -> Vec<String> {
    let mut breaches = Vec::new();
    let arrows = arrows(sources);
    for circle in circles(&arrows) {
        let files: Vec<_> = circle.iter().map(|file| names[*file].as_str()).collect();
        breaches.push(format!("{}: these files import each other; move what they share below both", files.join(", ")));
    }
    let floor = |source: &Source| {
        let room = source.module.first()?;
        floors.iter().position(|rooms| rooms.contains(&room.as_str()))
    };
    for (from, source) in sources.iter().enumerate() {
        if !floors.is_empty() && !source.module.is_empty() && floor(source).is_none() {
            breaches.push(format!("{}: no floor; give its room one in xtask/src/house.rs", names[from]));
        }
        for to in &arrows[from] {
            let (target, room) = (&sources[*to], source.module.first());
            if target.module.first() == room {
                continue;
            }
            if let (Some(above), Some(below)) = (floor(source), floor(target)) {
                if above >= below {
                    breaches.push(format!("{}: imports {}, which is not below it", names[from], names[*to]));
                }
            }
        }
        breaches.extend(
            messages(&source.code).map(|line| format!("{}:{line}: a Result whose error is a String", names[from])),
        );
    }
    breaches
}

/// Lines of functions that return a failure as a sentence, on which a program cannot match.
fn messages(code: &str) -> impl Iterator<Item = usize> {
    let lines = code.lines().zip(1..).filter(|(line, _)| !line.trim_start().starts_with("//"));
    lines
        .filter(|(line, _)| {
            line.split_once("-> Result<").is_some_and(|(_, result)| result.contains(concat!(", Str", "ing>")))
        })
        .map(|(_, number)| number)
}

/// Error variants that only wrap a sentence made elsewhere. They tell a program no more than a `String` does.
fn sentences(code: &str, name: &str) -> Vec<String> {
    let mut breaches = Vec::new();
    let mut shows_field = false;
    for (line, number) in code.lines().map(str::trim).zip(1..) {
        if shows_field && line.ends_with("(String),") {
            breaches.push(format!(
                "{name}:{number}: a failure that is only a sentence; give it what the sentence says as data"
            ));
        }
        shows_field = line == concat!("#[error(\"{", "0}\")]");
    }
    breaches
}

/// Reports files that are too long to read in one sitting.
fn long_files(root: &Path, directory: &Path, breaches: &mut Vec<String>) -> io::Result<()> {
    let mut entries: Vec<_> = std::fs::read_dir(directory)?.collect::<Result<_, _>>()?;
    entries.sort_by_key(std::fs::DirEntry::path);
    for entry in entries {
        let path = entry.path();
        if path.is_dir() {
            long_files(root, &path, breaches)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let lines = std::fs::read_to_string(&path)?.lines().count();
            if lines > MAX_LINES {
                let name = path.strip_prefix(root).unwrap_or(&path).display();
                breaches.push(format!("{name}: {lines} lines, above {MAX_LINES}; cut it by job"));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::fake;

    #[test]
    fn a_failure_is_not_only_a_sentence() {
        let shows = concat!("#[error(\"{", "0}\")]");
        let code = format!(
            "enum E {{\n    {shows}\n    Other(String),\n    {shows}\n    Io(SystemError),\n    #[error(\"no {{0}}\")]\n    Key(String),\n}}\n"
        );
        let expected = "x.rs:3: a failure that is only a sentence; give it what the sentence says as data";
        assert_eq!(sentences(&code, "x.rs"), [expected]);
    }

    #[test]
    fn each_rule_is_broken_by_something() {
        let files = [
            fake("high/mod.rs", "use crate::low;\nfn f() -> Result<(), String> { Ok(()) }\n"),
            fake("low.rs", "use crate::high::Thing;\n"),
            fake("beside.rs", ""),
        ];
        let names = ["high/mod.rs", "low.rs", "beside.rs"].map(str::to_owned);
        let floors: &[&[&str]] = &[&["high"], &["low"]];
        let expected = [
            "high/mod.rs, low.rs: these files import each other; move what they share below both",
            "high/mod.rs:2: a Result whose error is a String",
            "low.rs: imports high/mod.rs, which is not below it",
            "beside.rs: no floor; give its room one in xtask/src/house.rs",
        ];
        assert_eq!(check_crate(&files, &names, floors), expected);
        let good = [fake("high/mod.rs", "use crate::low;\n"), fake("low.rs", "")];
        assert_eq!(check_crate(&good, &names, floors), [""; 0]);
    }
}
