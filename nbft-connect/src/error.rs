//! Holds the error that ends a command.

use std::error::Error as Cause;
use std::io;
use std::path::PathBuf;

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file could not be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file has another content than the one to be written.
    #[error(transparent)]
    Existing(#[from] ExistingError),
    /// Standard output could not be written.
    #[error("standard output: {0}")]
    Stdout(#[source] io::Error),
    /// The user's input is unusable: exit 2, as for any wrong command line.
    #[error(transparent)]
    Usage(#[from] UsageError),
    /// The tables could not be found.
    #[error("{source}{}", if *needs_root { "; only root may read the tables of the machine: run nbft as root" } else { "" })]
    Tables {
        /// Why.
        source: Box<dyn Cause + Send + Sync>,
        /// Whether root could have found them.
        needs_root: bool,
    },
    /// An input has the wrong content.
    #[error("{name}: {source}")]
    Input {
        /// Its name.
        name: String,
        /// What is wrong.
        source: Box<dyn Cause + Send + Sync>,
    },
    /// A value has no JSON form.
    #[error("JSON: {0}")]
    Json(#[source] Box<dyn Cause + Send + Sync>),
    /// A part that a command needs could not be started.
    #[error("{part}: {source}")]
    Start {
        /// What it is.
        part: Part,
        /// Why.
        source: io::Error,
    },
    /// The kernel's network could not be used.
    #[error("network: {0}")]
    Network(#[source] Box<dyn Cause + Send + Sync>),
}

/// A file that has another content, and is not replaced unless told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} holds {old}: it is left alone, give --force to replace it", path.display())]
pub struct ExistingError {
    /// The file.
    pub path: PathBuf,
    /// What it holds.
    pub old: String,
}

/// A fault in a command line that clap accepts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UsageError {
    /// An option that belongs to another value of FORMAT.
    #[error("{option} goes with {format} only")]
    OtherFormat {
        /// The option.
        option: &'static str,
        /// The format.
        format: &'static str,
    },
    /// A path that must lead to one table leads to none, or to several.
    #[error("{}: {} here; give one table file", path.display(), if *count == 0 { "no table".to_owned() } else { format!("{count} tables") })]
    NotOneTable {
        /// The path.
        path: PathBuf,
        /// How many tables it leads to.
        count: usize,
    },
    /// A key stands on the command line.
    #[error(
        "a key is not taken as an argument, which every user can see: give it on standard input, with - in its place"
    )]
    KeyAsArgument,
    /// There is no help on this.
    #[error("there is no command or topic {0}: see nbft help")]
    NoTopic(String),
    /// A table would go to a terminal.
    #[error("a table is no text for a terminal: give --output, or redirect")]
    TableOnTerminal,
    /// An option names a byte that the table does not have.
    #[error("{option} {at}: the table has {length} bytes only")]
    BeyondTable {
        /// The option.
        option: &'static str,
        /// The byte.
        at: usize,
        /// The length of the table.
        length: usize,
    },
}

/// A part of the system that a command runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Part {
    /// The runtime for asynchronous work.
    #[error("the runtime cannot start")]
    Runtime,
    /// The process that writes to the fabrics device.
    #[error("the process that writes to /dev/nvme-fabrics cannot start")]
    Helper,
    /// Signals.
    #[error("signals cannot be received")]
    Signals,
    /// The kernel's uevents.
    #[error("uevents cannot be received")]
    Uevents,
}

impl Part {
    /// The error of a command that needs this part.
    pub(crate) const fn failed(self) -> impl Fn(io::Error) -> Error {
        move |source| Error::Start { part: self, source }
    }
}

impl Error {
    /// The exit code that goes with it.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            // The exit code of clap's own errors.
            Self::Usage(_) => 2,
            _ => 1,
        }
    }

    /// Whether this is a closed pipe on standard output, which is no failure.
    #[must_use]
    pub fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Stdout(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// The error for an input with the wrong content.
    pub(crate) fn input(name: impl Into<String>, source: impl Cause + Send + Sync + 'static) -> Self {
        Self::Input { name: name.into(), source: Box::new(source) }
    }

    /// The error for a kernel network that could not be used.
    pub(crate) fn network(source: impl Cause + Send + Sync + 'static) -> Self {
        Self::Network(Box::new(source))
    }
}
