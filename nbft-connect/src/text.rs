//! Text from outside, made safe to print.

use std::borrow::Cow;

/// Whether a terminal shows `c` and does nothing else with it.
fn harmless(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

/// `text` with control characters (and what could reorder a line of a terminal) escaped; a newline too.
#[must_use]
pub fn escape(text: &str) -> Cow<'_, str> {
    if text.chars().all(harmless) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if harmless(c) {
            escaped.push(c);
        } else {
            escaped.extend(c.escape_default());
        }
    }
    Cow::Owned(escaped)
}

/// `value` as JSON for people and programs, ending in a newline. What [`escape`] would escape is written as `\u....`, which
/// means the same to a reader of JSON: a serializer leaves U+009B alone, to some terminals the beginning of a command.
///
/// # Errors
///
/// When the value has no JSON form.
pub fn json(value: &impl serde::Serialize) -> Result<String, crate::error::Error> {
    let text = serde_json::to_string_pretty(value).map_err(|error| crate::error::Error::Other(error.to_string()))?;
    let mut escaped = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        if c == '\n' || harmless(c) {
            escaped.push(c);
        } else {
            // Only a string can hold such a character: the serializer's own are ASCII.
            let mut units = [0; 2];
            escaped.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    escaped.push('\n');
    Ok(escaped)
}

#[cfg(test)]
mod tests {
    use super::{escape, json};

    #[test]
    fn json_means_the_same_and_is_harmless() {
        let value = ["a\u{9b}2J\u{202e}\u{1b}\n\u{fc}"];
        let text = json(&value).unwrap();
        assert_eq!(text, "[\n  \"a\\u009b2J\\u202e\\u001b\\n\u{fc}\"\n]\n");
        assert_eq!(serde_json::from_str::<[String; 1]>(&text).unwrap(), value);
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(escape("a\u{1b}[31m\nb\u{202e}"), "a\\u{1b}[31m\\nb\\u{202e}");
        assert_eq!(escape("nqn.2014-08.org:ü"), "nqn.2014-08.org:ü");
    }
}
