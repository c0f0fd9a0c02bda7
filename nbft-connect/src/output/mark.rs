//! States and severities that have a colour. Marks are characters that escaping never leaves in a text, and take no column.

use super::Screen;
use std::borrow::Cow;
use unicode_width::UnicodeWidthChar;

/// How good or bad a state or a severity is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// It is as it should be.
    Good,
    /// Somebody should look at it.
    Warning,
    /// It is wrong.
    Bad,
}

const END: char = '\u{2060}';
const GOOD: char = '\u{2061}';
const WARNING: char = '\u{2062}';
const BAD: char = '\u{2063}';

impl Mark {
    const fn begin(self) -> char {
        match self {
            Self::Good => GOOD,
            Self::Warning => WARNING,
            Self::Bad => BAD,
        }
    }

    /// `text`, which was escaped, with each word marked: a mark never goes over the end of a line.
    pub(super) fn on(self, text: &str) -> String {
        let word = |word: &str| match word {
            "" => String::new(),
            word => format!("{}{word}{END}", self.begin()),
        };
        text.split(' ').map(word).collect::<Vec<_>>().join(" ")
    }
}

/// A line in at most the screen's columns; what was marked where it is cut ends there.
pub(super) fn cut(line: &str, screen: Screen) -> Cow<'_, str> {
    let is_mark = |c: char| matches!(c, END | GOOD | WARNING | BAD);
    let columns = |c: char| if is_mark(c) { 0 } else { c.width().unwrap_or(0) };
    if line.chars().map(columns).sum::<usize>() <= screen.width {
        return Cow::Borrowed(line);
    }
    let ellipsis: String = screen.ellipsis().chars().take(screen.width).collect();
    let (mut room, mut is_marked) = (screen.width - ellipsis.chars().count(), false);
    let mut kept = String::new();
    for c in line.chars() {
        match room.checked_sub(columns(c)) {
            Some(rest) => room = rest,
            None => break,
        }
        is_marked = if is_mark(c) { c != END } else { is_marked };
        kept.push(c);
    }
    if is_marked {
        kept.push(END);
    }
    Cow::Owned(kept + &ellipsis)
}

/// The text with its marks as colours, or without them.
pub(super) fn shown(text: &str, screen: Screen) -> Cow<'_, str> {
    if !text.contains([END, GOOD, WARNING, BAD]) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        let color = match c {
            END => "\x1b[0m",
            GOOD => "\x1b[32m",
            WARNING => "\x1b[33m",
            BAD => "\x1b[31m",
            c => {
                shown.push(c);
                continue;
            }
        };
        shown.push_str(if screen.color { color } else { "" });
    }
    Cow::Owned(shown)
}
