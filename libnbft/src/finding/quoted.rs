//! Quotes text from firmware in messages, escaped and shortened.

use crate::text::is_harmless;
use core::fmt;

/// Text from firmware as a message shows it: quoted, escaped, cut after 96 characters.
pub(crate) struct Quoted<'a>(pub(crate) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&QuotedUpTo(self.0, 96), f)
    }
}

/// [`Quoted`], cut after the given number of characters.
pub(crate) struct QuotedUpTo<'a>(pub(crate) &'a str, pub(crate) usize);

impl fmt::Display for QuotedUpTo<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.chars();
        f.write_str("“")?;
        for c in rest.by_ref().take(self.1) {
            if c == '\\' || !is_harmless(c) {
                write!(f, "{}", c.escape_default())?;
            } else {
                write!(f, "{c}")?;
            }
        }
        f.write_str(if rest.next().is_some() { "…”" } else { "”" })
    }
}
