//! The command line: what can be typed, nothing of what it does.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::{Path, PathBuf};

/// Boot from NVMe/TCP as the ACPI NVMe Boot Firmware Table (NBFT) says.
#[derive(Debug, Parser)]
#[command(name = "nbft", version, propagate_version = true, max_term_width = 100)]
pub struct Cli {
    /// Options that every command takes.
    #[command(flatten)]
    pub common: Common,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options that every command takes.
#[derive(Debug, Clone, Default, Args)]
pub struct Common {
    /// Read every path under DIR
    #[arg(long, global = true, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// A directory that holds NBFT*, or one table file [default: /sys/firmware/acpi/tables]
    #[arg(long, global = true, value_name = "PATH")]
    pub nbft_path: Option<PathBuf>,
    /// Say more (twice: still more)
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

impl Common {
    /// `path` (absolute) under --root.
    #[must_use]
    pub fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = path.as_ref();
        match &self.root {
            Some(root) => root.join(path.strip_prefix("/").unwrap_or(path)),
            None => path.to_path_buf(),
        }
    }

    /// Where the tables are.
    #[must_use]
    pub fn tables(&self) -> PathBuf {
        self.path(self.nbft_path.as_deref().unwrap_or(Path::new("/sys/firmware/acpi/tables")))
    }
}

/// How output is formatted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    #[value(alias = "normal")]
    Text,
    /// For programs.
    Json,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show what `connect` would do, what it would leave out, and why
    Plan(PlanArgs),
    /// Set up the interfaces and connect the controllers
    Connect(ConnectArgs),
    /// Show what came of `connect`
    Status(StatusArgs),
    /// Write the plan's network in another program's words
    Export(ExportArgs),
}

/// Options by which the host's identity in the table is overridden.
#[derive(Debug, Clone, Default, Args)]
pub struct Identity {
    /// Host NQN in place of the table's (also rd.nvmf.hostnqn=)
    #[arg(long, value_name = "NQN")]
    pub hostnqn: Option<String>,
    /// Host ID in place of the table's (also rd.nvmf.hostid=)
    #[arg(long, value_name = "UUID")]
    pub hostid: Option<String>,
}

/// `nbft plan`.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// Output format
    #[arg(short = 'o', long, value_enum, default_value_t)]
    pub output_format: Format,
    /// Identity.
    #[command(flatten)]
    pub identity: Identity,
}

/// `nbft connect`.
#[derive(Debug, Args)]
pub struct ConnectArgs {
    /// Only print the plan
    #[arg(long)]
    pub dry_run: bool,
    /// Output format of --dry-run
    #[arg(short = 'o', long, value_enum, default_value_t)]
    pub output_format: Format,
    /// Identity.
    #[command(flatten)]
    pub identity: Identity,
    /// Seconds after which waiting ends (also rd.nvmf.timeout=) [default: 120]
    #[arg(long, value_name = "SECONDS")]
    pub timeout: Option<u32>,
    /// What to wait for
    #[arg(long, value_enum, default_value_t)]
    pub wait: Wait,
    /// Seconds after which the kernel gives a lost controller up; -1 never
    #[arg(long, value_name = "SECONDS", default_value_t = -1, allow_negative_numbers = true)]
    pub ctrl_loss_tmo: i32,
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

/// `nbft status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Output format
    #[arg(short = 'o', long, value_enum, default_value_t)]
    pub output_format: Format,
}

/// `nbft export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// In whose words
    #[arg(value_enum)]
    pub format: ExportFormat,
    /// Write files into DIR instead of standard output
    #[arg(long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Identity.
    #[command(flatten)]
    pub identity: Identity,
}

/// Formats of `nbft export`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// udev rules that name the interfaces.
    Udev,
    /// The plan's interfaces as JSON.
    Json,
}
