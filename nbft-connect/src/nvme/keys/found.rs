//! What `nbft-redfish` hands to who has started it: a line for each secret, else a reason, and by its status whether to ask again.

use super::names::Name;
use super::secret::Secret;
use std::fmt;
use zeroize::Zeroizing;

/// What stands before the reason why a key that is there is of no use.
const ERROR: &str = "error: ";

/// The NQN of every subsystem.
const ANY: &str = "*";

/// A secret that was found, or in words why it is of no use: others may be.
#[derive(Debug)]
pub struct Found {
    /// What it is.
    pub(crate) name: Name,
    /// The subsystem that it is for; `None`: any.
    pub(crate) subsystem: Option<String>,
    pub(crate) secret: Result<Secret, String>,
}

/// Why nothing was fetched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It may be otherwise soon.
    #[error("{0}")]
    ForNow(String),
    /// It will be the same next time, or trying again could do harm.
    #[error("{0}")]
    ForGood(String),
}

impl Failure {
    /// The program's status when it may be otherwise soon (sysexits, `EX_TEMPFAIL`); any other is for good.
    pub const STATUS_FOR_NOW: u8 = 75;

    pub(crate) fn good(what: impl fmt::Display) -> Self {
        Self::ForGood(what.to_string())
    }

    pub(crate) fn now(what: impl fmt::Display) -> Self {
        Self::ForNow(what.to_string())
    }
}

impl Found {
    /// The line for a program: name, NQN or `*`, and the key, or `error: ` and why there is none, with a tab between them.
    #[must_use]
    pub fn line(&self) -> Zeroizing<String> {
        let nqn = self.subsystem.as_deref().unwrap_or(ANY);
        let (error, rest) = match &self.secret {
            Ok(secret) => ("", secret.expose()),
            Err(reason) => (ERROR, reason.as_str()),
        };
        // As long as it becomes, so that no copy of the key is left behind.
        Zeroizing::new([self.name.text(), "\t", nqn, "\t", error, rest, "\n"].concat())
    }

    /// From a line without its end.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let mut parts = line.splitn(3, '\t');
        let (name, nqn, key) = (Name::of(parts.next()?)?, parts.next()?, parts.next()?);
        let secret = match key.strip_prefix(ERROR) {
            Some(reason) => Err(reason.to_owned()),
            None => Ok(Secret::parse(key).ok().filter(|secret| secret.kind() == name.kind())?),
        };
        Some(Self { name, subsystem: (nqn != ANY).then(|| nqn.to_owned()), secret })
    }
}

/// The line for people.
impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nqn = self.subsystem.as_deref().unwrap_or("every subsystem");
        write!(f, "{} for {nqn}: ", self.name.text())?;
        match &self.secret {
            Ok(secret) => writeln!(f, "{secret}"),
            Err(reason) => writeln!(f, "{reason}"),
        }
    }
}
