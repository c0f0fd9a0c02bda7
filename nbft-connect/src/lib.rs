//! The tool `nbft`: command line, network, connections, reports. A library only so that tests, man pages and completions
//! can reach it.

pub mod cli;
pub mod error;
pub mod exit;
pub mod logger;
pub mod text;

use cli::{Cli, Command};
use error::Error;
use exit::Exit;

/// Runs the command that was typed.
///
/// # Errors
///
/// Whatever keeps the command from doing its work.
pub fn run(cli: &Cli) -> Result<Exit, Error> {
    match &cli.command {
        Command::Plan(_) | Command::Connect(_) | Command::Status(_) | Command::Export(_) => {
            Err(Error::Other("not there yet".into()))
        }
    }
}
