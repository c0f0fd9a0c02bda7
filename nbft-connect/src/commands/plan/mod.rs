//! `nbft plan`.

mod text;

use crate::cli::{Common, Format, PlanArgs, PlanOptions};
use crate::error::Error;
use crate::exit::Exit;
use crate::input::plan;
use crate::input::tunables::ConnectionSettings;
use crate::kernel_command_line::KernelCommandLine;
use crate::output::json::Secrets;
use crate::output::{self, Text, json, print};
use crate::tunables::Tunables;
use libnbft::plan::{Options, Plan};

/// Runs the command.
///
/// # Errors
///
/// When there is nothing at the path that was asked for, or standard output cannot be written.
pub fn run(args: &PlanArgs, common: &Common) -> Result<Exit, Error> {
    show_of(&args.plan, &Tunables::default(), args.output_format, common)
}

/// Prints the plan of the tables that there are; without one, a program gets an empty plan and a person the reason alone.
///
/// # Errors
///
/// As [`run`].
pub(crate) fn show_of(given: &PlanOptions, options: &Tunables, format: Format, common: &Common) -> Result<Exit, Error> {
    let tables = plan::tables(common)?;
    if tables.tables.is_empty() {
        if format == Format::Json {
            show(&Plan::new(&[], &Options::default()), format, common)?;
        }
        return Ok(plan::exit_without_tables(&tables));
    }
    let root = common.path("/");
    let kernel = KernelCommandLine::read(&root);
    let mut plan = plan::plan(&tables, given, &kernel);
    let settings = ConnectionSettings::read(options, &kernel, &root);
    let notes = settings.notes(plan.paths.iter().map(|path| path.nqn.as_str()));
    plan.notes.extend(notes);
    show(&plan, format, common)?;
    Ok(if tables.unreadable.is_empty() { Exit::Ok } else { Exit::Failed })
}

fn show(plan: &Plan, format: Format, common: &Common) -> Result<(), Error> {
    match format {
        Format::Text if common.details() => print(&Text::from_lines_wrapped(&plan.to_string(), output::screen())),
        Format::Text => print(&text::render(plan, output::screen())),
        Format::Json => json::print(plan, Secrets::Whole),
    }
}
