//! Findings: what is wrong with a table, each with its rule and its bytes.

mod quoted;
mod rule;
mod severity;

pub(crate) use quoted::{Quoted, QuotedUpTo};
pub use rule::Rule;
pub use severity::Severity;

use alloc::string::String;
use core::fmt;
use core::ops::Range;

/// One thing that is wrong with a table, or strange about it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Finding {
    /// The rule that was broken.
    pub rule: Rule,
    /// How much it matters; that of the rule.
    pub severity: Severity,
    /// What is wrong, in a sentence without its full stop. Text from the table stands in it escaped and shortened.
    pub message: String,
    /// The bytes that show it, as offsets into the input; always inside it, and never empty.
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
