//! Reads tables from files and makes a plan, for the commands that need one.

use super::request::Request;
use super::synthesis::{self, BUILT_TABLE, BUILT_TABLES};
use crate::cli::{Common, NameSource, PlanOptions, nqn};
use crate::error::Error;
use crate::exit::Exit;
use crate::kernel_command_line::KernelCommandLine;
use crate::output::escape;
use clap::ValueEnum;
use libnbft::model::{Table, Uuid};
use libnbft::plan::{BondError, BondRequest, Names, Namespace, Options, Plan, Source};

/// The tables that could be read, by name.
#[derive(Debug, Default)]
pub struct Tables {
    /// Name of the file, and its table.
    pub tables: Vec<(String, Table)>,
    /// Why others could not be read, in sentences.
    pub unreadable: Vec<String>,
}

/// Reads every table, as [`present_tables`]. Where there is none, gives the one that `connect` would build by `rd.nvmf.connect=`, if
/// its NICs are known now.
///
/// # Errors
///
/// When there is nothing at the path that was asked for.
pub fn tables(common: &Common) -> Result<Tables, Error> {
    let tables = present_tables(common)?;
    if !is_without_table(&tables, common) {
        return Ok(tables);
    }
    let root = common.path("/");
    let Some((request, _)) = Request::read(&KernelCommandLine::read(&root)) else { return Ok(tables) };
    let Some(nics) = synthesis::known_nics(&request, &root) else { return Ok(tables) };
    let table = synthesis::table(&request.targets, &request.nics, &nics, &root);
    Ok(Tables { tables: vec![(BUILT_TABLE.into(), table)], unreadable: Vec::new() })
}

/// Reads every table. Reports unusable ones on stderr and skips them. If firmware left none, reads the table that `connect` has built.
///
/// # Errors
///
/// When there is nothing at the path that was asked for.
pub(crate) fn present_tables(common: &Common) -> Result<Tables, Error> {
    let tables = read_tables(super::tables::TableReader::find(common)?);
    let is_built = is_without_table(&tables, common) && common.path(BUILT_TABLES).join(BUILT_TABLE).exists();
    if !is_built {
        return Ok(tables);
    }
    let of_built = Common { nbft_path: Some(BUILT_TABLES.into()), ..common.clone() };
    Ok(read_tables(super::tables::TableReader::find(&of_built)?))
}

/// Whether the machine has no table, and the command was not given another place to look for one.
pub(crate) fn is_without_table(tables: &Tables, common: &Common) -> bool {
    tables.tables.is_empty() && tables.unreadable.is_empty() && !common.names_tables()
}

fn read_tables(mut read: super::tables::TableReader) -> Tables {
    let (mut found, mut unusable) = (Tables::default(), Vec::new());
    for file in read.by_ref() {
        let name = file.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match file.parsed() {
            Ok(parsed) => {
                for finding in &parsed.findings {
                    log::debug!("{name}: {}", finding.message);
                }
                found.tables.push((name, parsed.table));
            }
            Err(error) => unusable.push(format!("{name}: {error}")),
        }
    }
    found.unreadable = read.unreadable.into_iter().map(|(_, reason)| reason).chain(unusable).collect();
    found
}

/// The exit code of a command that has no table.
#[must_use]
pub fn exit_without_tables(tables: &Tables) -> Exit {
    if tables.unreadable.is_empty() { Exit::Nothing } else { Exit::Failed }
}

/// The plan for these tables, with what the command line and the kernel's command line override.
#[must_use]
pub fn plan(tables: &Tables, given: &PlanOptions, kernel: &KernelCommandLine) -> Plan {
    let mut options = Options::default();
    options.hostnqn = given.hostnqn.clone().or_else(|| of_kernel(kernel, &["rd.nvmf.hostnqn", "nvmf.hostnqn"], nqn));
    let uuid = |text: &str| text.parse::<Uuid>();
    options.hostid = given.hostid.or_else(|| of_kernel(kernel, &["rd.nvmf.hostid", "nvmf.hostid"], uuid));
    options.names = given.naming.names.map(Names::from).or_else(|| names_of_kernel(kernel)).unwrap_or_default();
    options.bonds = if given.bond.is_empty() { bonds_of_kernel(kernel) } else { given.bond.clone() };
    let sources: Vec<_> = tables.tables.iter().map(|(name, table)| Source { name, table }).collect();
    let mut plan = Plan::new(&sources, &options);
    if kernel.multipath_off() {
        plan.notes.extend(without_multipath(&plan));
    }
    plan
}

/// Where the names of interfaces come from, by `rd.nvmf.names=`. A typing error there must not prevent the boot.
fn names_of_kernel(kernel: &KernelCommandLine) -> Option<Names> {
    let text = kernel.value(&["rd.nvmf.names"])?;
    match NameSource::from_str(&text, false) {
        Ok(source) => Some(source.into()),
        Err(_) => {
            log::warn!("rd.nvmf.names={} is not table, pci or kernel: table is used", escape(&text));
            None
        }
    }
}

/// The bonds that `rd.nvmf.bond=` asks for. A typing error there must not prevent the boot.
fn bonds_of_kernel(kernel: &KernelCommandLine) -> Vec<BondRequest> {
    let read = |text: &str| match text.parse() {
        Ok(bond) => Some(bond),
        Err(error) => {
            let error: BondError = error;
            log::warn!("rd.nvmf.bond={}: {}: no bond is made", escape(text), escape(&error.to_string()));
            None
        }
    };
    kernel.values("rd.nvmf.bond").filter_map(read).collect()
}

/// A parsed parameter of the kernel's command line. A typing error there must not prevent the boot: it is logged, and the table's own value
/// counts.
fn of_kernel<T, E: std::fmt::Display>(
    kernel: &KernelCommandLine,
    names: &[&str],
    read: impl Fn(&str) -> Result<T, E>,
) -> Option<T> {
    let text = kernel.value(names)?;
    let read = read(&text);
    if let Err(reason) = &read {
        log::warn!("{}={}: {}: the table's own is used", names[0], escape(&text), escape(&reason.to_string()));
    }
    read.ok()
}

/// A sentence for each namespace with several paths, on what it means that native multipath is off.
pub(crate) fn without_multipath(plan: &Plan) -> Vec<String> {
    let several = plan.namespaces.iter().filter(|namespace| namespace.paths.len() > 1);
    let note = |namespace: &Namespace| {
        let name =
            namespace.nid.map_or_else(|| format!("NSID {}", namespace.nsid), |nid| format!("{} {nid}", nid.kind()));
        format!(
            "nvme_core.multipath is off: each of the {} paths to {name} is a disk of its own, and what is mounted from one \
             does not move to another",
            namespace.paths.len()
        )
    };
    several.map(note).collect()
}
