//! Collects one section of text output: a heading, and lines of label and value.

use crate::output::Text;

/// A heading with its lines.
#[derive(Debug)]
pub(super) struct Section {
    title: String,
    lines: Vec<(&'static str, String)>,
}

/// Width of the column of labels.
const LABELS: usize = 22;
/// Where advice is wrapped.
const WIDTH: usize = 110;

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

    /// Adds explanation below the line before it, wrapped at word boundaries.
    pub(super) fn explain(&mut self, text: &str) {
        let mut line = String::new();
        for word in text.split(' ') {
            if !line.is_empty() && 2 + LABELS + line.len() + 1 + word.len() > WIDTH {
                self.lines.push(("", std::mem::take(&mut line)));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        self.lines.push(("", line));
    }

    /// Adds the lines to a text.
    pub(super) fn render(&self, text: &mut Text) {
        text.line(&self.title);
        for (label, value) in &self.lines {
            text.line(format_args!("  {label:LABELS$}{value}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Section, Text};

    #[test]
    fn values_are_escaped_and_explanations_wrapped() {
        let mut section = Section::new("HFI 1");
        section.line("host name", "a\u{1b}[2J\nb");
        section.text("driver path", None);
        section.explain(&"word ".repeat(20).repeat(2));
        let word = "word ".repeat(17);
        let mut text = Text::new();
        section.render(&mut text);
        assert_eq!(
            text.as_str(),
            format!(
                "HFI 1\n  host name             a\\u{{1b}}[2J\\nb\n  driver path           none\n{blank}{}\n{blank}{}\n{blank}{}\n",
                word.trim_end(),
                word.trim_end(),
                "word ".repeat(6),
                blank = " ".repeat(24)
            )
        );
    }
}
