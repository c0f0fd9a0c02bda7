//! Says why JSON does not describe a table.

use alloc::format;
use alloc::string::String;

/// JSON has the right form but does not describe a table: a value does not fit its key, or two keys contradict each other.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {reason}")]
pub struct JsonError {
    place: String,
    reason: String,
}

impl JsonError {
    pub(super) fn new(place: &str, reason: String) -> Self {
        Self { place: place.into(), reason }
    }

    /// The same error, with `outer` in front of its path.
    pub(super) fn within(mut self, outer: &str) -> Self {
        self.place = format!("{outer}.{}", self.place);
        self
    }

    /// The path of keys to the value, such as `subsystem[2].nid`.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }
}
