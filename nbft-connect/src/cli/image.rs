//! Defines what `nbft doctor` takes to look at an initramfs or UKI.

use clap::Args;
use std::path::PathBuf;

/// Options of `nbft doctor --image` and `--collect`.
#[derive(Debug, Clone, Default, Args)]
pub struct ImageArgs {
    /// Say whether this initramfs or UKI would boot the machine
    #[arg(long, value_name = "FILE", conflicts_with_all = ["timeout", "names", "collect"])]
    pub image: Option<PathBuf>,
    /// With --image: a table file in place of the machine's tables; may be repeated
    #[arg(long, value_name = "FILE", requires = "image", conflicts_with = "nbft_path")]
    pub table: Vec<PathBuf>,
    /// With --image: a machine that --collect has described, in place of this one
    #[arg(long, value_name = "FILE", requires = "image")]
    pub machine: Option<PathBuf>,
    /// With --image: the kernel's command line, in place of the machine's or the UKI's
    #[arg(long, value_name = "TEXT", requires = "image")]
    pub cmdline: Option<String>,
    /// Print tables, PCI devices, kernel and command line of this machine as JSON, for --machine
    #[arg(long, conflicts_with_all = ["timeout", "names", "output_format"])]
    pub collect: bool,
}
