//! The firmware's tables of a scenario: real firmware's, or made from a few fields by libnbft's writer.

use crate::error::{At, Error, Result};
use crate::place::Place;
use serde::Deserialize;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// A table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// A table of the corpus, by its name under `firmware/`.
    pub firmware: String,
}

impl Table {
    /// Writes it into `dir`.
    pub fn write(&self, place: &Place, number: usize, dir: &Path) -> Result<PathBuf> {
        let path = dir.join(format!("table{number}.bin"));
        fs::copy(self.corpus(place, "bin"), &path).at(self.corpus(place, "bin"))?;
        Ok(path)
    }

    fn corpus(&self, place: &Place, ending: &str) -> PathBuf {
        place.corpus().join(format!("firmware/{}.{ending}", self.firmware))
    }

    /// What another program (nvme-cli) reads from it.
    pub fn json(&self, place: &Place) -> Result<Value> {
        let path = self.corpus(place, "json");
        let text = fs::read_to_string(&path).at(&path)?;
        serde_json::from_str(&text).map_err(|e| Error::Scenario { path, message: e.to_string() })
    }
}
