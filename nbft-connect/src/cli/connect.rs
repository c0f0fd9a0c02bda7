//! Defines the options of `nbft connect`.

use super::{Format, NetworkArgs, PlanOptions, TunableArgs, seconds};
use clap::{Args, ValueEnum};

/// `nbft connect`.
#[derive(Debug, Args)]
pub struct ConnectArgs {
    /// Only print the plan
    #[arg(long)]
    pub dry_run: bool,
    /// Output format of --dry-run
    #[arg(short = 'o', long, value_enum, default_value_t)]
    pub output_format: Format,
    /// Options that change the plan.
    #[command(flatten)]
    pub plan: PlanOptions,
    /// Seconds after which waiting ends (also rd.nvmf.timeout=) [default: 120]
    #[arg(long, value_name = "SECONDS", value_parser = seconds, allow_negative_numbers = true)]
    pub timeout: Option<u32>,
    /// Seconds between two reports of what the run waits for [default: 10, on a terminal 1]
    #[arg(long, value_name = "SECONDS", value_parser = seconds, allow_negative_numbers = true)]
    pub report_every: Option<u32>,
    /// What to wait for
    #[arg(long, value_enum, default_value_t)]
    pub wait: Wait,
    /// Run until a signal: connect missing paths, reconnect removed controllers, renew leases
    #[arg(long, conflicts_with_all = ["dry_run", "timeout", "wait", "report_every"])]
    pub stay: bool,
    /// When the time for waiting is over, say what is missing and go on until a signal
    #[arg(long, conflicts_with_all = ["dry_run", "stay"])]
    pub keep_trying: bool,
    /// Queues and timeouts.
    #[command(flatten)]
    pub tunables: TunableArgs,
    /// Keep discovery controllers connected, and follow changes of their log pages (also rd.nvmf.persistent-discovery)
    #[arg(long)]
    pub persistent_discovery: bool,
    /// Connect one path of each subsystem only [default in a crash kernel]
    #[arg(long)]
    pub one_path: bool,
    /// Network.
    #[command(flatten)]
    pub network: NetworkArgs,
    /// Files to write for the running system's network manager [default: auto in an initramfs with a connection, else none]
    #[arg(long, value_enum)]
    pub handover: Option<Handover>,
}

/// What a network manager does with our interfaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Handover {
    /// systemd-networkd takes over what has a lease to renew; all else is left alone.
    Auto,
    /// systemd-networkd takes over all of them, NetworkManager none.
    Adopt,
    /// All leave them alone.
    Leave,
    /// Nothing is written.
    None,
}

/// What `connect` waits for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Wait {
    /// Each boot namespace, through at least one path.
    #[default]
    Boot,
    /// Every path.
    All,
}
