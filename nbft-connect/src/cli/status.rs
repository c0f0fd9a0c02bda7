//! Defines the options of `nbft status`.

use super::{Format, seconds};
use clap::{Args, ValueHint};
use std::path::PathBuf;

/// `nbft status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Output format
    #[arg(short = 'o', long, value_enum, default_value_t)]
    pub output_format: Format,
    /// Repeat until Ctrl-C: every second, or every SECONDS
    #[arg(
        long,
        value_name = "SECONDS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "1",
        value_parser = seconds,
        conflicts_with = "output_format"
    )]
    pub watch: Option<u32>,
    /// Draw where the time of the boot went
    #[arg(long, conflicts_with = "watch")]
    pub timeline: bool,
    /// Write the drawing to FILE as SVG
    #[arg(
        long,
        value_name = "FILE",
        requires = "timeline",
        conflicts_with = "output_format",
        value_hint = ValueHint::FilePath
    )]
    pub svg: Option<PathBuf>,
}
