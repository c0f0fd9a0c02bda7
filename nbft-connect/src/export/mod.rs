//! `nbft export`: the plan's network in another program's words.

mod disks;
mod dracut;
pub(crate) mod names;
mod needs;
pub(crate) mod networkd;
mod networkmanager;
mod udev;
pub(crate) mod view;
mod wicked;

use crate::cli::{Common, ExportArgs, ExportFormat};
use crate::error::{Error, UsageError};
use crate::exit::Exit;
use crate::input::plan;
use crate::kernel_command_line::KernelCommandLine;
use crate::output::json::Secrets;
use crate::output::replace::{PUBLIC, replace};
use crate::output::{json, print_bytes};
use crate::status::schema::{STATUS_FILE, Status};
use libnbft::plan::{Names, Plan};
use std::io;
use std::path::Path;

/// A file of an export.
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) content: String,
    mode: u32,
}

impl File {
    pub(crate) fn new(name: String, content: String) -> Self {
        Self { name, content, mode: PUBLIC }
    }

    /// Writes the file, which is quoted as its reader wants it, into a directory, so that a reader sees the old or the new one whole.
    pub(crate) fn write(&self, directory: &Path) -> io::Result<()> {
        replace(&directory.join(&self.name), self.content.as_bytes(), self.mode)
    }
}

/// Runs the command.
///
/// # Errors
///
/// When no table can be read, or the files cannot be written.
pub fn run(args: &ExportArgs, common: &Common) -> Result<Exit, Error> {
    let kernel = KernelCommandLine::read(&common.path("/"));
    // Files for udev name the NICs of this machine; to look at them is always allowed.
    let names_nics = args.format == ExportFormat::Udev && args.output.is_some();
    if let Some(parameter) = kernel.nbft_off().filter(|_| names_nics) {
        log::info!("{parameter} on the kernel's command line: the NICs of the NBFT keep their names");
        return Ok(Exit::Nothing);
    }
    if args.format != ExportFormat::InitrdNeeds && !args.compare.is_empty() {
        return Err(UsageError::OtherFormat { option: "--compare", format: "initrd-needs" }.into());
    }
    if args.format != ExportFormat::Networkmanager && args.kernel_names {
        return Err(UsageError::OtherFormat { option: "--kernel-names", format: "networkmanager" }.into());
    }
    let tables = plan::tables(common)?;
    if tables.tables.is_empty() {
        if args.format == ExportFormat::Json && args.output.is_none() {
            print_bytes(b"[]\n")?;
        }
        return Ok(plan::exit_without_tables(&tables));
    }
    let plan = plan::plan(&tables, &args.plan, &kernel);
    let root = common.path("/");
    let files = match args.format {
        ExportFormat::InitrdNeeds => vec![needs::file(&tables, &plan, &root, &args.compare)],
        format => files(format, &plan, status(common).as_ref(), &root, args.kernel_names)?,
    };
    // Several files in one stream are told apart by a line that is a comment in every format but XML and JSON, which are
    // one file each.
    let several = files.len() > 1;
    for file in files {
        match &args.output {
            Some(directory) => {
                let path = directory.join(&file.name);
                file.write(directory).map_err(|source| Error::Write { path, source })?;
            }
            None if several => print_bytes(format!("# {}\n{}\n", file.name, file.content).as_bytes())?,
            None => print_bytes(file.content.as_bytes())?,
        }
    }
    Ok(Exit::Ok)
}

/// What came of `connect`, where it ran: its leases stand in for what firmware had.
fn status(common: &Common) -> Option<Status> {
    let status = Status::read(&common.path(STATUS_FILE));
    status.inspect_err(|error| log::warn!("{error}; exported without leases")).ok()?
}

pub(crate) fn files(
    format: ExportFormat,
    plan: &Plan,
    status: Option<&Status>,
    root: &Path,
    kernel_names: bool,
) -> Result<Vec<File>, Error> {
    let (client, _) = KernelCommandLine::read(root).client_options();
    let nics = view::nics(plan, status, root, &client);
    Ok(match format {
        ExportFormat::Udev => vec![
            File::new("61-nbft-disks.rules".into(), disks::rules(plan)),
            File::new("70-nbft-names.rules".into(), udev::rules(plan, root)),
        ],
        ExportFormat::Networkd => networkd::files(&nics, plan.names),
        ExportFormat::Networkmanager => {
            let by_mac = kernel_names || plan.names == Names::Kernel;
            let names = if by_mac { networkmanager::Names::Kernel } else { networkmanager::Names::Ours };
            networkmanager::files(&nics, names)
        }
        ExportFormat::Wicked => vec![wicked::file(&nics)],
        ExportFormat::Dracut => vec![dracut::file(&nics, plan.names)],
        // Made of the tables themselves, by the caller.
        ExportFormat::InitrdNeeds => Vec::new(),
        ExportFormat::Json => {
            let json = json::text(&plan.interfaces, Secrets::Whole);
            vec![File::new("nbft.json".into(), json.map_err(|error| Error::Json(Box::new(error)))?)]
        }
    })
}
