//! Cuts long texts from outside.

use std::borrow::Cow;

/// At most `most` bytes of a text, and ` [...]` where it was cut.
#[must_use]
pub fn cut(text: &str, most: usize) -> Cow<'_, str> {
    if text.len() <= most {
        return Cow::Borrowed(text);
    }
    let end = (0..=most).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    Cow::Owned(format!("{} [...]", &text[..end]))
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!((cut("\u{e4}\u{e4}", 4), cut("\u{e4}\u{e4}", 3)), ("\u{e4}\u{e4}".into(), "\u{e4} [...]".into()));
    }
}
