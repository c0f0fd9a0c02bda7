//! Holds fixed-width texts, and the error for texts that do not have the expected form.

use alloc::string::String;
use core::fmt;

/// A text does not have the expected form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not {expected}")]
pub struct TextError {
    /// The text.
    pub text: String,
    /// What was expected.
    pub expected: &'static str,
}

pub(super) fn text_error(text: &str, expected: &'static str) -> TextError {
    TextError { text: text.into(), expected }
}

/// A fixed-width ASCII field, padded with NUL.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct FixedText<const N: usize>(pub [u8; N]);

impl<const N: usize> Default for FixedText<N> {
    fn default() -> Self {
        Self([0; N])
    }
}

impl<const N: usize> FixedText<N> {
    /// The text without its padding, with other bytes than printable ASCII escaped.
    #[must_use]
    pub fn text(&self) -> String {
        let end = self.0.iter().rposition(|b| *b != 0).map_or(0, |last| last + 1);
        self.0[..end].escape_ascii().map(char::from).collect()
    }
}

impl<const N: usize> fmt::Debug for FixedText<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.text())
    }
}
