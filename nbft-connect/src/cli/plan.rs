//! Options of `nbft plan`.

use super::{Format, PlanOptions};
use clap::{Args, ValueEnum, ValueHint};
use std::path::PathBuf;

/// The form of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GraphForm {
    /// A picture that a browser shows.
    Svg,
    /// What Graphviz reads.
    Dot,
}

/// `nbft plan`.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// A table file, or a directory that holds NBFT*, in place of the machine's tables
    #[arg(value_name = "FILE", conflicts_with = "nbft_path", value_hint = ValueHint::FilePath)]
    pub file: Option<PathBuf>,
    /// Output format
    #[arg(short = 'o', long, value_enum, default_value_t)]
    pub output_format: Format,
    /// Draw the storage network, dead parts marked: svg for a browser (default), dot for Graphviz
    #[arg(
        long,
        value_enum,
        value_name = "FORM",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "svg",
        conflicts_with = "output_format"
    )]
    pub graph: Option<GraphForm>,
    /// Options that change the plan.
    #[command(flatten)]
    pub plan: PlanOptions,
}
