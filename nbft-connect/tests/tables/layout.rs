//! What people see of every table of `testdata/`, whole, on a narrow and on a wide screen: no line is wider, no word broken.

use crate::golden;
use crate::support::{Dir, testdata};
use libnbft::plan::{Options, Plan, Source};
use nbft_connect::status::schema::{Outcome, Reason, State, Status};
use std::collections::HashSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What `nbft` prints on a screen of this width. Nothing of this machine has a say.
fn printed(words: &[&str], root: &str, width: usize) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_nbft"))
        .args(words)
        .args(["--root", root])
        .env_remove("JOURNAL_STREAM")
        .env("COLUMNS", width.to_string())
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// A root whose machine has this table, a driver, and a run of `nbft connect` behind it.
fn root(table: &Path) -> Dir {
    let dir = Dir::new("layout");
    let bytes = std::fs::read(table).unwrap();
    dir.write("sys/firmware/acpi/tables/NBFT", &bytes);
    for (file, text) in [("proc/cmdline", "quiet\n"), ("proc/uptime", "3720.10 1.00\n"), ("dev/nvme-fabrics", "")] {
        dir.write(file, text.as_bytes());
    }
    dir.write("sys/module/nvme_tcp/refcnt", b"0\n");
    if let Ok(parsed) = libnbft::parse(&bytes) {
        let plan = Plan::new(&[Source { name: "NBFT", table: &parsed.table }], &Options::default());
        status(&plan).write(Path::new(&format!("{}/run/nbft/status.json", dir.path()))).unwrap();
    }
    dir
}

/// A run of which the first path failed, the second is not there yet, and so on.
fn status(plan: &Plan) -> Status {
    let mut status = Status::of_plan(plan);
    (status.outcome, status.written_by) = (Outcome::Failed, "nbft 0.1.0".to_owned());
    (status.message, status.started_uptime_ms, status.elapsed_ms) = ("the budget is spent".to_owned(), 2000, 120_000);
    for interface in &mut status.interfaces {
        (interface.state, interface.ready_ms) = (State::Up, Some(812));
        interface.address.get_or_insert_with(|| "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff".to_owned());
    }
    for (n, path) in status.paths.iter_mut().enumerate() {
        path.attempts = 3;
        path.state = [State::Failed, State::Pending, State::Excluded][n % 3];
        let text = "no route to host: an ICMP message came from 192.0.2.254, and nothing else was heard of the target";
        path.set_reason((n % 3 == 0).then(|| Reason { code: "unreachable".into(), text: text.into() }));
    }
    status
}

fn name(table: &Path) -> String {
    let folder = table.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
    format!("{folder}/{}", table.file_stem().unwrap().to_string_lossy())
}

/// A word that was shortened has the beginning and the end of the whole one.
fn is_part(word: &str, whole: &HashSet<&str>) -> bool {
    whole.contains(word)
        || word.match_indices("...").any(|(at, dots)| {
            let (head, tail) = (&word[..at], &word[at + dots.len()..]);
            whole
                .iter()
                .any(|word| word.len() > head.len() + tail.len() && word.starts_with(head) && word.ends_with(tail))
        })
}

/// Where no word may be shortened, one that is too wide stands alone.
fn fits(what: &str, text: &str, width: usize, is_whole: bool) {
    for line in text.lines() {
        let columns = line.chars().count();
        let is_word = is_whole && line.split_whitespace().count() == 1;
        assert!(columns <= width || is_word, "{what}: {columns} columns: {line}");
    }
}

/// Holds each word against what a very wide screen shows.
fn has_whole_words(what: &str, text: &str, wide: &str) {
    let words: HashSet<&str> = wide.split_whitespace().collect();
    for word in text.split_whitespace() {
        assert!(is_part(word, &words), "{what}: {word} is broken");
    }
}

/// The outputs of a command for all tables, each once, as a golden.
fn compare(words: &[&str], golden: &str) {
    let tables = testdata();
    let roots: Vec<(String, Dir)> = tables.iter().map(|table: &PathBuf| (name(table), root(table))).collect();
    let mut narrow = Vec::new();
    let at = |root: &Dir, width| root.neutral(&printed(words, root.path(), width));
    for width in [80, 200] {
        let mut different: Vec<(String, Vec<&str>)> = Vec::new();
        let mut same = 0;
        for (n, (table, root)) in roots.iter().enumerate() {
            let text = at(root, width);
            let what = format!("{words:?} {table}");
            fits(&what, &text, width, false);
            if width == 80 {
                narrow.push(text.clone());
            } else if narrow[n] == text {
                // What had room is as it would be on any screen.
                same += 1;
                continue;
            } else {
                let wide = at(root, 1000);
                has_whole_words(&what, &narrow[n], &wide);
                has_whole_words(&what, &text, &wide);
            }
            match different.iter_mut().find(|(known, _)| *known == text) {
                Some((_, tables)) => tables.push(table),
                None => different.push((text, vec![table])),
            }
        }
        let mut all = String::new();
        if width > 80 {
            writeln!(all, "{same} tables are shown as on 80 columns.\n").unwrap();
        }
        for (text, tables) in different {
            writeln!(all, "==== {}\n{text}", tables.join(" ")).unwrap();
        }
        golden::check(&format!("layout-{golden}-{width}.txt"), &all);
    }
}

#[test]
fn show() {
    compare(&["show"], "show");
}

#[test]
fn check() {
    compare(&["check"], "check");
}

#[test]
fn plan() {
    compare(&["plan"], "plan");
}

#[test]
fn status_of_a_failed_run() {
    compare(&["status"], "status");
}

#[test]
fn doctor_without_the_machine_s_nics() {
    compare(&["doctor", "--timeout", "1"], "doctor");
}

/// In lists every word is whole.
#[test]
fn lists_and_bytes() {
    let together = Dir::new("layout-together");
    for (n, table) in testdata().iter().enumerate() {
        together.write(&format!("sys/firmware/acpi/tables/NBFT{}", n + 1), &std::fs::read(table).unwrap());
    }
    let commands = ["show -v", "show --hex", "show", "check -v", "check -v --hex", "check"];
    let mut runs: Vec<_> = commands.iter().map(|words| (*words, together.path())).collect();
    let firmware: Vec<_> =
        testdata().iter().filter(|table| !name(table).starts_with("rules/")).map(|t| root(t)).collect();
    for root in &firmware {
        runs.extend(["plan -v", "status -v", "doctor -v --timeout 1"].map(|words| (words, root.path())));
    }
    for (words, root) in runs {
        let list: Vec<_> = words.split(' ').collect();
        let [text, wide] = [80, 1000].map(|width| printed(&list, root, width));
        let is_whole = words.contains("-v") || words.contains("--hex");
        fits(words, &text, 80, is_whole);
        has_whole_words(words, &text, &wide);
    }
}
