//! docs/firmware-authors.md: each command prints what the page says.

use crate::support::{Dir, here};
use std::path::Path;
use std::process::Command;

/// The blocks of a page that are marked so.
fn blocks<'p>(page: &'p str, mark: &str) -> Vec<&'p str> {
    let start = format!("```{mark}\n");
    page.split(&start).skip(1).map(|rest| rest.split_once("```").expect("the block ends").0).collect()
}

/// Commands with what they print, from blocks in which a command stands behind a dollar.
fn commands(page: &str) -> Vec<(&str, &str)> {
    let texts = blocks(page, "console").into_iter().flat_map(|block| {
        assert!(block.starts_with("$ "), "{block}");
        block["$ ".len()..].split("\n$ ")
    });
    texts.map(|text| text.split_once('\n').unwrap_or((text, ""))).collect()
}

/// Whether a text has the parts in this order, with anything in place of `[...]`.
fn is_like(text: &str, shown: &str) -> bool {
    let parts: Vec<&str> = shown.trim_end().split("[...]").collect();
    let (Some(first), Some(last)) = (parts.first(), parts.last()) else { return false };
    let mut rest = text.trim_end();
    if parts.len() == 1 {
        return rest == *first;
    }
    for part in &parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    text.starts_with(first) && text.trim_end().ends_with(last)
}

#[test]
fn each_command_of_the_guide_prints_what_the_page_says() {
    let page = std::fs::read_to_string(here("../docs/firmware-authors.md")).unwrap();
    let dir = Dir::new("guide");
    dir.write("table.json", blocks(&page, "json")[0].as_bytes());
    let program = Path::new(env!("CARGO_BIN_EXE_nbft")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let commands = commands(&page);
    assert!(commands.len() > 8, "{commands:?}");
    for (command, shown) in commands {
        let run = Command::new("sh")
            .args(["-c", command])
            .current_dir(dir.path())
            .env("PATH", &path)
            .env("COLUMNS", "80")
            .env("LC_ALL", "C.UTF-8")
            .output()
            .unwrap();
        let text = String::from_utf8(run.stdout).unwrap();
        assert!(is_like(&text, shown), "{command}\nprints\n{text}\nand the page has\n{shown}");
        assert_eq!(String::from_utf8_lossy(&run.stderr), "", "{command}");
    }
}

#[test]
fn a_gap_stands_for_anything_and_the_rest_for_itself() {
    assert!(is_like("a\nb\nc\n", "a\n[...]\nc\n"));
    assert!(is_like("a\nb\n", "a\nb\n") && is_like("a\nb\n", "a\n[...]\n"));
    assert!(!is_like("a\nb\nd\n", "a\n[...]\nc\n") && !is_like("a\nb\n", "a\n") && !is_like("x\na\n", "a\n[...]\n"));
}
