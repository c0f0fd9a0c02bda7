//! Errors of the lab itself. An unexpected outcome of a scenario is not one of them: it is a complaint.

use std::io;
use std::path::{Path, PathBuf};

/// An error of the bench.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or directory.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A program that could not be started.
    #[error("{program}: {source}")]
    Start {
        /// Its name.
        program: String,
        /// Why.
        source: io::Error,
    },
    /// A program that failed.
    #[error("{command}: {status}\n{tail}")]
    Failed {
        /// The command line.
        command: String,
        /// How it ended.
        status: String,
        /// The last lines that it wrote.
        tail: String,
    },
    /// A scenario or list that cannot be read.
    #[error("{}: {message}", path.display())]
    Scenario {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// Packages are missing, and we may not install them.
    #[error("these packages are missing; install them with\n  {line}")]
    Packages {
        /// The one line to run.
        line: String,
    },
    /// A virtual machine.
    #[error("{0}")]
    Vm(String),
    /// Something else about this machine.
    #[error("{0}")]
    Machine(String),
    /// SIGINT or SIGTERM.
    #[error("interrupted")]
    Interrupted,
}

/// A result of the bench.
pub type Result<T> = std::result::Result<T, Error>;

/// Gives an I/O error its path.
pub trait At<T> {
    /// With the path that it is about.
    fn at(self, path: impl AsRef<Path>) -> Result<T>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, path: impl AsRef<Path>) -> Result<T> {
        self.map_err(|source| Error::File { path: path.as_ref().to_path_buf(), source })
    }
}
