//! What the tests share: the corpus, when it is there.
#![allow(dead_code, clippy::print_stderr)] // each test uses its part, and says what it skips

use std::path::{Path, PathBuf};

/// A table of the corpus: its name and its bytes.
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

fn corpus() -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/corpus")).into()
}

/// The tables of one folder of the corpus, by name. Empty when there is no corpus, which is said aloud; CI must have it.
pub(crate) fn samples(folder: &str) -> Vec<Sample> {
    let folder = corpus().join(folder);
    let Ok(entries) = std::fs::read_dir(&folder) else {
        assert!(std::env::var_os("CI").is_none(), "CI must have the corpus, but there is no {}", folder.display());
        eprintln!("SKIPPED: there is no {}", folder.display());
        return Vec::new();
    };
    let mut samples: Vec<_> = entries
        .map(|entry| entry.expect("the corpus can be listed").path())
        .filter(|path| path.extension().is_none_or(|extension| extension != "json"))
        .map(|path| Sample {
            name: path.file_name().expect("it has a name").to_string_lossy().into_owned(),
            bytes: std::fs::read(&path).expect("the corpus can be read"),
        })
        .collect();
    samples.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(!samples.is_empty(), "{} is empty", folder.display());
    samples
}

/// All tables that firmware made.
pub(crate) fn good() -> Vec<Sample> {
    let mut all = samples("tables");
    all.extend(samples("firmware"));
    all
}
