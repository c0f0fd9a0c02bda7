//! Writes the plan's network in the formats of other programs: network managers, udev, dracut.

mod disks;
mod dracut;
pub(crate) mod identity;
pub(crate) mod names;
pub(crate) mod needs;
pub(crate) mod networkd;
mod networkmanager;
mod udev;
pub(crate) mod view;
mod wicked;

use crate::cli::ExportFormat;
use crate::error::Error;
use crate::kernel_command_line::KernelCommandLine;
use crate::output::json;
use crate::output::json::Secrets;
use crate::output::replace::{PUBLIC, replace};
use crate::status::schema::Status;
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

    /// Writes the file into a directory, so that a reader sees the old or the new content whole. The content is quoted for its reader.
    pub(crate) fn write(&self, directory: &Path) -> io::Result<()> {
        replace(&directory.join(&self.name), self.content.as_bytes(), self.mode)
    }
}

/// The files of a format that is made from the plan.
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
        ExportFormat::Identity => plan.host.as_ref().map(identity::files).unwrap_or_default(),
        // Made of the tables themselves, by the caller.
        ExportFormat::InitrdNeeds => Vec::new(),
        ExportFormat::Json => {
            let json = json::text(&plan.interfaces, Secrets::Whole);
            vec![File::new("nbft.json".into(), json.map_err(|error| Error::Json(Box::new(error)))?)]
        }
    })
}
