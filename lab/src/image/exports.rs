//! Gives the files that `nbft export` writes for a table with every kind of interface: the text of its golden tests.

use crate::tools::error::{At, Result};
use crate::tools::place::Place;
use std::fs;

/// The files of a format by name.
pub fn files(place: &Place, format: &str) -> Result<Vec<(String, String)>> {
    let path = place.repo.join(format!("nbft-connect/tests/tables/golden/export-{format}-lease.txt"));
    Ok(split(&fs::read_to_string(&path).at(&path)?))
}

/// Splits the files that `nbft export` prints to a terminal: a comment with its name precedes each.
pub fn split(text: &str) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix("# "), files.last_mut()) {
            (Some(name), _) => files.push((name.to_owned(), String::new())),
            (None, Some((_, content))) => *content += &format!("{line}\n"),
            (None, None) => {}
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_parted_by_their_names() {
        let text = "# a.link\n[Match]\nName=a\n\n# b.network\n[Match]\n";
        let expected = [("a.link", "[Match]\nName=a\n\n"), ("b.network", "[Match]\n")];
        assert_eq!(split(text), expected.map(|(name, text)| (name.to_owned(), text.to_owned())));
    }
}
