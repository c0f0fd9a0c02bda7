//! Defines the command line: what can be typed, nothing of what it does.

mod connect;
mod diff;
mod disconnect;
mod examples;
mod export;
mod flip;
mod help;
mod image;
mod names;
mod network;
mod plan;
mod plan_options;
mod status;
mod tunables;

pub use connect::{ConnectArgs, Handover, Wait};
pub use diff::DiffArgs;
pub use disconnect::DisconnectArgs;
pub use export::{ExportArgs, ExportFormat};
pub use flip::Flip;
pub use help::{HelpArgs, Topic};
pub use image::ImageArgs;
pub use names::{NameKind, NamesArgs};
pub use network::{Bind, NetworkArgs};
pub use plan::{GraphForm, PlanArgs};
pub use plan_options::{NameSource, Naming, PlanOptions};
pub use status::StatusArgs;
pub use tunables::TunableArgs;

use crate::output::Color;
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use libnbft::text::{NqnError, nqn_form};
use std::num::ParseIntError;
use std::path::{Path, PathBuf};

/// Boot from NVMe/TCP as the ACPI NVMe Boot Firmware Table (NBFT) says.
#[derive(Debug, Parser)]
#[command(name = "nbft", version, propagate_version = true, max_term_width = 100, disable_help_subcommand = true)]
#[command(
    after_help = "To begin with: nbft show, nbft plan, nbft status, nbft doctor. Topics: nbft help boot\n\nManual page: man nbft"
)]
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
#[command(next_help_heading = "Common options")]
pub struct Common {
    /// Read every path under DIR
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub root: Option<PathBuf>,
    /// A directory that holds NBFT*, or one table file [default: /sys/firmware/acpi/tables]
    #[arg(long, global = true, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub nbft_path: Option<PathBuf>,
    /// The table file that a command was given as its argument.
    #[arg(skip)]
    pub file: Option<PathBuf>,
    /// Print full lists in place of tables; log each step of connect
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Colours for states, severities and bytes (auto: on a terminal, unless NO_COLOR is set)
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t, hide_default_value = true)]
    pub color: Color,
}

impl Common {
    /// Whether lists with everything are asked for.
    #[must_use]
    pub fn details(&self) -> bool {
        self.verbose > 0
    }

    /// `path` (absolute) under --root.
    #[must_use]
    pub fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = path.as_ref();
        match &self.root {
            Some(root) => root.join(path.strip_prefix("/").unwrap_or(path)),
            None => path.to_path_buf(),
        }
    }

    /// With a command's argument FILE, which stands for `--nbft-path` and is not under `--root`.
    #[must_use]
    pub fn with_file(&self, file: Option<&PathBuf>) -> Self {
        Self { file: file.cloned(), ..self.clone() }
    }

    /// Whether the user said where the tables are.
    #[must_use]
    pub fn names_tables(&self) -> bool {
        self.file.is_some() || self.nbft_path.is_some()
    }

    /// Where the tables are.
    #[must_use]
    pub fn tables(&self) -> PathBuf {
        if let Some(file) = &self.file {
            return file.clone();
        }
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
    /// Show what the tables say
    #[command(after_help = examples::SHOW)]
    Show(ShowArgs),
    /// Show what is wrong with the tables
    #[command(after_help = examples::CHECK)]
    Check(CheckArgs),
    /// Compare two tables field by field
    #[command(after_help = examples::DIFF)]
    Diff(DiffArgs),
    /// Say whether a key is well-formed, and what it is, without printing it
    #[command(after_help = examples::CHECK_KEY)]
    CheckKey(CheckKeyArgs),
    /// Write a table from the JSON that `show` prints
    #[command(after_help = examples::BUILD)]
    Build(BuildArgs),
    /// Show what `connect` would do, what it would leave out, and why
    #[command(after_help = examples::PLAN)]
    Plan(PlanArgs),
    /// Set up the interfaces and connect the controllers
    #[command(after_help = examples::CONNECT)]
    Connect(ConnectArgs),
    /// Take connections out of service, and keep them out
    #[command(after_help = examples::DISCONNECT)]
    Disconnect(DisconnectArgs),
    /// Show the result of `connect`
    #[command(after_help = examples::STATUS)]
    Status(StatusArgs),
    /// Find out why a path or a boot namespace is not there
    #[command(after_help = examples::DOCTOR)]
    Doctor(DoctorArgs),
    /// Export the network settings for another program
    #[command(after_help = examples::EXPORT)]
    Export(ExportArgs),
    /// Explain a command or a topic: boot, network, security, files, exit-codes
    #[command(after_help = examples::HELP)]
    Help(HelpArgs),
    /// The names that completions offer
    #[command(hide = true)]
    ListNames(NamesArgs),
}

impl Command {
    /// How much is logged for this number of `-v`: where the first one asks for lists, it says nothing of the log.
    #[must_use]
    pub const fn log_level(&self, verbose: u8) -> u8 {
        match self {
            Self::Show(_) | Self::Check(_) | Self::Diff(_) | Self::Plan(_) | Self::Status(_) | Self::Doctor(_) => {
                verbose.saturating_sub(1)
            }
            _ => verbose,
        }
    }
}

