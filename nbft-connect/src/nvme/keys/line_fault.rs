//! Says why a key of a service, or a line of `nbft-redfish`, cannot be used.

use super::key::MalformedKey;
use crate::json_error::JsonError;
use libnbft::codes;

/// Why a key of a service cannot be used. `which` is its path, if no secret can be in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// Two different keys are for one use.
    #[error("{which} is one of two different keys for the same: which is meant cannot be told")]
    Ambiguous {
        /// The key.
        which: String,
    },
    /// The service does not give the key out.
    #[error("{which} has no KeyString: the service does not give the key out")]
    Hidden {
        /// The key.
        which: String,
    },
    /// Its text is not a key.
    #[error("{which} is no key: {error}")]
    Malformed {
        /// The key.
        which: String,
        /// Why.
        error: MalformedKey,
    },
    /// It is a key of another kind than the service says.
    #[error("{which} is {is}, and its SecurityProtocolType says otherwise")]
    OtherKind {
        /// The key.
        which: String,
        /// What it is.
        is: String,
    },
    /// The program that found it says so.
    #[error("{text}")]
    Reported {
        /// The code of its fault, one of [`KeyFault::CODES`].
        code: &'static str,
        /// Its sentence.
        text: String,
    },
}

codes!(KeyFault {
    Ambiguous => "key-ambiguous",
    Hidden => "key-hidden",
    Malformed => "key-malformed",
    OtherKind => "key-other-kind",
    Reported => "key-reported",
});

impl KeyFault {
    /// The code of the fault itself, also of one that the program reports.
    #[must_use]
    pub const fn cause_code(&self) -> &'static str {
        match self {
            Self::Reported { code, .. } => code,
            other => other.code(),
        }
    }
}

/// Why the output of the program cannot be read. No message quotes it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolError {
    /// The last line is incomplete.
    #[error("its output is cut off")]
    CutOff,
    /// A line is not a key.
    #[error("line {number} of its output is not a key: {fault}")]
    Line {
        /// Its number, from 1.
        number: usize,
        /// Why.
        fault: LineFault,
    },
}

/// Why a line is not a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineFault {
    /// It is not JSON of this form.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// The name is unknown.
    #[error("unknown name")]
    Name,
    /// The code is unknown.
    #[error("unknown code")]
    Code,
    /// The key is malformed.
    #[error("{0}")]
    Key(MalformedKey),
    /// It has both a key and an error, or neither.
    #[error("it must have either a key, or an error with its code")]
    Both,
    /// The kind of the key does not match the name.
    #[error("its kind does not match its name")]
    Kind,
}
