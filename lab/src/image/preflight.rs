//! Runs `nbft doctor --image` on each image where it is made, for a machine of the lab.

use super::layers::{copy, put};
use crate::tools::error::Result;
use crate::tools::place::{Key, Place};
use std::path::{Path, PathBuf};

/// A description of the machine, in the format of `nbft doctor --collect`.
const MACHINE: &str = r#"{ "version": 1, "arch": "x86_64", "kernel": "VERSION", "cmdline": "root=LABEL=labroot", "tables": [],
  "pci": [{ "address": "0000:00:03.0", "modalias": "pci:v00001AF4d00001000sv00001AF4sd00000001bc02sc00i00",
    "driver": "virtio-pci" }] }
"#;

/// The machine's table.
fn table(place: &Place) -> PathBuf {
    place.firmware("static4", "bin")
}

/// Adds everything that the result depends on.
pub(super) fn add_to(key: Key, place: &Place) -> Result<Key> {
    key.text(MACHINE).file(&table(place))
}

/// Writes the machine's description and its table into the folder in which the image is made.
pub(super) fn describe(place: &Place, upper: &Path, version: &str) -> Result<()> {
    put(upper, "lab/machine.json", 0o644, MACHINE.replace("VERSION", version).as_bytes())?;
    copy(upper, "lab/NBFT", &table(place))
}

/// A command that fails if `nbft doctor` finds that the machine would not boot by this image.
pub(super) fn judgement(image: &str) -> String {
    format!("nbft doctor --image {image} --machine /lab/machine.json --table /lab/NBFT")
}
