//! Describes findings: each says what is wrong with a table, by which rule, and in which bytes.

mod define_rules;
mod quoted;
mod rule;
mod severity;

pub(crate) use quoted::{Quoted, QuotedUpTo};
pub use rule::Rule;
pub use severity::Severity;

use alloc::string::String;
use core::fmt;
use core::ops::Range;

/// A violation of the specification, or a known quirk, in a table.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Finding {
    /// The rule that was broken.
    pub rule: Rule,
    /// The severity of the rule.
    pub severity: Severity,
    /// What is wrong, as a sentence without a full stop. It quotes text from the table escaped and shortened.
    pub message: String,
    /// The bytes that show it, as offsets into the input. The span lies inside the input and is never empty.
    pub span: Range<usize>,
}

impl Finding {
    #[cold]
    pub(crate) fn new(rule: Rule, message: fmt::Arguments<'_>, span: Range<usize>) -> Self {
        Self { rule, severity: rule.severity(), message: alloc::fmt::format(message), span }
    }
}

/// The span of the byte at `at`.
pub(crate) const fn one_byte(at: usize) -> Range<usize> {
    at..at + 1
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Range { start, end } = self.span;
        write!(f, "{}: {} [{}] (bytes {start:#x}..{end:#x})", self.severity, self.message, self.rule)
    }
}
