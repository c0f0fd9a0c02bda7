//! Reads the source files of a crate: their module paths, and their imports.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A source file without its tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    /// Module path in its crate; empty for the crate's root.
    pub(crate) module: Vec<String>,
    /// The number of lines of the whole file.
    pub(crate) lines: usize,
    /// The text up to the module `tests`.
    pub(crate) code: String,
}

/// Reads every source file below `src` except tests, sorted by path.
pub(crate) fn read(src: &Path) -> io::Result<Vec<Source>> {
    let mut files = Vec::new();
    collect(src, &mut files)?;
    files.sort();
    let sources = files.into_iter().map(|path| {
        let text = fs::read_to_string(&path)?;
        Ok(of_text(src, path, &text))
    });
    sources.filter(|source| source.as_ref().map_or(true, |source| !is_test(&source.module))).collect()
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

fn of_text(src: &Path, path: PathBuf, text: &str) -> Source {
    let inside = path.strip_prefix(src).unwrap_or(&path).with_extension("");
    let mut module: Vec<String> = inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if module.last().is_some_and(|last| matches!(last.as_str(), "mod" | "lib" | "main")) {
        module.pop();
    }
    let end = text.find("\n#[cfg(test)]\nmod tests {").map_or(text.len(), |at| at + 1);
    Source { path, module, lines: text.lines().count(), code: text[..end].to_owned() }
}

fn is_test(module: &[String]) -> bool {
    module.iter().any(|part| part == "tests" || part == "fake")
}

/// The paths that a file imports from its own crate, by `use` or in the code, as module paths from the crate's root.
pub(crate) fn imports(source: &Source) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let text = without_comments(&source.code);
    let mut rest = text.as_str();
    while let Some(at) = rest.find("use ") {
        let before = rest[..at].chars().next_back();
        let after = &rest[at + 4..];
        if before.is_none_or(|c| c.is_whitespace()) {
            if let Some(end) = after.find(';') {
                for path in expand(&after[..end]) {
                    found.extend(absolute(&path, &source.module));
                }
            }
        }
        rest = after;
    }
    for word in text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')) {
        if word.starts_with("crate::") || word.starts_with("super::") {
            let path = word.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>();
            found.extend(absolute(&path, &source.module));
        }
    }
    found.sort();
    found.dedup();
    found
}

fn without_comments(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect()
}

/// Splits a tree into its single paths: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn expand(tree: &str) -> Vec<Vec<String>> {
    let tree = tree.trim();
    let Some((prefix, inside)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap_or_default();
        return vec![path.split("::").map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()];
    };
    let prefix: Vec<String> =
        prefix.split("::").map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect();
    let inside = inside.rsplit_once('}').map_or(inside, |(inside, _)| inside);
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (at, c) in inside.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&inside[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&inside[start..]);
    let paths = parts.into_iter().filter(|part| !part.trim().is_empty()).flat_map(expand);
    paths.map(|path| prefix.iter().cloned().chain(path).filter(|part| part != "self").collect()).collect()
}

/// Resolves a path from the crate's root; `None` if it belongs to another crate or to the file itself.
fn absolute(path: &[String], module: &[String]) -> Option<Vec<String>> {
    match path.first()?.as_str() {
        "crate" => Some(path[1..].to_vec()),
        "super" => {
            let up = path.iter().take_while(|part| *part == "super").count();
            let base = module.len().checked_sub(up)?;
            Some(module[..base].iter().chain(&path[up..]).cloned().collect())
        }
        _ => None,
    }
}

#[cfg(test)]
pub(crate) fn fake(path: &str, text: &str) -> Source {
    of_text(Path::new("src"), Path::new("src").join(path), text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(path: &str) -> Vec<String> {
        path.split("::").map(str::to_owned).collect()
    }

    #[test]
    fn imports_are_found_in_trees_and_in_code() {
        let text = "use crate::a::{B, c::{self, D}};\nuse super::e as f;\nuse std::io;\n// use crate::no;\nfn g() { crate::h::i() }\n\
                    #[cfg(test)]\nmod tests {\n    use crate::tested;\n}\n";
        let source = fake("x/y.rs", text);
        assert_eq!(source.module, ["x", "y"]);
        // The prefix of a tree is an import, too.
        let expected = ["a", "a::B", "a::c", "a::c::D", "h::i", "x::e"].map(words);
        assert_eq!(imports(&source), expected);
        assert_eq!(fake("x/mod.rs", "").module, ["x"]);
        assert_eq!(fake("lib.rs", "").module, [""; 0]);
    }
}
