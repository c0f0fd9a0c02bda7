//! `cargo xtask`: writes the generated files of this repository, and checks the rules of the house.

mod graph;
mod house;
mod regen;
mod source;

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// Tasks for developers.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Check the rules of the house: import direction, circles, file length, failures that are values
    House,
    /// Write testdata, the rules page, the JSON Schema and the list of keys
    Regen {
        /// Write nothing that stays; fail if the tree differs from what would be written
        #[arg(long)]
        check: bool,
    },
}

#[expect(clippy::print_stderr, reason = "the only output there is")]
fn main() -> ExitCode {
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let result = match Cli::parse().task {
        Task::House => house::check(&root),
        Task::Regen { check } => regen::regen(&root, check),
    };
    match result {
        Ok(breaches) if breaches.is_empty() => ExitCode::SUCCESS,
        Ok(breaches) => {
            breaches.iter().for_each(|breach| eprintln!("{breach}"));
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
