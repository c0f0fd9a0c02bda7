//! `nbft plan`.

mod graph;
mod text;

use super::status;
use crate::cli::{Common, Format, GraphForm, PlanArgs, PlanOptions};
use crate::error::Error;
use crate::exit::Exit;
use crate::input::plan;
use crate::input::tunables::ConnectionSettings;
use crate::kernel_command_line::KernelCommandLine;
use crate::output::json::Secrets;
use crate::output::{self, Text, json, print};
use crate::status::schema::{STATUS_FILE, Status};
use crate::tunables::Tunables;
use libnbft::plan::{Options, Plan};

/// Runs the command.
///
/// # Errors
///
/// When there is nothing at the path that was asked for, or standard output cannot be written.
pub fn run(args: &PlanArgs, common: &Common) -> Result<Exit, Error> {
    match args.graph {
        Some(form) => draw(args, form, common),
        None => show_of(&args.plan, &Tunables::default(), args.output_format, common),
    }
}

/// Prints the picture of the plan, as it is now where `connect` has carried out this plan.
fn draw(args: &PlanArgs, form: GraphForm, common: &Common) -> Result<Exit, Error> {
    let tables = plan::tables(common)?;
    if tables.tables.is_empty() {
        return Ok(plan::exit_without_tables(&tables));
    }
    let plan = plan::plan(&tables, &args.plan, &KernelCommandLine::read(&common.path("/")));
    // Without a readable status, the plan alone is drawn.
    let status = Status::read(&common.path(STATUS_FILE)).ok().flatten().filter(|status| graph::is_of(status, &plan));
    let status = status.map(|status| status::refreshed(status, &common.path("/")));
    output::print_bytes(graph::draw(&plan, &tables.tables, status.as_ref(), form).as_bytes())?;
    Ok(exit_with(&tables))
}

/// The exit code of a command that had tables, some of which may be unreadable.
fn exit_with(tables: &plan::Tables) -> Exit {
    if tables.unreadable.is_empty() { Exit::Ok } else { Exit::Failed }
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
    Ok(exit_with(&tables))
}

fn show(plan: &Plan, format: Format, common: &Common) -> Result<(), Error> {
    match format {
        Format::Text if common.details() => print(&Text::from_lines_wrapped(&plan.to_string(), output::screen())),
        Format::Text => print(&text::render(plan, output::screen())),
        Format::Json => json::print(plan, Secrets::Whole),
    }
}
