//! Finds out who watches a command that takes long.

use std::env;
use std::io::IsTerminal as _;
use std::time::Duration;

/// Who receives the progress of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// systemd: it shows one line for each service.
    Systemd,
    /// A person at a terminal, whose lines can be drawn again.
    Terminal,
    /// A reader of the log.
    Log,
}

impl Audience {
    /// The audience of this process, by how it was started.
    #[must_use]
    pub fn current() -> Self {
        if env::var_os("NOTIFY_SOCKET").is_some() {
            return Self::Systemd;
        }
        match is_drawable() && is_foreground() {
            true => Self::Terminal,
            false => Self::Log,
        }
    }

    /// The pause between two reports.
    #[must_use]
    pub const fn pause(self) -> Duration {
        match self {
            Self::Terminal => Duration::from_secs(1),
            Self::Systemd | Self::Log => Duration::from_secs(10),
        }
    }
}

/// Whether both outputs are a terminal that knows how to move its cursor.
#[must_use]
pub fn is_drawable() -> bool {
    let knows = |term: &std::ffi::OsStr| !term.is_empty() && term != "dumb";
    super::is_terminal() && super::stderr().is_terminal() && env::var_os("TERM").is_some_and(|term| knows(&term))
}

/// Whether this process controls the terminal. No process controls the console of a boot, and many write to it.
fn is_foreground() -> bool {
    nix::unistd::tcgetpgrp(super::stderr()).is_ok_and(|group| group == nix::unistd::getpgrp())
}
