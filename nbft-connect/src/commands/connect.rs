//! `nbft connect`: connects, or with `--dry-run` shows what it would connect.

use super::plan;
use crate::cli::{Common, ConnectArgs};
use crate::connect;
use crate::error::Error;
use crate::exit::Exit;

/// Runs the command.
///
/// # Errors
///
/// Whatever keeps it from being tried at all. What happens after that is in the status and the exit code.
pub fn run(args: &ConnectArgs, common: &Common) -> Result<Exit, Error> {
    if args.dry_run {
        return plan::show_of(&args.plan, &args.tunables.given(), args.output_format, common);
    }
    connect::run(args, common)
}
