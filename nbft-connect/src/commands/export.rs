//! `nbft export`: prints the plan's network in the format of another program, or writes it to files.

use crate::cli::{Common, ExportArgs, ExportFormat};
use crate::error::{Error, UsageError};
use crate::exit::Exit;
use crate::export::{files, identity, needs};
use crate::input::plan;
use crate::kernel_command_line::KernelCommandLine;
use crate::output::print_bytes;
use crate::status::schema::{STATUS_FILE, Status};

/// Runs the command.
///
/// # Errors
///
/// When no table can be read, or the files cannot be written.
pub fn run(args: &ExportArgs, common: &Common) -> Result<Exit, Error> {
    let kernel = KernelCommandLine::read(&common.path("/"));
    // Files for udev rename NICs of this machine; printing them is always allowed.
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
    if args.force && (args.format != ExportFormat::Identity || args.output.is_none()) {
        return Err(UsageError::OtherFormat { option: "--force", format: "identity --output" }.into());
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
    if args.format == ExportFormat::Identity {
        if files.is_empty() {
            log::error!("the NBFT gives no usable host NQN and host ID; --hostnqn and --hostid can");
            return Ok(Exit::Failed);
        }
        if let Some(directory) = args.output.as_ref().filter(|_| !args.force) {
            identity::refuse_others(&files, directory)?;
        }
    }
    // Several files in one stream are separated by a line that is a comment in every format but XML and JSON, which have one file each.
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

/// The status of `connect`, if it ran: its leases replace what firmware had.
fn status(common: &Common) -> Option<Status> {
    let status = Status::read(&common.path(STATUS_FILE));
    status.inspect_err(|error| log::warn!("{error}; exported without leases")).ok()?
}
