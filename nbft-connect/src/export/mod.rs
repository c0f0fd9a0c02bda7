//! `nbft export`: the plan's network in another program's words.

mod udev;

use crate::cli::{Common, ExportArgs, ExportFormat};
use crate::error::{Error, print};
use crate::exit::Exit;
use crate::kernel_command_line::KernelCommandLine;
use crate::load;
use crate::status::model::write_whole;
use libnbft::plan::Plan;

/// A file of an export.
struct File {
    name: &'static str,
    content: String,
}

/// Runs the command.
///
/// # Errors
///
/// When no table can be read, or the files cannot be written.
pub fn run(args: &ExportArgs, common: &Common) -> Result<Exit, Error> {
    if !common.tables().exists() && common.nbft_path.is_none() {
        log::info!("no NBFT");
        return Ok(Exit::Nothing);
    }
    let kernel = KernelCommandLine::read(&common.path("/"));
    // Files for udev name the NICs of this machine; to look at them is always allowed.
    if args.format == ExportFormat::Udev
        && args.output.is_some()
        && let Some(parameter) = kernel.nbft_off()
    {
        log::info!("{parameter} on the kernel's command line: the NICs of the NBFT keep their names");
        return Ok(Exit::Nothing);
    }
    let tables = load::tables(common)?;
    for reason in &tables.unreadable {
        log::error!("{reason}");
    }
    if tables.tables.is_empty() {
        return Ok(if tables.unreadable.is_empty() { Exit::Nothing } else { Exit::Failed });
    }
    let plan = load::plan(&tables, &args.identity, &kernel)?;
    for file in files(args.format, &plan, common)? {
        match &args.output {
            Some(directory) => {
                let path = directory.join(file.name);
                write_whole(&path, file.content.as_bytes()).map_err(|source| Error::Write { path, source })?;
            }
            None => print(&file.content)?,
        }
    }
    Ok(Exit::Ok)
}

fn files(format: ExportFormat, plan: &Plan, common: &Common) -> Result<Vec<File>, Error> {
    Ok(match format {
        ExportFormat::Udev => vec![File { name: "70-nbft-names.rules", content: udev::rules(plan, &common.path("/")) }],
        ExportFormat::Json => {
            let json = serde_json::to_string_pretty(&plan.interfaces);
            vec![File { name: "nbft.json", content: json.map_err(|error| Error::Other(error.to_string()))? + "\n" }]
        }
    })
}
