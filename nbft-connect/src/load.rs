//! From files to a plan, for the commands that work on one.

use crate::cli::{Common, Identity};
use crate::error::Error;
use crate::kernel_command_line::KernelCommandLine;
use libnbft::model::Table;
use libnbft::plan::{Options, Plan, Source};

/// The tables that could be read, by name.
#[derive(Debug, Default)]
pub struct Tables {
    /// Name of the file and what it says.
    pub tables: Vec<(String, Table)>,
    /// Why others could not be read, in sentences.
    pub unreadable: Vec<String>,
}

/// Reads every table; one that is unusable as a whole costs itself only.
///
/// # Errors
///
/// When the directory or file cannot be read.
pub fn tables(common: &Common) -> Result<Tables, Error> {
    let path = common.tables();
    let files = libnbft::files::find(&path).map_err(|error| Error::Other(error.to_string()))?;
    let mut found = Tables::default();
    for file in files {
        let name = file.name.clone();
        let parsed = match file.read() {
            Ok(bytes) => libnbft::parse(&bytes).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        match parsed {
            Ok(parsed) => {
                for finding in &parsed.findings {
                    log::debug!("{name}: {}", finding.message);
                }
                found.tables.push((name, parsed.table));
            }
            Err(reason) => found.unreadable.push(format!("{name}: {reason}")),
        }
    }
    Ok(found)
}

/// The plan for these tables, with what the command line and the kernel's command line override.
///
/// # Errors
///
/// When an override is not of the expected form.
pub fn plan(tables: &Tables, identity: &Identity, kernel: &KernelCommandLine) -> Result<Plan, Error> {
    let mut options = Options::default();
    options.hostnqn = identity.hostnqn.clone().or_else(|| kernel.value(&["rd.nvmf.hostnqn", "nvmf.hostnqn"]));
    let hostid = identity.hostid.clone().or_else(|| kernel.value(&["rd.nvmf.hostid", "nvmf.hostid"]));
    options.hostid = match hostid {
        Some(text) => Some(text.parse().map_err(|error| Error::Usage(format!("host ID: {error}")))?),
        None => None,
    };
    let sources: Vec<_> = tables.tables.iter().map(|(name, table)| Source { name, table }).collect();
    Ok(Plan::new(&sources, &options))
}
