//! Options of `nbft export`.

use super::PlanOptions;
use clap::{Args, ValueEnum, ValueHint};
use std::path::PathBuf;

/// `nbft export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Format
    #[arg(value_enum)]
    pub format: ExportFormat,
    /// A table file, or a directory that holds NBFT*, in place of the machine's tables
    #[arg(value_name = "FILE", conflicts_with = "nbft_path", value_hint = ValueHint::FilePath)]
    pub file: Option<PathBuf>,
    /// Write files into DIR instead of standard output
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub output: Option<PathBuf>,
    /// With initrd-needs: print whether ADDRESS, in any spelling, is a target of the tables; may be repeated
    #[arg(long, value_name = "ADDRESS")]
    pub compare: Vec<String>,
    /// With identity and --output: replace files that have another content
    #[arg(long)]
    pub force: bool,
    /// With networkmanager: keep the kernel's interface names, and match NICs by MAC address
    #[arg(long)]
    pub kernel_names: bool,
    /// Options that change the plan.
    #[command(flatten)]
    pub plan: PlanOptions,
}

/// Formats of `nbft export`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// udev rules that name the interfaces and link the namespaces.
    Udev,
    /// Files of systemd-networkd.
    Networkd,
    /// Keyfiles of NetworkManager.
    Networkmanager,
    /// XML of wicked.
    Wicked,
    /// Kernel parameters as dracut reads them.
    Dracut,
    /// The host NQN and host ID, as /etc/nvme has them.
    Identity,
    /// What an initramfs needs for the tables, a "key value" a line.
    InitrdNeeds,
    /// The plan's interfaces as JSON.
    Json,
}
