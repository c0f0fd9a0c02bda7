//! Collects one section of text output: a heading, and lines of label and value.

use crate::output::{Screen, Text};

/// A heading with its lines.
#[derive(Debug)]
pub(super) struct Section {
    title: String,
    lines: Vec<(&'static str, String)>,
}

/// Width of the column of labels.
const LABELS: usize = 22;

impl Section {
    pub(super) fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), lines: Vec::new() }
    }

    /// Adds a line.
    pub(super) fn line(&mut self, label: &'static str, value: impl Into<String>) {
        self.lines.push((label, value.into()));
    }

    /// Adds a line for a text that may be missing.
    pub(super) fn text(&mut self, label: &'static str, value: Option<&str>) {
        match value {
            Some(value) => self.line(label, value),
            None => self.line(label, "none"),
        }
    }

    /// Adds explanation below the line before it.
    pub(super) fn explain(&mut self, text: &str) {
        self.lines.push(("", text.to_owned()));
    }

    /// Adds the lines to a text, wrapped between words.
    pub(super) fn render(&self, text: &mut Text, screen: Screen) {
        text.line(&self.title);
        for (label, value) in &self.lines {
            text.wrapped_whole(screen, 2 + LABELS, format_args!("  {label:LABELS$}{value}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Screen, Section, Text};

    #[test]
    fn values_are_escaped_and_explanations_wrapped() {
        let mut section = Section::new("HFI 1");
        section.line("host name", "a\u{1b}[2J\nb");
        section.text("driver path", None);
        section.explain(&"word ".repeat(20));
        let mut text = Text::new();
        section.render(&mut text, Screen::plain(80));
        let [first, second] = [11, 9].map(|words| "word ".repeat(words).trim_end().to_owned());
        let blank = " ".repeat(24);
        assert_eq!(
            text.plain(),
            format!(
                "HFI 1\n  host name             a\\u{{1b}}[2J\\nb\n  driver path           none\n{blank}{first}\n{blank}{second}\n"
            )
        );
    }
}
