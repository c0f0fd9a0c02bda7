//! Holds the tool `nbft`: command line, network, connections, reports. It is a library only so that tests, man pages and
//! completions can reach it.

// Tests may print and write as they like.
#![cfg_attr(test, allow(clippy::disallowed_macros, clippy::disallowed_methods))]

pub mod cli;
pub mod commands;
pub mod connect;
pub mod dhcp_options;
pub mod error;
pub mod exit;
pub(crate) mod export;
pub mod handover;
pub(crate) mod initramfs;
pub mod input;
pub(crate) mod jitter;
pub mod json_error;
pub mod kernel_command_line;
pub mod net;
pub mod nvme;
pub mod output;
pub mod process;
pub mod status;
pub mod system_error;
pub mod tunables;

use cli::{Cli, Command};
use commands::{build, check, check_key, doctor, plan, show};
use error::Error;
use exit::Exit;

/// Runs the command that was typed.
///
/// # Errors
///
/// Why the command cannot do its work.
pub fn run(cli: &Cli) -> Result<Exit, Error> {
    match &cli.command {
        Command::Show(args) => show::run(args, &cli.common.with_file(args.file.as_ref())),
        Command::Check(args) => check::run(args, &cli.common.with_file(args.file.as_ref())),
        Command::Diff(args) => commands::diff::run(args, &cli.common),
        Command::CheckKey(args) => check_key::run(args, &cli.common),
        Command::Build(args) => build::run(args, &cli.common),
        Command::Plan(args) => plan::run(args, &cli.common.with_file(args.file.as_ref())),
        Command::Connect(args) => commands::connect::run(args, &cli.common),
        Command::Disconnect(args) => commands::disconnect::run(args, &cli.common),
        Command::Status(args) => commands::status::run(args, &cli.common),
        Command::Doctor(args) => doctor::run(args, &cli.common),
        Command::ListNames(args) => commands::names::run(args, &cli.common),
        Command::Help(args) => commands::help::run(args),
        Command::Export(args) => commands::export::run(args, &cli.common.with_file(args.file.as_ref())),
    }
}

/// All codes that a reason in status.json, or in what `nbft status` prints, can have.
#[must_use]
pub fn status_codes() -> Vec<&'static str> {
    let mut codes = connect::failure_codes();
    codes.extend(net::NetFailure::CODES);
    codes.extend(net::Waiting::CODES);
    codes.extend(commands::status::CODES);
    codes
}
