//! Options of `nbft disconnect`.

use clap::Args;

/// `nbft disconnect`.
#[derive(Debug, Args)]
pub struct DisconnectArgs {
    /// What to disconnect: a controller (nvmeN), a subsystem NQN, or ADDRESS[:PORT] of a target
    #[arg(value_name = "TARGET", required_unless_present = "all")]
    pub targets: Vec<String>,
    /// Everything that nbft has connected and that no file system, swap space or other device depends on
    #[arg(long, conflicts_with = "targets")]
    pub all: bool,
    /// Stay disconnected after the next boot too: write to /etc/nvme/exclusions.conf
    #[arg(long)]
    pub permanent: bool,
}
