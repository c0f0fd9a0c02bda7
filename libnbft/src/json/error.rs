//! Why JSON is no table.

use alloc::format;
use alloc::string::String;

/// JSON of the right form that describes no table: a value is not what its key promises, or two keys contradict each other.
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

    /// The same error of something inside `outer`.
    pub(super) fn within(mut self, outer: &str) -> Self {
        self.place = format!("{outer}.{}", self.place);
        self
    }

    /// Where: a path of keys, such as `subsystem[2].nid`.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }
}
