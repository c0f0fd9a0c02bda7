//! Counts findings by severity, in words.

use crate::output::{Mark, Text};
use libnbft::{Finding, Severity};

/// The number of findings of each severity, the gravest first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts([usize; 3]);

const SEVERITIES: [Severity; 3] = [Severity::Error, Severity::Warning, Severity::Note];

impl Counts {
    /// Counts these findings.
    pub(super) fn of<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> Self {
        let mut counts = Self::default();
        for finding in findings {
            counts.0[position(finding.severity)] += 1;
        }
        counts
    }

    /// The number of findings of one severity.
    pub(super) const fn get(self, severity: Severity) -> usize {
        self.0[position(severity)]
    }

    /// Adds other counts.
    pub(super) fn add(&mut self, other: Self) {
        self.0.iter_mut().zip(other.0).for_each(|(count, more)| *count += more);
    }

    /// Adds `1 error, 2 notes` to the open line; leaves out zero counts.
    pub(super) fn write(self, text: &mut Text) {
        let mut found = SEVERITIES.into_iter().zip(self.0).filter(|(_, count)| *count > 0).peekable();
        while let Some((severity, count)) = found.next() {
            text.mark(mark(severity), counted(count, severity.name()));
            if found.peek().is_some() {
                text.add(", ");
            }
        }
    }

    /// Whether all counts are 0.
    pub(super) fn is_empty(self) -> bool {
        self == Self::default()
    }
}

const fn position(severity: Severity) -> usize {
    match severity {
        Severity::Error => 0,
        Severity::Warning => 1,
        Severity::Note => 2,
    }
}

/// The mark of a severity.
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
