//! Lines for people.

use super::wrap::{LongWord, wrap};
use super::{Mark, Screen, line, mark};
use std::fmt::{Display, Write};

/// Lines for people. A line stays one line, whatever its parts, and holds no secret and no character that a terminal would obey. A wrapped
/// line becomes several, all but the first indented.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Text {
    /// Escaped, with marks.
    done: String,
    /// The part of the open line that was escaped already, with marks.
    settled: String,
    /// The rest of the line that is open, as it came.
    open: String,
}

impl Text {
    /// No line.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The lines of a text whose newlines are nbft's own: those of a help text, or of a plan, which escapes what it holds.
    #[must_use]
    pub fn from_lines(text: &str) -> Self {
        let mut lines = Self::new();
        text.lines().for_each(|line| lines.line(line));
        lines
    }

    /// As [`Self::from_lines`], wrapped at the screen's width; no word is shortened.
    #[must_use]
    pub fn from_lines_wrapped(text: &str, screen: Screen) -> Self {
        let mut lines = Self::new();
        for line in text.lines() {
            let indent = line.len() - line.trim_start_matches(' ').len() + 4;
            lines.wrapped_whole(screen, indent, line);
        }
        lines
    }

    /// Adds to the line that is open.
    pub fn add(&mut self, part: impl Display) {
        // Writing to a String cannot fail.
        let _ = write!(self.open, "{part}");
    }

    /// Adds a state or a severity to the line that is open.
    pub fn mark(&mut self, mark: Option<Mark>, word: impl Display) {
        let Some(mark) = mark else { return self.add(word) };
        let before = line(&std::mem::take(&mut self.open));
        self.settled.push_str(&before);
        self.settled.push_str(&mark.on(&line(&word.to_string())));
    }

    /// Adds to the line that is open, and ends it.
    pub fn line(&mut self, rest: impl Display) {
        let line = self.take(rest);
        self.push(&line);
    }

    /// Adds to the line that is open, and ends it; what is wider than the screen goes on below, behind `indent` blanks. A word that
    /// is wider still is shortened.
    pub fn wrapped(&mut self, screen: Screen, indent: usize, rest: impl Display) {
        self.wrap(screen, indent, rest, LongWord::Shortened);
    }

    /// As [`Self::wrapped`], with every word whole.
    pub fn wrapped_whole(&mut self, screen: Screen, indent: usize, rest: impl Display) {
        self.wrap(screen, indent, rest, LongWord::Whole);
    }

    /// Whether a name in it was shortened for this screen. A name with such dots of its own counts too.
    #[must_use]
    pub fn is_shortened(&self, screen: Screen) -> bool {
        self.done.contains(screen.ellipsis())
    }

    fn wrap(&mut self, screen: Screen, indent: usize, rest: impl Display, long: LongWord) {
        let line = self.take(rest);
        // At least half of the line is for words.
        let indent = " ".repeat(indent.min(screen.width / 2));
        wrap(&line, screen, &indent, long).iter().for_each(|line| self.push(line));
    }

    /// The line that was open, escaped.
    fn take(&mut self, rest: impl Display) -> String {
        self.add(rest);
        let mut whole = std::mem::take(&mut self.settled);
        whole.push_str(&line(&std::mem::take(&mut self.open)));
        whole
    }

    /// Adds a line that was escaped.
    pub(super) fn push(&mut self, line: &str) {
        self.done.push_str(line);
        self.done.push('\n');
    }

    /// Ends the line that is open.
    pub fn end(&mut self) {
        self.line("");
    }

    /// Adds all lines of another text, each behind `indent`, unless it is empty.
    pub fn append(&mut self, other: &Self, indent: &str) {
        for line in other.done.lines() {
            self.done.push_str(if line.is_empty() { "" } else { indent });
            self.push(line);
        }
    }

    /// Whether no line was ended.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.done.is_empty()
    }

    /// The lines that were ended, as this screen shows them, each cut at its width.
    pub(super) fn cut(&self, screen: Screen) -> Vec<String> {
        let cut = |line| mark::shown(&mark::cut(&super::wrap::drawable(line, screen), screen), screen).into_owned();
        self.done.lines().map(cut).collect()
    }

    /// The lines that were ended, without colours.
    #[must_use]
    pub fn plain(&self) -> String {
        mark::shown(&self.done, Screen { color: false, ..Screen::plain(0) }).into_owned()
    }

    /// The lines that were ended, as this screen shows them.
    pub(super) fn shown(&self, screen: Screen) -> String {
        super::wrap::drawable(&mark::shown(&self.done, screen), screen).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::{Mark, Screen, Text};

    #[test]
    fn no_value_ends_a_line() {
        let mut text = Text::new();
        text.add(format_args!("path {} ", "a\nb\u{1b}[2J"));
        text.line("DHHC-1:00:AAEC: \u{9b}");
        text.end();
        let mut all = Text::new();
        all.line("all");
        all.append(&text, "  ");
        assert_eq!(all.plain(), "all\n  path a\\nb\\u{1b}[2J *** \\u{9b}\n\n");
        assert_eq!(Text::from_lines("a\r\n\u{202e}\n").plain(), "a\n\\u{202e}\n");
    }

    #[test]
    fn states_have_colours_and_texts_from_outside_have_none() {
        let mut text = Text::new();
        text.add("a\u{2061} ");
        text.mark(Some(Mark::Bad), "stops at");
        text.line(" \u{1b}[32m");
        assert_eq!(text.plain(), "a\\u{2061} stops at \\u{1b}[32m\n");
        let colors = Screen { color: true, ..Screen::plain(80) };
        let red = |word| format!("\u{1b}[31m{word}\u{1b}[0m");
        assert_eq!(text.shown(colors), format!("a\\u{{2061}} {} {} \\u{{1b}}[32m\n", red("stops"), red("at")));
    }

    #[test]
    fn a_line_is_cut_where_the_screen_ends_and_so_is_its_colour() {
        let mut text = Text::new();
        text.add("nbft0 ");
        text.mark(Some(Mark::Bad), "failed");
        text.line(" \u{6f22}\u{5b57}");
        let cut = |width, color| text.cut(Screen { color, ..Screen::plain(width) }).join("|");
        assert_eq!(cut(17, false), "nbft0 failed \u{6f22}\u{5b57}");
        assert_eq!((cut(16, false).as_str(), cut(15, false).as_str()), ("nbft0 failed ...", "nbft0 failed..."));
        assert_eq!(cut(11, true), "nbft0 \u{1b}[31mfa\u{1b}[0m...");
        assert_eq!((cut(3, false).as_str(), cut(0, false).as_str()), ("...", ""));
    }

    #[test]
    fn long_lines_go_on_behind_an_indent() {
        let mut text = Text::new();
        text.add("  wrong:    ");
        text.wrapped(Screen::plain(40), 12, "the host is there, but nothing listens on this port");
        assert_eq!(text.plain(), "  wrong:    the host is there, but\n            nothing listens on this port\n");
    }
}
