//! Counts findings by severity, in words.

use crate::output::{Mark, Text};
use libnbft::{Finding, Severity};

/// The number of findings of each severity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    errors: usize,
    warnings: usize,
    notes: usize,
}

impl Counts {
    /// Those of these findings.
    pub(super) fn of<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> Self {
        let mut counts = Self::default();
        for finding in findings {
            *counts.count(finding.severity) += 1;
        }
        counts
    }

    fn count(&mut self, severity: Severity) -> &mut usize {
        match severity {
            Severity::Error => &mut self.errors,
            Severity::Warning => &mut self.warnings,
            Severity::Note => &mut self.notes,
        }
    }

    /// Adds others to them.
    pub(super) fn add(&mut self, other: Self) {
        self.errors += other.errors;
        self.warnings += other.warnings;
        self.notes += other.notes;
    }

    /// Adds `1 error, 2 notes` to the line that is open, without what is not there.
    pub(super) fn write(self, text: &mut Text) {
        let counts = [(Severity::Error, self.errors), (Severity::Warning, self.warnings), (Severity::Note, self.notes)];
        let mut found = counts.into_iter().filter(|(_, count)| *count > 0).peekable();
        while let Some((severity, count)) = found.next() {
            text.mark(mark(severity), counted(count, severity.name()));
            if found.peek().is_some() {
                text.add(", ");
            }
        }
    }

    /// Whether there is none.
    pub(super) fn is_empty(self) -> bool {
        self == Self::default()
    }
}

/// How bad a severity is.
pub(super) const fn mark(severity: Severity) -> Option<Mark> {
    match severity {
        Severity::Error => Some(Mark::Bad),
        Severity::Warning => Some(Mark::Warning),
        Severity::Note => None,
    }
}

/// `1 path`, `2 paths`.
pub(super) fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
