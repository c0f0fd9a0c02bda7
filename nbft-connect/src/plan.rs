//! `nbft plan`.

use crate::cli::{Common, Format, PlanArgs};
use crate::error::Error;
use crate::exit::Exit;
use crate::kernel_command_line::KernelCommandLine;
use crate::load;
use crate::output::json::Secrets;
use crate::output::{Text, json, print};
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
        Format::Text => print(&Text::from_lines(&plan.to_string())),
        Format::Json => json::print(plan, Secrets::Whole),
    }
}
