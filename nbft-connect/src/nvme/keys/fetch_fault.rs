//! Says why a program gave no secrets, and which source a subsystem waits for.

use super::file_error::FileError;
use super::key::MalformedKey;
use super::key_name::Name;
use super::keypath;
use super::line_fault::ProtocolError;
use super::redfish_fault::RedfishFault;
use crate::output::{cut, mask};
use crate::system_error::SystemError;
use std::fmt;
use std::path::PathBuf;
use std::process::ExitStatus;

/// The longest reason, in bytes; longer ones are cut.
const MAX_REASON: usize = 1000;

/// Why nothing was fetched. Display is short and holds no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", reason(&fault.to_string()))]
pub struct Failure {
    /// Why.
    pub fault: FetchFault,
    /// Whether a later attempt may succeed. Otherwise it would fail too, or could do harm.
    pub is_temporary: bool,
}

/// A reason of bounded length without any key: it may quote other texts.
pub(super) fn reason(what: &str) -> String {
    cut(&mask(what), MAX_REASON).into_owned()
}

impl Failure {
    /// The program's exit status for a temporary failure (sysexits, `EX_TEMPFAIL`).
    pub const STATUS_FOR_NOW: u8 = 75;

    pub(super) const fn good(fault: FetchFault) -> Self {
        Self { fault, is_temporary: false }
    }

    pub(super) const fn now(fault: FetchFault) -> Self {
        Self { fault, is_temporary: true }
    }
}

/// Why a fetch gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchFault {
    /// The time for all fetches was over.
    #[error("no answer within the time for fetching secrets")]
    TooLate,
    /// The key-command must not be run: others may change it.
    #[error(transparent)]
    File(FileError),
    /// The key-command failed.
    #[error(transparent)]
    Command(CommandFailed),
    /// The key-command was too slow for another key, and is not run again.
    #[error("{failed}, for {subsystem}; it is not run again")]
    GivenUp {
        /// How it failed.
        failed: CommandFailed,
        /// The subsystem of that key.
        subsystem: String,
    },
    /// A keypath names a user or a password.
    #[error("{keypath}: {}", keypath::NAMES_USER)]
    NamesUser {
        /// The keypath, as messages may show it.
        keypath: String,
    },
    /// `nbft-redfish` is too slow.
    #[error("/{program} takes longer than {seconds} s")]
    Slow {
        /// Its path.
        program: &'static str,
        /// Its time limit.
        seconds: u64,
    },
    /// `nbft-redfish` cannot be run, or not understood.
    #[error("{}: {fault}", program.display())]
    Program {
        /// Its path.
        program: PathBuf,
        /// Why.
        fault: ProgramFault,
    },
    /// `nbft-redfish` says why it has no secrets.
    #[error("{text}")]
    Service {
        /// Its exit status.
        status: ExitStatus,
        /// The kind of failure, if it says so.
        kind: Option<RedfishFault>,
        /// Its sentence.
        text: String,
    },
}

/// Why `nbft-redfish` cannot be run or understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProgramFault {
    /// It is not installed.
    #[error("it is not there, and fetches what a Redfish service holds")]
    Missing,
    /// The system cannot run it.
    #[error("{0}")]
    System(SystemError),
    /// Its output is longer than the keys of any service.
    #[error("it prints more than {limit} bytes")]
    Long {
        /// The limit.
        limit: usize,
    },
    /// Its output cannot be read.
    #[error(transparent)]
    Output(ProtocolError),
    /// It failed without a message.
    #[error("{0}")]
    Ended(ExitStatus),
}

/// A failed run of the key-command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} {}: {fault}", program.display(), name.text())]
pub struct CommandFailed {
    /// Its path.
    pub program: PathBuf,
    /// The name of the key.
    pub name: Name,
    /// Why.
    pub fault: CommandFault,
}

/// Why a run of the key-command gave no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandFault {
    /// The system cannot run it, or its output cannot be read.
    #[error("{0}")]
    System(SystemError),
    /// It takes too long.
    #[error("it takes longer than {seconds} s")]
    Slow {
        /// Its time limit.
        seconds: u64,
    },
    /// It failed.
    #[error("{0}")]
    Ended(ExitStatus),
    /// Its output is not a key.
    #[error("its output is not a key: {0}")]
    Malformed(MalformedKey),
    /// Its output is a key of another kind.
    #[error("it prints {is}, which is the wrong kind")]
    OtherKind {
        /// The key, as messages may show it.
        is: String,
    },
}

/// A source of secrets that a subsystem waits for. Display is a phrase for "waits for its secrets".
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// The key-command; its path.
    Command(PathBuf),
    /// Redfish services; their keypaths.
    Redfish(Vec<String>),
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command(program) => write!(f, "from {}", program.display()),
            Self::Redfish(keypaths) => {
                let keypaths: Vec<_> = keypaths.iter().map(|keypath| keypath::shown(keypath)).collect();
                write!(f, "by Redfish from {}", keypaths.join(" and "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PSK: &str = "NVMeTLSkey-1:01:VRLbtnN9AQb2WXW3c9+wEf/DRLz0QuLdbYvEhwtdWwNf9LrZ:";

    #[test]
    fn reasons_are_short_and_hold_no_key() {
        let keypath = format!("{PSK} {}", "\u{e4}".repeat(5000));
        let failure = Failure::good(FetchFault::NamesUser { keypath }).to_string();
        assert!(failure.starts_with("*** ") && failure.ends_with(" [...]") && failure.len() < 1020, "{failure}");
    }
}
