//! Options of `nbft list-names`, which the shells' completions call and no help names.

use clap::{Args, ValueEnum};

/// `nbft list-names`.
#[derive(Debug, Args)]
pub struct NamesArgs {
    /// What to list
    #[arg(value_enum)]
    pub kind: NameKind,
}

/// What names an argument takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum NameKind {
    /// NQNs of hosts.
    Hosts,
    /// NQNs of subsystems.
    Subsystems,
    /// What `nbft disconnect` takes.
    Targets,
}
