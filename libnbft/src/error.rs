//! Why a table cannot be used at all.

use core::ops::Range;

/// The bytes are not a table that anything could be read from.
///
/// Everything less than that is a [`Finding`](crate::Finding): the rest of the table stays usable. The kinds are private, so
/// that a later version may tell more apart; the text says which it was, and [`ParseError::is_not_nbft`] whether the bytes
/// are something else altogether.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a usable NBFT: {kind}")]
pub struct ParseError {
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Kind {
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
    pub(crate) const fn new(kind: Kind) -> Self {
        Self { kind }
    }

    /// Whether the bytes are no NBFT at all: their signature is another one, or they are too few to hold one.
    #[must_use]
    pub const fn is_not_nbft(&self) -> bool {
        matches!(self.kind, Kind::Signature(_) | Kind::Short(_))
    }

    /// The bytes that show it, as offsets into the input. Lies inside it; empty only for an empty input.
    #[must_use]
    pub const fn span(&self) -> Range<usize> {
        match self.kind {
            Kind::Signature(_) => 0..4,
            Kind::Short(length) => 0..length,
            Kind::ShortLength(_) => 4..8,
            Kind::Major(_) => 8..9,
            Kind::ControlId(_) => 64..65,
            Kind::ControlInvalid => 70..71,
        }
    }
}
