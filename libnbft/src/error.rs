//! Defines why bytes are not a usable table.

use core::ops::Range;

/// Why the bytes are unusable as a table.
///
/// Smaller faults are [`Finding`](crate::Finding)s, and the rest of the table stays usable. The kinds of problem are private, so that a
/// later version may add more. The text names the problem; [`ParseError::is_not_nbft`] says whether the bytes are not an NBFT at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a usable NBFT: {problem}")]
pub struct ParseError {
    problem: Problem,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Problem {
    #[error("it begins with {} instead of “NBFT”", .0.escape_ascii())]
    Signature([u8; 4]),
    #[error("it has {0} bytes, fewer than the 128 of header and control descriptor")]
    Short(usize),
    #[error("its header states a length of {0} bytes, fewer than the 128 of header and control descriptor")]
    ShortLength(u32),
    #[error("its major revision is {0}; only 1 is known")]
    Major(u8),
    #[error("there is no control descriptor at offset 64: the structure ID there is {0}, not 1")]
    ControlId(u8),
    #[error("its control descriptor is not marked valid")]
    ControlInvalid,
}

impl ParseError {
    #[cold]
    pub(crate) const fn new(problem: Problem) -> Self {
        Self { problem }
    }

    /// Whether the bytes are not an NBFT at all: they have another signature or are shorter than 128 bytes.
    #[must_use]
    pub const fn is_not_nbft(&self) -> bool {
        matches!(self.problem, Problem::Signature(_) | Problem::Short(_))
    }

    /// The bytes that show the problem, as offsets into the input. The span lies inside it and is empty only if the input is.
    #[must_use]
    pub const fn span(&self) -> Range<usize> {
        match self.problem {
            Problem::Signature(_) => 0..4,
            Problem::Short(length) => 0..length,
            Problem::ShortLength(_) => 4..8,
            Problem::Major(_) => 8..9,
            Problem::ControlId(_) => 64..65,
            Problem::ControlInvalid => 70..71,
        }
    }
}
