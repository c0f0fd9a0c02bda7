//! Exit codes.

use std::process::ExitCode;

/// How a command ends; `connect` and `status` use all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All is well.
    Ok,
    /// Failed; nothing usable.
    Failed,
    /// There is no NBFT, or nothing in it to connect.
    Nothing,
    /// Each boot namespace is present, but a path that firmware had connected is not.
    Degraded,
}

impl Exit {
    /// The number (2, a wrong command line, is clap's own).
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Failed => 1,
            Self::Nothing => 3,
            Self::Degraded => 4,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
