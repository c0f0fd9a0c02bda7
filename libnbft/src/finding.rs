//! What is wrong with a table: findings, each with its rule and its bytes.

use crate::rule::Rule;
use crate::text::is_harmless;
use alloc::string::String;
use core::fmt;
use core::ops::Range;

/// How much a finding matters. Ordered: [`Severity::Note`] is the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "lowercase"))]
pub enum Severity {
    /// A known quirk, or something worth knowing; nothing is lost.
    Note,
    /// Usable, but against the specification.
    Warning,
    /// Something cannot be used.
    Error,
}

impl Severity {
    /// `note`, `warning` or `error`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

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

/// Text from firmware as a message shows it: quoted, escaped, cut after 96 characters.
pub(crate) struct Quoted<'a>(pub(crate) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&QuotedUpTo(self.0, 96), f)
    }
}

/// The same, cut after as many characters as are told.
pub(crate) struct QuotedUpTo<'a>(pub(crate) &'a str, pub(crate) usize);

impl fmt::Display for QuotedUpTo<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.chars();
        f.write_str("“")?;
        for c in rest.by_ref().take(self.1) {
            if c == '\\' || !is_harmless(c) {
                write!(f, "{}", c.escape_default())?;
            } else {
                write!(f, "{c}")?;
            }
        }
        f.write_str(if rest.next().is_some() { "…”" } else { "”" })
    }
}
