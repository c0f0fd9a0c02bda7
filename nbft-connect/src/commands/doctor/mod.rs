//! `nbft doctor`: says why a machine did not boot. It follows each path from the table to the namespace, up to the first step that
//! fails. It changes nothing. It sends only an ICReq over TCP, and a neighbour solicitation for an address that another host has.

mod address;
mod cause;
mod controller;
mod discovery;
mod firmware;
mod generator;
mod image;
mod list;
mod machine;
mod master;
mod model;
mod namespace;
mod nic;
mod reach;
mod text;
mod walk;
mod warnings;

use crate::cli::{Common, DoctorArgs, Format, PlanOptions};
use crate::error::{Error, Part};
use crate::exit::Exit;
use crate::input::plan;
use crate::input::plan::Tables;
use crate::kernel_command_line::KernelCommandLine;
use crate::output::json::Secrets;
use crate::output::{self, json, print};
use cause::{Cause, TableFault};
use futures_util::StreamExt;
use libnbft::plan::{LeftOut, Plan};
use machine::Machine;
use model::{EntryReport, NamespaceReport, PathReport, Report, VERSION, Verdict};
use std::time::Duration;

/// All codes of what can be wrong.
#[must_use]
pub fn codes() -> Vec<&'static str> {
    [&Cause::codes(), image::CODES].concat()
}

/// Runs the command.
///
/// # Errors
///
/// When there is nothing at the path that was asked for, or the kernel cannot be asked.
pub fn run(args: &DoctorArgs, common: &Common) -> Result<Exit, Error> {
    if args.image.collect {
        return image::collect(common);
    }
    if let Some(file) = &args.image.image {
        return image::run(file, args, common);
    }
    let tables = plan::tables(common)?;
    if tables.tables.is_empty() {
        if args.output_format == Format::Json {
            json::print(&Report::without_tables(&tables.unreadable), Secrets::Masked)?;
        }
        return Ok(plan::exit_without_tables(&tables));
    }
    let kernel = KernelCommandLine::read(&common.path("/"));
    let given = PlanOptions { naming: args.naming, ..PlanOptions::default() };
    let mut plan = plan::plan(&tables, &given, &kernel);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Part::Runtime.failed())?;
    let limit = Duration::from_secs(args.timeout.into());
    let report = runtime.block_on(async {
        let machine = Machine::look(common, kernel, limit).await?;
        if let Some(status) = &machine.status {
            plan = plan.with(&crate::connect::restore_discovered(&plan, status, &machine.root));
        }
        Ok::<_, Error>(examine(&machine, &tables, &plan).await)
    })?;
    match args.output_format {
        Format::Text if common.details() => print(&list::render(&report, output::screen()))?,
        Format::Text => print(&text::render(&report, output::screen()))?,
        Format::Json => json::print(&report, Secrets::Masked)?,
    }
    Ok(match report.verdict {
        Verdict::Ok if tables.unreadable.is_empty() => Exit::Ok,
        Verdict::Ok | Verdict::Failed => Exit::Failed,
        Verdict::Degraded => Exit::Degraded,
        Verdict::Nothing => Exit::Nothing,
    })
}

/// How many walks run at once: a process may not open more sockets.
const AT_ONCE: usize = 256;

/// Examines all paths at once, so that the slowest one is the longest wait.
async fn examine(machine: &Machine, tables: &Tables, plan: &Plan) -> Report {
    let walks = (0..plan.paths.len()).map(|number| walk::walk(machine, tables, plan, number));
    let paths: Vec<_> = futures_util::stream::iter(walks).buffered(AT_ONCE).collect().await;
    let asked = discovery::asked(plan, &paths).map(|controller| discovery::walk(machine, plan, controller));
    let discovery: Vec<_> = futures_util::stream::iter(asked).buffered(AT_ONCE).collect().await;
    let left_out = plan.left_out.iter().filter(|left| left.boot);
    let entries: Vec<_> = left_out.map(|left| entry(tables, left)).collect();
    let namespaces = namespace::all(machine, plan);
    let verdict = verdict(plan, &paths, &entries, &namespaces);
    Report {
        version: VERSION,
        verdict,
        message: message(plan, verdict, &paths, &entries, &namespaces),
        tables: plan.tables.clone(),
        warnings: warnings::all(machine, plan),
        paths,
        discovery,
        entries,
        namespaces,
    }
}

fn entry(tables: &Tables, left: &LeftOut) -> EntryReport {
    let origin = &left.origin;
    EntryReport {
        entry: format!("{} SSNS {}", origin.table, origin.index),
        broken: Cause::from(TableFault::EntryUnusable(left.reason.clone())).into(),
        firmware: firmware::of(tables, std::slice::from_ref(origin)),
    }
}

/// The verdict, by the rules of `connect` and `status`.
fn verdict(plan: &Plan, paths: &[PathReport], entries: &[EntryReport], namespaces: &[NamespaceReport]) -> Verdict {
    let by_discovery = plan.boots_by_discovery();
    if paths.is_empty() && entries.is_empty() && !by_discovery {
        return Verdict::Nothing;
    }
    let mut boot = namespaces.iter().filter(|namespace| namespace.boot).peekable();
    let any_up = paths.iter().any(|path| path.broken.is_none());
    let missing = match by_discovery {
        true => namespaces.iter().all(|namespace| namespace.device.is_none()),
        false => boot.peek().is_none() && !any_up || boot.any(|namespace| namespace.device.is_none()),
    };
    // Firmware did not connect paths that only discovery lists.
    let expected = |path: &&PathReport| !path.unavailable && !path.spare && path.discovered.is_none();
    let degraded = paths.iter().filter(expected).any(PathReport::has_failed) || !entries.is_empty();
    match (missing, degraded) {
        (true, _) => Verdict::Failed,
        (false, true) => Verdict::Degraded,
        (false, false) => Verdict::Ok,
    }
}

fn message(
    plan: &Plan,
    verdict: Verdict,
    paths: &[PathReport],
    entries: &[EntryReport],
    namespaces: &[NamespaceReport],
) -> String {
    if verdict == Verdict::Nothing {
        return "the table names no subsystem: there is nothing to connect".into();
    }
    let working = paths.iter().filter(|path| path.broken.is_none()).count();
    let boot = namespaces.iter().filter(|namespace| namespace.boot);
    let there = boot.clone().filter(|namespace| namespace.device.is_some()).count();
    let mut text = match (plan.boots_by_discovery(), namespaces.iter().any(|namespace| namespace.device.is_some())) {
        (true, true) => format!("{working} of {} paths work, a discovered namespace is there", paths.len()),
        (true, false) => format!("{working} of {} paths work, no namespace that discovery lists is there", paths.len()),
        _ => format!("{working} of {} paths work, {there} of {} boot namespaces there", paths.len(), boot.count()),
    };
    if !entries.is_empty() {
        text.push_str(&format!(", {} boot entries cannot be connected", entries.len()));
    }
    text
}
