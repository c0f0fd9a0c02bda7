//! Makes the tables of `testdata/` with the writer; the example `make-testdata` writes them and a test compares them.
#![allow(dead_code)] // each user takes its part

pub(crate) mod cases;
mod choices;
pub(crate) mod found;
pub(crate) mod manual;
pub(crate) mod random;
pub(crate) mod render;
pub(crate) mod tables;
pub(crate) mod whole;

use std::path::{Path, PathBuf};

/// The folders of `testdata/` that are made.
pub(crate) const FOLDERS: [&str; 3] = ["tables", "whole", "rules"];

/// A file of `testdata/`: where it lies there, and what is in it.
pub(crate) struct Sample {
    pub(crate) path: PathBuf,
    pub(crate) content: Vec<u8>,
}

/// The folder `testdata/`.
pub(crate) fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata"))
}

/// The fields of a table.
pub(crate) fn fields(bytes: &[u8]) -> Vec<libnbft::Field> {
    libnbft::parse(bytes).expect("the table can be read").fields()
}

/// Every file that should lie in `testdata/`.
pub(crate) fn samples() -> Vec<Sample> {
    let mut samples = Vec::new();
    let mut add = |path: String, content: Vec<u8>| samples.push(Sample { path: path.into(), content });
    for (name, table) in tables::all() {
        let bytes = libnbft::write(&table).expect("the table can be written");
        add(format!("tables/{name}.txt"), render::table(&bytes).into_bytes());
        add(format!("tables/{name}.nbft"), bytes);
    }
    let bytes = libnbft::write(&whole::table()).expect("the table can be written");
    add("whole/whole.txt".into(), render::table(&bytes).into_bytes());
    add("whole/whole.json".into(), render::json(&bytes).into_bytes());
    add("whole/whole.nbft".into(), bytes);
    for case in cases::all() {
        let name = case.rule.name();
        add(format!("rules/{name}.txt"), render::findings(&case.tables).into_bytes());
        match <[Vec<u8>; 1]>::try_from(case.tables) {
            Ok([bytes]) => add(format!("rules/{name}.nbft"), bytes),
            Err(tables) => {
                for (number, bytes) in tables.into_iter().enumerate() {
                    add(format!("rules/{name}/NBFT{}", number + 1), bytes);
                }
            }
        }
    }
    samples.sort_by(|a, b| a.path.cmp(&b.path));
    samples
}
