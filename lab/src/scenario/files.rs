//! Reads scenarios from `lab/scenarios/`, and the list for CI.

use super::system::Init;
use super::{Scenario, defaults};
use crate::tools::error::{At, Error, Result};
use crate::tools::place::Place;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

fn dir(place: &Place) -> PathBuf {
    place.repo.join("lab/scenarios")
}

/// A scenario by its name.
pub fn load(place: &Place, name: &str) -> Result<Scenario> {
    let path = dir(place).join(format!("{name}.toml"));
    if !path.exists() {
        return Err(Error::Scenario { path, message: "no such scenario; `cargo lab list` names them".into() });
    }
    let text = fs::read_to_string(&path).at(&path)?;
    let mut scenario: Scenario = toml::from_str(&text).map_err(|e| Error::Scenario { path, message: e.to_string() })?;
    scenario.name = name.to_owned();
    defaults::fill_in(&mut scenario);
    Ok(scenario)
}

/// The names of all scenarios, sorted.
pub fn names(place: &Place) -> Result<Vec<String>> {
    let dir = dir(place);
    let entries = fs::read_dir(&dir).at(&dir)?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_suffix(".toml").map(str::to_owned))
        .collect();
    names.sort();
    Ok(names)
}

/// All scenarios, by name.
pub fn all(place: &Place) -> Result<Vec<Scenario>> {
    names(place)?.iter().map(|name| load(place, name)).collect()
}

/// The scenarios that CI runs, each with its kinds of initramfs.
pub fn ci(place: &Place) -> Result<Vec<(Scenario, Vec<Init>)>> {
    let path = place.repo.join("lab/ci.toml");
    let text = fs::read_to_string(&path).at(&path)?;
    let list: BTreeMap<String, Vec<Init>> =
        toml::from_str(&text).map_err(|e| Error::Scenario { path, message: e.to_string() })?;
    list.into_iter().map(|(name, kinds)| Ok((load(place, &name)?, kinds))).collect()
}
