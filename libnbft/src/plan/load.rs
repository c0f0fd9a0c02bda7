//! Reads tables from a path and plans from them in one call.

use super::{Options, Plan, Source};
use crate::error::ParseError;
use crate::files::{FileError, find};
use crate::model::Table;
use crate::parse::parse;
use std::path::{Path, PathBuf};
use std::string::String;
use std::vec::Vec;

/// A plan, and the files that it does not use.
#[derive(Debug)]
#[non_exhaustive]
pub struct Loaded {
    /// The plan of all usable tables; empty when there is none.
    pub plan: Plan,
    /// Unusable files, with the reasons.
    pub unusable: Vec<(PathBuf, LoadError)>,
}

/// Why a file is not a usable table.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file's content is not a table.
    #[error(transparent)]
    Table(#[from] ParseError),
}

impl Plan {
    /// Reads the tables at `path`, a directory such as [`DEFAULT_PATH`](crate::files::DEFAULT_PATH) or one file, and plans from all that
    /// are usable. An unusable file does not affect the others.
    ///
    /// # Errors
    ///
    /// Nothing exists at `path`, or the directory cannot be read.
    pub fn load(path: impl AsRef<Path>, options: &Options) -> Result<Loaded, FileError> {
        let mut tables: Vec<(String, Table)> = Vec::new();
        let mut unusable = Vec::new();
        for file in find(path.as_ref())? {
            let table = file.read().map_err(LoadError::from).and_then(|bytes| Ok(parse(&bytes)?.table));
            match table {
                Ok(table) => tables.push((file.name, table)),
                Err(error) => unusable.push((file.path, error)),
            }
        }
        let sources: Vec<_> = tables.iter().map(|(name, table)| Source { name, table }).collect();
        Ok(Loaded { plan: Self::new(&sources, options), unusable })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_gives_one_plan_and_names_what_is_unusable() {
        let tables = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/rules/hosts-disagree");
        let loaded = Plan::load(tables, &Options::default()).expect("the folder is there");
        assert_eq!((loaded.plan.tables.len(), loaded.unusable.len()), (2, 0));
        let no_table = Plan::load(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"), &Options::default());
        let no_table = no_table.expect("the file is there");
        assert!(no_table.plan.tables.is_empty());
        assert!(matches!(no_table.unusable[..], [(_, LoadError::Table(_))]), "{:?}", no_table.unusable);
        assert!(Plan::load("/nonexistent", &Options::default()).is_err_and(|error| error.is_not_found()));
    }
}
