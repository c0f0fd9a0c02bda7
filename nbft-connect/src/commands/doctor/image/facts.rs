//! Gathers what an image is checked against: a machine's tables, PCI devices, kernel and command line, from this machine or a description.

use crate::cli::Common;
use crate::error::Error;
use crate::input::plan::Tables;
use crate::input::read_regular;
use crate::input::tables::TableReader;
use base64ct::{Base64, Encoding};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};

/// Largest description that is read, in bytes: 255 tables would fit.
const MAX_SIZE: u64 = 64 << 20;

/// The form of the description. It grows when a key changes its meaning.
const VERSION: u32 = 1;

/// A machine, as `nbft doctor --collect` describes it.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Facts {
    pub(crate) version: u32,
    /// As `uname -m` has it.
    pub(crate) arch: String,
    /// The version of the kernel that runs.
    pub(crate) kernel: Option<String>,
    pub(crate) cmdline: Option<String>,
    pub(crate) pci: Vec<PciDevice>,
    pub(crate) tables: Vec<EncodedTable>,
}

/// A PCI device.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PciDevice {
    pub(crate) address: String,
    pub(crate) modalias: String,
    /// The driver that has it now.
    pub(crate) driver: Option<String>,
}

/// A table's file.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EncodedTable {
    pub(crate) name: String,
    /// Its bytes in base64.
    pub(crate) bytes: String,
}

/// Why a description is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FactsError {
    /// It is no JSON of this form.
    #[error("not what nbft doctor --collect prints: {0}")]
    Json(serde_json::Error),
    /// It has a newer form.
    #[error("its version is {0}, and this nbft reads {VERSION}")]
    Version(u32),
    /// A table is no base64.
    #[error("the bytes of the table {0} are no base64")]
    Table(String),
}

impl Facts {
    /// This machine, and the tables that the command was told to read.
    pub(crate) fn collect(common: &Common) -> Result<Self, Error> {
        let mut reader = TableReader::find(common)?;
        let tables = reader.by_ref().map(|table| EncodedTable { name: name(&table.path), bytes: encode(&table.bytes) });
        let tables = tables.collect();
        for (path, reason) in &reader.unreadable {
            log::warn!("{}: {reason}", path.display());
        }
        Ok(Self { tables, ..Self::without_tables(common) })
    }

    /// This machine; tables come from elsewhere.
    pub(crate) fn without_tables(common: &Common) -> Self {
        let text = |path: &str| Some(fs::read_to_string(common.path(path)).ok()?.trim().to_owned());
        Self {
            version: VERSION,
            arch: std::env::consts::ARCH.into(),
            kernel: text("/proc/sys/kernel/osrelease"),
            cmdline: text("/proc/cmdline"),
            pci: pci(&common.path("/sys/bus/pci/devices")),
            tables: Vec::new(),
        }
    }

    /// The machine that a file describes.
    pub(crate) fn read(file: &Path) -> Result<Self, Error> {
        let bytes = read_regular(file, MAX_SIZE).map_err(|source| Error::Read { path: file.into(), source })?;
        let wrong = |error| Error::input(file.display().to_string(), error);
        let facts: Self = serde_json::from_slice(&bytes).map_err(|error| wrong(FactsError::Json(error)))?;
        if facts.version != VERSION {
            return Err(wrong(FactsError::Version(facts.version)));
        }
        if let Some(table) = facts.tables.iter().find(|table| decode(&table.bytes).is_none()) {
            return Err(wrong(FactsError::Table(table.name.clone())));
        }
        Ok(facts)
    }

    /// Replaces the tables by these files.
    pub(crate) fn with_tables(mut self, files: &[PathBuf]) -> Result<Self, Error> {
        self.tables.clear();
        for path in files {
            let read = read_regular(path, libnbft::files::MAX_SIZE);
            let bytes = read.map_err(|source| Error::Read { path: path.clone(), source })?;
            self.tables.push(EncodedTable { name: name(path), bytes: encode(&bytes) });
        }
        Ok(self)
    }

    /// The parsed tables.
    pub(crate) fn parsed(&self) -> Tables {
        let mut tables = Tables::default();
        for table in &self.tables {
            let bytes = decode(&table.bytes).unwrap_or_default();
            match libnbft::parse(&bytes) {
                Ok(parsed) => tables.tables.push((table.name.clone(), parsed.table)),
                Err(error) => tables.unreadable.push(format!("{}: {error}", table.name)),
            }
        }
        tables
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn encode(bytes: &[u8]) -> String {
    Base64::encode_string(bytes)
}

fn decode(text: &str) -> Option<Vec<u8>> {
    Base64::decode_vec(text).ok()
}

fn pci(folder: &Path) -> Vec<PciDevice> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let device = |entry: fs::DirEntry| {
        let modalias = fs::read_to_string(entry.path().join("modalias")).ok()?;
        let driver = fs::read_link(entry.path().join("driver")).ok();
        Some(PciDevice {
            address: entry.file_name().to_string_lossy().into_owned(),
            modalias: modalias.trim().to_owned(),
            driver: driver.map(|driver| name(&driver)),
        })
    };
    let mut devices: Vec<_> = entries.filter_map(device).collect();
    devices.sort_by(|a, b| a.address.cmp(&b.address));
    devices
}
