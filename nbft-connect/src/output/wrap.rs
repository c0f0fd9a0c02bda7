//! Breaks lines between words.

use super::Screen;
use std::borrow::Cow;
use unicode_width::UnicodeWidthStr;

/// What happens to a word that is wider than the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LongWord {
    /// Its middle is left out.
    Shortened,
    /// It stays, on a line of its own.
    Whole,
}

/// The lines of an escaped text; `indent` stands before each but the first.
pub(super) fn wrap(text: &str, screen: Screen, indent: &str, long: LongWord) -> Vec<String> {
    let text = drawable(text, screen);
    if text.width() <= screen.width {
        return vec![text.into_owned()];
    }
    let (mut lines, mut line, mut is_empty) = (Vec::new(), String::new(), true);
    let mut rest = text.as_ref();
    while !rest.is_empty() {
        // A line keeps its own blanks: they align what follows a label.
        let (blanks, from_word) = rest.split_at(rest.len() - rest.trim_start_matches(' ').len());
        let (word, after) = from_word.split_at(from_word.find(' ').unwrap_or(from_word.len()));
        rest = after;
        if word.is_empty() {
            break;
        }
        if !is_empty && line.width() + blanks.len() + word.width() > screen.width {
            // A name that fits the screen is not shortened for the sake of the indent: it is there to be copied.
            let kept = screen.width.checked_sub(word.width()).map_or(indent.len(), |room| room.min(indent.len()));
            lines.push(std::mem::replace(&mut line, indent[..kept].to_owned()));
        } else {
            line.push_str(blanks);
        }
        is_empty = false;
        let room = screen.width.saturating_sub(line.width());
        match long {
            LongWord::Shortened => line.push_str(&shorten(word, room, screen)),
            LongWord::Whole => line.push_str(word),
        }
    }
    lines.push(line);
    lines
}

/// The word in at most `width` columns: its beginning and its end, where what distinguishes names stands.
pub(super) fn shorten(word: &str, width: usize, screen: Screen) -> Cow<'_, str> {
    if word.width() <= width {
        return Cow::Borrowed(word);
    }
    let room = width.saturating_sub(screen.ellipsis().len());
    let (mut head, mut tail) = (0, word.len());
    let (mut left, mut right) = (room.div_ceil(2), room / 2);
    for (at, c) in word.char_indices() {
        let columns = columns(c);
        if columns > left {
            break;
        }
        left -= columns;
        head = at + c.len_utf8();
    }
    for (at, c) in word.char_indices().rev() {
        let columns = columns(c);
        if columns > right {
            break;
        }
        right -= columns;
        tail = at;
    }
    Cow::Owned(format!("{}{}{}", &word[..head], screen.ellipsis(), &word[tail..]))
}

pub(super) fn columns(c: char) -> usize {
    c.encode_utf8(&mut [0; 4]).width()
}

/// The text as the screen can draw it: without Unicode, quotes and dashes become ASCII.
pub(super) fn drawable(text: &str, screen: Screen) -> Cow<'_, str> {
    const DRAWN: [char; 7] = ['\u{201c}', '\u{201d}', '\u{2018}', '\u{2019}', '\u{2013}', '\u{2014}', '\u{2026}'];
    if screen.unicode || text.is_ascii() || !text.contains(DRAWN) {
        return Cow::Borrowed(text);
    }
    let mut drawn = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{201c}' | '\u{201d}' => drawn.push('"'),
            '\u{2018}' | '\u{2019}' => drawn.push('\''),
            '\u{2013}' | '\u{2014}' => drawn.push('-'),
            '\u{2026}' => drawn.push_str("..."),
            c => drawn.push(c),
        }
    }
    Cow::Owned(drawn)
}

#[cfg(test)]
mod tests {
    use super::{LongWord, Screen, drawable, shorten, wrap};

    #[test]
    fn lines_break_between_words() {
        let text = "  do: one two three four five six seven eight nine ten";
        assert_eq!(
            wrap(text, Screen::plain(40), "      ", LongWord::Shortened),
            ["  do: one two three four five six seven", "      eight nine ten"]
        );
        let fits = "n".repeat(36);
        assert_eq!(
            wrap(&format!("  do: allow {fits} now"), Screen::plain(40), "      ", LongWord::Shortened),
            ["  do: allow".into(), format!("    {fits}"), "      now".into()]
        );
        let long = format!("  of {}", "nqn.".repeat(20));
        assert_eq!(
            wrap(&long, Screen::plain(40), "   ", LongWord::Shortened),
            ["  of", "   nqn.nqn.nqn.nqn.n....nqn.nqn.nqn.nqn."]
        );
        assert_eq!(
            wrap(&long, Screen::plain(40), "   ", LongWord::Whole),
            ["  of".into(), format!("   {}", "nqn.".repeat(20))]
        );
    }

    #[test]
    fn a_word_is_shortened_by_columns() {
        let unicode = Screen { unicode: true, ..Screen::plain(40) };
        assert_eq!(shorten("abcdefghij", 10, unicode), "abcdefghij");
        assert_eq!(shorten("abcdefghij", 9, Screen::plain(40)), "abc...hij");
        assert_eq!(shorten("\u{6f22}\u{5b57}\u{6f22}\u{5b57}", 6, Screen::plain(40)), "\u{6f22}...");
        assert_eq!(drawable("\u{201c}\u{fc}\u{201d} \u{2026}", Screen::plain(40)), "\"\u{fc}\" ...");
    }
}
