//! Options of `nbft diff`.

use super::Format;
use clap::Args;
use std::path::PathBuf;

/// `nbft diff`.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// A table file, or a directory that holds one table
    #[arg(value_name = "A")]
    pub old: PathBuf,
    /// The table file to compare it with, or a directory that holds one table
    #[arg(value_name = "B")]
    pub new: PathBuf,
    /// Output format
    #[arg(short = 'o', long, value_enum, default_value_t)]
    pub output_format: Format,
}
