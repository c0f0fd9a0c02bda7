//! Makes text from outside safe to show: escapes every character that has another effect than to appear.

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt::{self, Write};

/// Whether a terminal, a log or a person can show `c` without any other effect.
///
/// Harmful are the categories Cc, Cf, Zl, Zp and Co of Unicode 16, its property Default_Ignorable_Code_Point, and noncharacters:
///
/// * control characters command a terminal or end a line;
/// * format characters reorder or join their neighbours;
/// * line and paragraph separators end a line;
/// * variation selectors, fillers and tags are invisible, so that different texts look alike;
/// * private-use characters look different in each font.
///
/// Unassigned characters appear as boxes, and blanks of any width as blanks: both are harmless.
#[must_use]
pub const fn is_harmless(c: char) -> bool {
    if c.is_ascii() {
        return !c.is_ascii_control();
    }
    let noncharacter = (c as u32) & 0xfffe == 0xfffe;
    !noncharacter
        && !matches!(c,
            '\u{80}'..='\u{9f}'
            | '\u{ad}'
            | '\u{34f}'
            | '\u{600}'..='\u{605}'
            | '\u{61c}'
            | '\u{6dd}'
            | '\u{70f}'
            | '\u{890}'..='\u{891}'
            | '\u{8e2}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{e000}'..='\u{f8ff}'
            | '\u{fdd0}'..='\u{fdef}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{110bd}'
            | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
            | '\u{f0000}'..='\u{10ffff}')
}

/// Replaces each character that [is not harmless](is_harmless) by Rust's escape for it: `\n`, `\u{9b}`. All others stay, also
/// backslashes: escaping a text twice is the same as once.
///
/// ```
/// assert_eq!(libnbft::text::escape("nqn.2014-08.org.example:\u{1b}[2J"), r"nqn.2014-08.org.example:\u{1b}[2J");
/// ```
#[must_use]
pub fn escape(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_harmless) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    // Writing to a String cannot fail.
    let _ = Escaping(&mut escaped).write_str(text);
    Cow::Owned(escaped)
}

/// A writer that [escapes](escape()) all text that passes through it: a line made of any texts stays one line.
#[derive(Debug)]
pub struct Escaping<W>(pub W);

impl<W: Write> Write for Escaping<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some((at, c)) = rest.char_indices().find(|(_, c)| !is_harmless(*c)) {
            self.0.write_str(&rest[..at])?;
            write!(self.0, "{}", c.escape_default())?;
            rest = &rest[at + c.len_utf8()..];
        }
        self.0.write_str(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::{escape, is_harmless};
    use alloc::string::String;
    use alloc::vec::Vec;

    /// Every range of characters that are escaped, up to the first emoji, by its first and last: the categories and the property that
    /// [`is_harmless`] names, and noncharacters.
    const STRETCHES: [(u32, u32); 29] = [
        (0x0, 0x1f),
        (0x7f, 0x9f),
        (0xad, 0xad),
        (0x34f, 0x34f),
        (0x600, 0x605),
        (0x61c, 0x61c),
        (0x6dd, 0x6dd),
        (0x70f, 0x70f),
        (0x890, 0x891),
        (0x8e2, 0x8e2),
        (0x115f, 0x1160),
        (0x17b4, 0x17b5),
        (0x180b, 0x180f),
        (0x200b, 0x200f),
        (0x2028, 0x202e),
        (0x2060, 0x206f),
        (0x3164, 0x3164),
        (0xe000, 0xf8ff),
        (0xfdd0, 0xfdef),
        (0xfe00, 0xfe0f),
        (0xfeff, 0xfeff),
        (0xffa0, 0xffa0),
        (0xfff0, 0xfffb),
        (0xfffe, 0xffff),
        (0x110bd, 0x110bd),
        (0x110cd, 0x110cd),
        (0x13430, 0x1343f),
        (0x1bca0, 0x1bca3),
        (0x1d173, 0x1d17a),
    ];

    #[test]
    fn all_that_is_not_seen_or_moves_others_is_escaped() {
        let escaped = (0..=0x1fffd).filter_map(char::from_u32).filter(|c| !is_harmless(*c));
        let mut found: Vec<(u32, u32)> = Vec::new();
        for c in escaped.map(u32::from).filter(|c| *c != 0x1fffe) {
            match found.last_mut().filter(|(_, end)| c == *end + 1) {
                Some((_, end)) => *end = c,
                None => found.push((c, c)),
            }
        }
        assert_eq!(found, STRETCHES);
        assert!(
            ['\u{1fffe}', '\u{2ffff}', '\u{e0001}', '\u{e0041}', '\u{e01ef}', '\u{f0000}', '\u{10fffd}']
                .into_iter()
                .all(|c| !is_harmless(c))
        );
        assert!(['ü', 'Ω', '\u{a0}', '“', '…', '語', '\u{fffd}', '\u{20000}', '😀'].into_iter().all(is_harmless));
    }

    #[test]
    fn escaping_keeps_what_is_harmless_and_is_done_once() {
        assert_eq!(escape("a\u{1b}[31m\r\nb\u{202e}\0"), "a\\u{1b}[31m\\r\\nb\\u{202e}\\u{0}");
        assert_eq!(escape("nqn.2014-08.org:ü"), "nqn.2014-08.org:ü");
        let all: String = (0..=0x10ffff).filter_map(char::from_u32).collect();
        let escaped = escape(&all);
        assert!(escaped.chars().all(is_harmless));
        assert_eq!(escape(&escaped), escaped);
    }
}
