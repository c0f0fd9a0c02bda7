//! States and severities that have a colour. Marks are characters that escaping never leaves in a text, and take no column.

use super::Screen;
use std::borrow::Cow;

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
