//! States, severities and parts of a table that have a colour. Marks are characters that escaping never leaves in a text, and take no
//! column.

use super::Screen;
use super::wrap::columns;
use std::borrow::Cow;

/// Why a word has a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// It is as it should be.
    Good,
    /// Somebody should look at it.
    Warning,
    /// It is wrong.
    Bad,
    /// It is of this part of a table.
    Part(Part),
}

/// A part of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Header and control structure.
    Header,
    /// The host.
    Host,
    /// An HFI.
    Hfi,
    /// An SSNS.
    Ssns,
    /// A security profile.
    Security,
    /// A discovery controller.
    Discovery,
    /// Bytes that belong to no structure.
    Unused,
}

const END: char = '\u{2060}';

/// Each mark, and the terminal's sequence for its colour.
const MARKS: [(char, &str); 11] = [
    (END, "\x1b[0m"),
    ('\u{2061}', "\x1b[32m"),
    ('\u{2062}', "\x1b[33m"),
    ('\u{2063}', "\x1b[31m"),
    ('\u{2064}', "\x1b[36m"),
    ('\u{206a}', "\x1b[94m"),
    ('\u{206b}', "\x1b[32m"),
    ('\u{206c}', "\x1b[33m"),
    ('\u{206d}', "\x1b[35m"),
    ('\u{206e}', "\x1b[38;5;208m"),
    ('\u{206f}', "\x1b[90m"),
];

impl Mark {
    const fn begin(self) -> char {
        let number = match self {
            Self::Good => 1,
            Self::Warning => 2,
            Self::Bad => 3,
            Self::Part(Part::Header) => 4,
            Self::Part(Part::Host) => 5,
            Self::Part(Part::Hfi) => 6,
            Self::Part(Part::Ssns) => 7,
            Self::Part(Part::Security) => 8,
            Self::Part(Part::Discovery) => 9,
            Self::Part(Part::Unused) => 10,
        };
        MARKS[number].0
    }

    /// `text`, which was escaped, with each word marked: a mark never goes over the end of a line.
    pub(super) fn on(self, text: &str) -> String {
        let word = |word: &str| match word {
            "" => String::new(),
            word => format!("{}{word}{END}", self.begin()),
        };
        match self {
            // Bytes stay in their row.
            Self::Part(_) => word(text),
            _ => text.split(' ').map(word).collect::<Vec<_>>().join(" "),
        }
    }
}

/// A line in at most the screen's columns; what was marked where it is cut ends there.
pub(super) fn cut(line: &str, screen: Screen) -> Cow<'_, str> {
    let is_mark = |c: char| MARKS.iter().any(|(mark, _)| *mark == c);
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
    let color = |c: char| MARKS.iter().find(|(mark, _)| *mark == c).map(|(_, color)| *color);
    if text.is_ascii() || !text.contains(|c| color(c).is_some()) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match color(c) {
            Some(color) => shown.push_str(if screen.color { color } else { "" }),
            None => shown.push(c),
        }
    }
    Cow::Owned(shown)
}
