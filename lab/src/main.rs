//! Runs the command `cargo lab`; the library does the work.
#![allow(clippy::print_stderr, reason = "errors of the bench go there")]

use clap::Parser as _;
use nbft_lab::cli::{Cli, run};
use std::process::ExitCode;

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("lab: {error}");
            ExitCode::FAILURE
        }
    }
}
