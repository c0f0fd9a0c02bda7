//! Writes JSON for people and programs.
//!
//! What [`escape`](super::escape) would escape is written as `\u....`, which means the same to a reader of JSON: a serializer
//! leaves U+009B alone, to some terminals the beginning of a command.

use super::{mask, stdout};
use crate::error::Error;
use libnbft::text::is_harmless;
use serde::Serialize;
use serde::ser::{SerializeSeq, Serializer as _};
use serde_json::ser::{CharEscape, Formatter, PrettyFormatter, Serializer};
use std::io::{self, Write};

/// Whether the JSON may hold secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrets {
    /// What a table or a plan says, whole: a table can be built of it.
    Whole,
    /// Reasons: they may quote other programs, and such quotes may hold keys and passwords.
    Masked,
}

/// `value` in lines, ending in a newline.
///
/// # Errors
///
/// When the value has no JSON form.
pub fn text(value: &impl Serialize, secrets: Secrets) -> Result<String, serde_json::Error> {
    let mut bytes = Vec::new();
    write(&mut bytes, value, secrets)?;
    // A serializer writes text.
    String::from_utf8(bytes).map_err(serde::ser::Error::custom)
}

/// `value` in one line, whole: what one of our programs tells another.
///
/// # Errors
///
/// When the value has no JSON form.
#[expect(clippy::disallowed_methods, reason = "nobody is shown it")]
pub fn compact(value: &impl Serialize) -> Result<String, serde_json::Error> {
    serde_json::to_string(value)
}

/// Prints `value` like [`text`], without keeping the text in memory.
///
/// # Errors
///
/// When the value has no JSON form, or standard output cannot be written.
pub fn print(value: &impl Serialize, secrets: Secrets) -> Result<(), Error> {
    write(stdout(), value, secrets).map_err(error)
}

/// Prints an array element by element: no two of them are in memory at once.
///
/// # Errors
///
/// As [`print()`], and what the iterator says.
pub fn print_array<T: Serialize>(
    values: impl IntoIterator<Item = Result<T, Error>>,
    secrets: Secrets,
) -> Result<(), Error> {
    let mut out = stdout();
    let mut serializer = Serializer::with_formatter(&mut out, Shown::new(secrets));
    let mut array = serializer.serialize_seq(None).map_err(error)?;
    for value in values {
        array.serialize_element(&value?).map_err(error)?;
    }
    array.end().map_err(error)?;
    out.write_all(b"\n").and_then(|()| out.flush()).map_err(Error::Stdout)
}

fn write(mut out: impl Write, value: &impl Serialize, secrets: Secrets) -> Result<(), serde_json::Error> {
    value.serialize(&mut Serializer::with_formatter(&mut out, Shown::new(secrets)))?;
    out.write_all(b"\n").and_then(|()| out.flush()).map_err(serde_json::Error::io)
}

fn error(error: serde_json::Error) -> Error {
    if error.is_io() { Error::Stdout(error.into()) } else { Error::Json(Box::new(error)) }
}

/// Formats JSON with indents, and escapes each string as a whole.
struct Shown {
    form: PrettyFormatter<'static>,
    secrets: Secrets,
    /// The string that is being written.
    string: String,
}

impl Shown {
    fn new(secrets: Secrets) -> Self {
        Self { form: PrettyFormatter::new(), secrets, string: String::new() }
    }
}

impl Formatter for Shown {
    fn begin_string<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.string.clear();
        writer.write_all(b"\"")
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, _: &mut W, fragment: &str) -> io::Result<()> {
        self.string.push_str(fragment);
        Ok(())
    }

    fn write_char_escape<W: ?Sized + Write>(&mut self, _: &mut W, escape: CharEscape) -> io::Result<()> {
        self.string.push(match escape {
            CharEscape::Quote => '"',
            CharEscape::ReverseSolidus => '\\',
            CharEscape::Solidus => '/',
            CharEscape::Backspace => '\u{8}',
            CharEscape::FormFeed => '\u{c}',
            CharEscape::LineFeed => '\n',
            CharEscape::CarriageReturn => '\r',
            CharEscape::Tab => '\t',
            CharEscape::AsciiControl(byte) => char::from(byte),
        });
        Ok(())
    }

    fn end_string<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        let string = match self.secrets {
            Secrets::Whole => self.string.as_str().into(),
            Secrets::Masked => mask(&self.string),
        };
        let mut rest = string.as_ref();
        while let Some((at, c)) = rest.char_indices().find(|(_, c)| !is_harmless(*c) || matches!(c, '"' | '\\')) {
            writer.write_all(&rest.as_bytes()[..at])?;
            match c {
                '"' => writer.write_all(b"\\\"")?,
                '\\' => writer.write_all(b"\\\\")?,
                '\n' => writer.write_all(b"\\n")?,
                '\r' => writer.write_all(b"\\r")?,
                '\t' => writer.write_all(b"\\t")?,
                '\u{8}' => writer.write_all(b"\\b")?,
                '\u{c}' => writer.write_all(b"\\f")?,
                c => {
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        write!(writer, "\\u{unit:04x}")?;
                    }
                }
            }
            rest = &rest[at + c.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())?;
        writer.write_all(b"\"")
    }

    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.form.begin_array(writer)
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.form.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.form.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.form.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.form.begin_object(writer)
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.form.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.form.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.form.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.form.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::{Secrets, text};
    use serde_json::{Value, json};

    #[test]
    fn json_means_the_same_and_is_harmless() {
        let value = ["a\u{9b}2J\u{202e}\u{1b}\n\u{fc}\u{e0041}"];
        let json = text(&value, Secrets::Whole).unwrap();
        assert_eq!(json, "[\n  \"a\\u009b2J\\u202e\\u001b\\n\u{fc}\\udb40\\udc41\"\n]\n");
        assert_eq!(serde_json::from_str::<[String; 1]>(&json).unwrap(), value);
    }

    #[test]
    fn each_character_comes_back_and_ordinary_text_is_as_a_serializer_has_it() {
        let all: String = (0..=0x10ffff).filter_map(char::from_u32).collect();
        let json = text(&all, Secrets::Whole).unwrap();
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), all);
        assert!(json.trim_end().chars().all(libnbft::text::is_harmless));
        let value =
            json!({"a": [], "b": {}, "c": [1, "\u{0}\u{8}\t\n\u{c}\r\u{1b}\"\\/ ü", {"k\"": [true, null, 1.5]}]});
        assert_eq!(text(&value, Secrets::Masked).unwrap(), serde_json::to_string_pretty(&value).unwrap() + "\n");
    }

    #[test]
    fn a_secret_is_masked_without_breaking_the_form() {
        let value = json!({"reason": "got \"DHHC-1:00:AAEC:\" at https://u:p@h/\\", "DHHC-1:": 1});
        let masked: Value = serde_json::from_str(&text(&value, Secrets::Masked).unwrap()).unwrap();
        assert_eq!(masked, json!({"reason": "got \"***\" at https://***@h/\\", "***": 1}));
        assert_eq!(serde_json::from_str::<Value>(&text(&value, Secrets::Whole).unwrap()).unwrap(), value);
    }
}
