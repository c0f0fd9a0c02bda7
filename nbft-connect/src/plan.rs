//! `nbft plan`.

use crate::cli::{Common, Format, PlanArgs};
use crate::error::{Error, print};
use crate::exit::Exit;
use crate::kernel_command_line::KernelCommandLine;
use crate::load;
use libnbft::plan::Plan;

/// Runs the command.
///
/// # Errors
///
/// When there is nothing at the path that was asked for, or an override is not of the expected form.
pub fn run(args: &PlanArgs, common: &Common) -> Result<Exit, Error> {
    let tables = load::tables(common)?;
    if tables.tables.is_empty() {
        return Ok(load::exit_without_tables(&tables));
    }
    let plan = load::plan(&tables, &args.identity, &KernelCommandLine::read(&common.path("/")))?;
    show(&plan, args.output_format)?;
    Ok(if tables.unreadable.is_empty() { Exit::Ok } else { Exit::Failed })
}

/// Prints a plan.
///
/// # Errors
///
/// When standard output cannot be written.
pub fn show(plan: &Plan, format: Format) -> Result<(), Error> {
    match format {
        Format::Text => print(&plan.to_string()),
        Format::Json => {
            let text = serde_json::to_string_pretty(plan).map_err(|error| Error::Other(error.to_string()))?;
            print(&(text + "\n"))
        }
    }
}
