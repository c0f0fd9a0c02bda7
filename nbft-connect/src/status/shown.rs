//! Gives each state the word and the mark that people see.

use super::schema::State;
use crate::output::Mark;

impl State {
    /// Its word, as in the JSON.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Up => "up",
            Self::Failed => "failed",
            Self::Excluded => "excluded",
        }
    }

    /// The mark that shows how good it is.
    pub(crate) const fn mark(self) -> Option<Mark> {
        match self {
            Self::Up => Some(Mark::Good),
            Self::Pending => Some(Mark::Warning),
            Self::Failed => Some(Mark::Bad),
            Self::Excluded => None,
        }
    }
}