/// `nbft show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// A table file, or a directory that holds NBFT*, in place of the machine's tables
    #[arg(value_name = "FILE", conflicts_with = "nbft_path", value_hint = ValueHint::FilePath)]
    pub file: Option<PathBuf>,
    /// Output format
    #[arg(short = 'o', long, value_enum, default_value_t)]
    pub output_format: Format,
    /// Accepted as nvme-cli accepts it: the JSON is the same in both versions
    #[arg(long, value_name = "VERSION", value_parser = clap::value_parser!(u8).range(1..=2), hide_short_help = true)]
    pub output_format_version: Option<u8>,
    /// Only subsystems and namespaces
    #[arg(short = 's', long)]
    pub subsystem: bool,
    /// Only host fabric interfaces
    #[arg(short = 'H', long)]
    pub hfi: bool,
    /// Only discovery controllers
    #[arg(short = 'd', long)]
    pub discovery: bool,
    /// Every byte of the table with its structure and field
    #[arg(long, conflicts_with_all = ["subsystem", "hfi", "discovery", "output_format"])]
    pub hex: bool,
    /// Replace NQNs, addresses, MACs, UUIDs and names; equal values stay equal
    #[arg(long)]
    pub redact: bool,
}

/// `nbft check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// A table file, or a directory that holds NBFT*, in place of the machine's tables
    #[arg(value_name = "FILE", conflicts_with = "nbft_path", value_hint = ValueHint::FilePath)]
    pub file: Option<PathBuf>,
    /// Output format
    #[arg(short = 'o', long, value_enum, default_value_t)]
    pub output_format: Format,
    /// Fail on warnings too
    #[arg(long)]
    pub strict: bool,
    /// Mark the bytes of each finding
    #[arg(long, conflicts_with = "output_format")]
    pub hex: bool,
}

/// `nbft check-key`.
#[derive(Debug, Args)]
pub struct CheckKeyArgs {
    /// File with one key; - is standard input
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// Also print the identity of a TLS PSK for this host
    #[arg(long, value_name = "NQN", requires = "subsysnqn")]
    pub hostnqn: Option<String>,
    /// The subsystem of the identity
    #[arg(long, value_name = "NQN", requires = "hostnqn")]
    pub subsysnqn: Option<String>,
}

/// `nbft build`.
#[derive(Debug, Args)]
pub struct BuildArgs {
    /// JSON as `show -o json` prints it; - is standard input
    #[arg(value_name = "FILE.json", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// Write to OUT instead of standard output
    #[arg(short = 'o', long, value_name = "OUT", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// Number of the table in the file, from 1, if there are several
    #[arg(long, value_name = "N")]
    pub table: Option<usize>,
    /// Write the table in the form of this specification (default: the oldest one that fits)
    #[arg(long, value_enum, value_name = "SPEC")]
    pub spec: Option<Spec>,
    /// Invert a byte or one bit of it (0-7); may be repeated
    #[arg(long, value_name = "OFFSET[:BIT]")]
    pub flip: Vec<Flip>,
    /// Leave the checksum byte 0
    #[arg(long)]
    pub no_checksum: bool,
    /// Write the first N bytes only
    #[arg(long, value_name = "N")]
    pub truncate: Option<usize>,
}

/// A revision of the Boot Specification, as far as tables differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Spec {
    /// 1.0.
    #[value(name = "1.0")]
    V1_0,
    /// 1.1 and later.
    #[value(name = "1.1")]
    V1_1,
}

/// Why an argument is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArgumentError {
    /// No bit of a byte.
    #[error("a bit is a number from 0 to 7")]
    Bit,
    /// No offset.
    #[error("offset: {0}")]
    Offset(ParseIntError),
    /// No timeout.
    #[error("a timeout is a whole number of seconds from 1 to {max}", max = u32::MAX)]
    Seconds,
}

/// An NQN that the kernel and every target take.
///
/// # Errors
///
/// Why it is none.
pub fn nqn(text: &str) -> Result<String, NqnError> {
    nqn_form(text).map(|_| text.to_owned())
}

/// A number of seconds, 1 or more.
fn seconds(text: &str) -> Result<u32, ArgumentError> {
    match text.parse() {
        Ok(0) | Err(_) => Err(ArgumentError::Seconds),
        Ok(seconds) => Ok(seconds),
    }
}

/// `nbft doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Output format
    #[arg(short = 'o', long, value_enum, default_value_t)]
    pub output_format: Format,
    /// Seconds within which a target must answer; doctor tries all at once
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = seconds, allow_negative_numbers = true)]
    pub timeout: u32,
    /// Where the names of interfaces come from.
    #[command(flatten)]
    pub naming: Naming,
    /// Looking at an image in place of this machine.
    #[command(flatten)]
    pub image: ImageArgs,
}
