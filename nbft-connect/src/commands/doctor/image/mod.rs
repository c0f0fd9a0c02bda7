//! `nbft doctor --image`: says whether an initramfs or UKI would boot a machine, without starting it.

mod archive;
mod contents;
mod examine;
mod facts;
mod fault;
mod modules;
mod uki;

pub(super) use modules::name as module_name;

use super::generator::Generator;
use super::text::problem;
use crate::cli::{Common, DoctorArgs, Format, PlanOptions};
use crate::commands::findings::counted;
use crate::error::Error;
use crate::exit::Exit;
use crate::input::plan;
use crate::kernel_command_line::KernelCommandLine;
use crate::output::json::Secrets;
use crate::output::{self, Mark, Screen, Text, json, print};
use contents::{Contents, MAX_FILE};
use examine::Question;
use facts::Facts;
use fault::ImageFault;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// All codes of what can be wrong with an image.
pub(super) const CODES: &[&str] = ImageFault::CODES;

/// The form of the JSON. It grows when a key changes its meaning.
const VERSION: u32 = 1;

/// The severity of a fault that keeps the machine from booting.
const ERROR: &str = "error";

/// What the command prints.
#[derive(Serialize)]
struct Report {
    version: u32,
    verdict: &'static str,
    message: String,
    tables: Vec<String>,
    /// The kernel versions that the image has modules for.
    kernels: BTreeSet<String>,
    faults: Vec<FaultReport>,
}

#[derive(Serialize)]
struct FaultReport {
    code: &'static str,
    severity: &'static str,
    problem: String,
    remedy: String,
}

/// Prints this machine's description.
pub(super) fn collect(common: &Common) -> Result<Exit, Error> {
    json::print(&Facts::collect(common)?, Secrets::Whole)?;
    Ok(Exit::Ok)
}

/// Looks at an image.
pub(super) fn run(file: &Path, args: &DoctorArgs, common: &Common) -> Result<Exit, Error> {
    let given = &args.image;
    let facts = match &given.machine {
        Some(machine) => Facts::read(machine)?,
        None if given.table.is_empty() => Facts::collect(common)?,
        None => Facts::without_tables(common),
    };
    let facts = if given.table.is_empty() { facts } else { facts.with_tables(&given.table)? };
    let tables = facts.parsed();
    for reason in &tables.unreadable {
        log::error!("{reason}");
    }

    let uki = uki::read(file).map_err(|source| Error::Read { path: file.into(), source })?;
    let place = uki.as_ref().and_then(|uki| uki.initrd);
    if uki.is_some() && place.is_none() {
        return Err(Error::input(file.display().to_string(), archive::ArchiveError::NoInitrd));
    }
    let read = |wanted: BTreeSet<String>| {
        let mut contents = Contents::wanting(wanted);
        let read = archive::read(file, place.unwrap_or((0, u64::MAX)), &mut contents);
        read.map(|()| contents).map_err(|error| Error::input(file.display().to_string(), error))
    };
    let contents = read(BTreeSet::new())?;

    let of_uki = uki.as_ref().and_then(|uki| uki.cmdline.clone());
    let cmdline = given.cmdline.clone().or(of_uki).or_else(|| facts.cmdline.clone());
    let kernel = KernelCommandLine::parse(&with_image(cmdline.as_deref().unwrap_or_default(), &contents));
    let plan = plan::plan(&tables, &PlanOptions::default(), &kernel);
    let (mut faults, drivers) = examine::examine(&Question {
        contents: &contents,
        facts: &facts,
        tables: &tables,
        plan: &plan,
        kernel: &kernel,
        knows_cmdline: cmdline.is_some(),
        uki_kernel: uki.as_ref().and_then(|uki| uki.uname.as_deref()),
    });
    if !drivers.is_empty() {
        // Which modules matter is known only now, and they may lie anywhere in the stream.
        let modules = read(drivers.keys().cloned().collect())?;
        faults.extend(firmware(&modules, &drivers));
    }
    let report = report(&contents, plan.tables.clone(), &faults);
    match args.output_format {
        Format::Text => print(&text(&report, output::screen()))?,
        Format::Json => json::print(&report, Secrets::Masked)?,
    }
    let fails = faults.iter().any(ImageFault::is_fatal) || !tables.unreadable.is_empty();
    Ok(if fails { Exit::Failed } else { Exit::Ok })
}

/// The command line with the files of the image that dracut treats as parts of it.
fn with_image(cmdline: &str, contents: &Contents) -> String {
    let names = contents.names().filter(|name| *name == "etc/cmdline" || name.starts_with("etc/cmdline.d/"));
    let parts = names.filter_map(|name| contents.text(name));
    parts.chain([cmdline.to_owned()]).collect::<Vec<_>>().join(" ")
}

/// The modules for which the image has no firmware file at all. Single files are often missing: generators take only existing ones.
fn firmware(contents: &Contents, drivers: &BTreeMap<String, String>) -> Vec<ImageFault> {
    let mut faults = Vec::new();
    for (file, module) in drivers {
        let Some(bytes) = contents.bytes(file) else { continue };
        let bytes = match archive::unpack(bytes.to_vec(), MAX_FILE) {
            Ok(bytes) => bytes,
            Err(error) => {
                log::warn!("{file}: {error}; its firmware was not looked at");
                continue;
            }
        };
        let files = modules::firmware(&bytes);
        let has = |name: &String| {
            ["", ".xz", ".zst"].iter().any(|end| contents.has(&format!("lib/firmware/{name}{end}")))
                || name.contains('*')
        };
        if !files.is_empty() && !files.iter().any(has) {
            faults.push(ImageFault::NoFirmware { module: module.clone(), files: files.into_iter().collect() });
        }
    }
    faults
}

fn report(contents: &Contents, tables: Vec<String>, faults: &[ImageFault]) -> Report {
    let generator = Generator::by(|file| {
        contents
            .names()
            .any(|name| name.strip_prefix(file).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
    });
    let fatal = faults.iter().filter(|fault| fault.is_fatal()).count();
    let each = faults.iter().map(|fault| FaultReport {
        code: fault.code(),
        severity: if fault.is_fatal() { ERROR } else { "warning" },
        problem: fault.to_string(),
        remedy: fault.remedy(generator),
    });
    Report {
        version: VERSION,
        verdict: if fatal > 0 { "failed" } else { "ok" },
        message: format!(
            "{}: {} {} the machine from booting by this image, {}",
            counted(contents.count(), "file"),
            counted(fatal, "fault"),
            if fatal == 1 { "keeps" } else { "keep" },
            counted(faults.len() - fatal, "warning")
        ),
        tables,
        kernels: modules::versions(contents),
        faults: each.collect(),
    }
}

fn text(report: &Report, screen: Screen) -> Text {
    let mut out = Text::new();
    out.wrapped(screen, 2, &report.message);
    for fault in &report.faults {
        out.end();
        out.mark(Some(if fault.severity == ERROR { Mark::Bad } else { Mark::Warning }), fault.severity);
        problem(&mut out, screen, &fault.problem, &fault.remedy);
    }
    out
}
