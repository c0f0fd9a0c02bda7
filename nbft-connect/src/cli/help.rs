//! Options of `nbft help`.

use clap::{Args, ValueEnum};

/// `nbft help`.
#[derive(Debug, Args)]
pub struct HelpArgs {
    /// A command, or boot, network, security, files or exit-codes
    #[arg(value_name = "COMMAND|TOPIC")]
    pub about: Option<String>,
}

/// What there is a short text on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Topic {
    /// How a machine boots.
    Boot,
    /// Interfaces, addresses and the hand-over to a network manager.
    Network,
    /// Authentication, TLS and keys.
    Security,
    /// Files that are read and written.
    Files,
    /// Exit statuses.
    ExitCodes,
}
