//! `nbft connect`: connects, or with `--dry-run` shows what it would connect.

use super::plan;
use crate::cli::{Common, ConnectArgs, Format};
use crate::connect;
use crate::error::Error;
use crate::exit::Exit;
use crate::output::Audience;

/// Runs the command.
///
/// # Errors
///
/// Why the command cannot start at all. Later failures are in the status and the exit code.
pub fn run(args: &ConnectArgs, common: &Common) -> Result<Exit, Error> {
    if args.dry_run {
        return plan::show_of(&args.plan, &args.tunables.given(), args.output_format, common);
    }
    let exit = connect::run(args, common)?;
    if !args.stay && exit != Exit::Nothing && Audience::current() == Audience::Terminal {
        // After the lines that were drawn meanwhile, prints what `nbft status` prints.
        super::status::show(Format::Text, common)?;
    }
    Ok(exit)
}
