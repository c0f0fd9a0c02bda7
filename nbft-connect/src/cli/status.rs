//! The options of `nbft status`.

use super::Format;
use clap::Args;

/// `nbft status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Output format
    #[arg(short = 'o', long, value_enum, default_value_t)]
    pub output_format: Format,
}
