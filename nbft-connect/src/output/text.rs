//! Lines for people.

use super::line;
use std::fmt::{Display, Write};

/// Lines: whatever a line is put together from, it stays one, has no character in it that a terminal would obey, and no secret.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Text {
    done: String,
    /// The line that is open, as it came.
    open: String,
}

impl Text {
    /// No line.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The lines of a text whose newlines are our own: those of a help text, or of a plan, which escapes what it holds.
    #[must_use]
    pub fn from_lines(text: &str) -> Self {
        let mut lines = Self::new();
        text.lines().for_each(|line| lines.line(line));
        lines
    }

    /// Adds to the line that is open.
    pub fn add(&mut self, part: impl Display) {
        // Writing to a String cannot fail.
        let _ = write!(self.open, "{part}");
    }

    /// Adds to the line that is open, and ends it.
    pub fn line(&mut self, rest: impl Display) {
        self.add(rest);
        self.done.push_str(&line(&self.open));
        self.done.push('\n');
        self.open.clear();
    }

    /// Ends the line that is open.
    pub fn end(&mut self) {
        self.line("");
    }

    /// Adds all lines of another text, each behind `indent`, unless it is empty.
    pub fn append(&mut self, other: &Self, indent: &str) {
        for line in other.done.lines() {
            self.done.push_str(if line.is_empty() { "" } else { indent });
            self.done.push_str(line);
            self.done.push('\n');
        }
    }

    /// The lines that were ended.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.done
    }
}

#[cfg(test)]
mod tests {
    use super::Text;

    #[test]
    fn no_value_ends_a_line() {
        let mut text = Text::new();
        text.add(format_args!("path {} ", "a\nb\u{1b}[2J"));
        text.line("DHHC-1:00:AAEC: \u{9b}");
        text.end();
        let mut all = Text::new();
        all.line("all");
        all.append(&text, "  ");
        assert_eq!(all.as_str(), "all\n  path a\\nb\\u{1b}[2J *** \\u{9b}\n\n");
        assert_eq!(Text::from_lines("a\r\n\u{202e}\n").as_str(), "a\n\\u{202e}\n");
    }
}
