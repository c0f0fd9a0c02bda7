//! Loads tables of real firmware: our lab's, and the public ones if `NBFT_CORPUS` names their folder.
#![allow(dead_code)] // each test uses its part

use std::path::Path;

/// A table: the name of its file and its bytes.
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

/// The tables that firmware wrote in our lab.
pub(crate) fn firmware() -> Vec<Sample> {
    let samples = samples(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/firmware")));
    assert_eq!(samples.len(), 6, "testdata/firmware holds the tables that its README lists");
    samples
}

/// The public tables of a folder of `NBFT_CORPUS`. Tests that read them are ignored unless somebody asks for them, and then it
/// must be there.
pub(crate) fn public(folder: &str) -> Vec<Sample> {
    let corpus = std::env::var_os("NBFT_CORPUS").expect("NBFT_CORPUS names the folder of the public tables");
    let folder = Path::new(&corpus).join(folder);
    let samples = samples(&folder);
    assert!(!samples.is_empty(), "NBFT_CORPUS: {} is empty", folder.display());
    samples
}

/// The tables of a folder, by name.
fn samples(folder: &Path) -> Vec<Sample> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut samples: Vec<_> = entries
        .map(|entry| entry.expect("the folder can be listed").path())
        .filter(|path| path.extension().is_none_or(|extension| extension != "json" && extension != "md"))
        .map(|path| Sample {
            name: path.file_name().expect("it has a name").to_string_lossy().into_owned(),
            bytes: std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())),
        })
        .collect();
    samples.sort_by(|a, b| a.name.cmp(&b.name));
    samples
}
