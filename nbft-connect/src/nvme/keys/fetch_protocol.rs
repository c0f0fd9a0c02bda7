//! What `nbft-redfish` hands to who has started it: a line for each secret, else a reason, and by its status whether to ask again.

use super::key::{MalformedKey, Secret};
use super::key_name::Name;
use crate::json_error::JsonError;
use crate::output::{cut, escape, mask};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use zeroize::Zeroizing;

/// Bytes of a line beside its texts, more than enough.
const FRAME: usize = 128;

/// Bytes of a reason; what follows is cut off.
const MAX_REASON: usize = 1000;

/// A secret that was found, or in words why it is of no use: others may be.
#[derive(Debug)]
pub struct Found {
    /// What it is.
    pub name: Name,
    /// The subsystem that it is for; `None`: any.
    pub subsystem: Option<String>,
    pub secret: Result<Secret, String>,
}

/// Why nothing was fetched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It may be otherwise soon.
    #[error("{0}")]
    ForNow(String),
    /// It will be the same next time, or trying again could do harm.
    #[error("{0}")]
    ForGood(String),
}

/// Why what the program printed cannot be read. Nothing of it is quoted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolError {
    /// The last line has no end.
    #[error("its output is cut off")]
    CutOff,
    /// A line is not a key.
    #[error("line {number} of its output is not a key: {fault}")]
    Line {
        /// Its number, from 1.
        number: usize,
        /// Why.
        fault: LineFault,
    },
}

/// Why a line is not a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineFault {
    /// It is not JSON of this form.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// The name is unknown.
    #[error("unknown name")]
    Name,
    /// The key is malformed.
    #[error("{0}")]
    Key(MalformedKey),
    /// It has a key and an error, or neither.
    #[error("it must have either a key or an error")]
    Both,
    /// The key is of another kind.
    #[error("its kind does not match its name")]
    Kind,
}

/// A reason of bounded length without any key. It is made of our own words; this is for what they quote.
fn reason(what: &str) -> String {
    cut(&mask(what), MAX_REASON).into_owned()
}

impl Failure {
    /// The program's status when it may be otherwise soon (sysexits, `EX_TEMPFAIL`); any other is for good.
    pub const STATUS_FOR_NOW: u8 = 75;

    pub fn good(what: impl fmt::Display) -> Self {
        Self::ForGood(reason(&what.to_string()))
    }

    pub fn now(what: impl fmt::Display) -> Self {
        Self::ForNow(reason(&what.to_string()))
    }
}

/// A [`Found`] as JSON. Nothing of it is text that could be taken for another line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    name: &'a str,
    /// Without it the key is for every subsystem.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    subsystem: Option<Cow<'a, str>>,
    /// Borrowed, so that no copy of it is made: a key has nothing that JSON escapes.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    error: Option<Cow<'a, str>>,
}

impl Found {
    /// The line for a program: JSON with what the key is (`name`), the NQN of the subsystem that it is for (`subsystem`; without it,
    /// every one), and the key itself (`key`), or why it is of no use (`error`).
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "for the other process alone, which reads it as it was")]
    pub fn line(&self) -> Zeroizing<String> {
        let subsystem = self.subsystem.as_deref().map(Cow::Borrowed);
        let (key, error) = match &self.secret {
            Ok(secret) => (Some(secret.expose()), None),
            Err(reason) => (None, Some(Cow::Borrowed(reason.as_str()))),
        };
        // Never grows, so that no copy of the key is left behind: JSON makes at most six bytes of one.
        let texts = subsystem.as_deref().map_or(0, str::len) + error.as_deref().map_or(0, str::len);
        let mut line = Zeroizing::new(Vec::with_capacity(FRAME + key.map_or(0, str::len) + 6 * texts));
        // Texts always become JSON, and a vector takes all.
        let _ = serde_json::to_writer(&mut *line, &Line { name: self.name.text(), subsystem, key, error });
        line.push(b'\n');
        // JSON is UTF-8.
        Zeroizing::new(String::from_utf8(std::mem::take(&mut *line)).unwrap_or_default())
    }

    /// All of them, from what the program has printed.
    ///
    /// # Errors
    ///
    /// Which line cannot be read. What follows it could be taken for something that it is not.
    pub fn parse_all(output: &[u8]) -> Result<Vec<Self>, ProtocolError> {
        let mut lines = output.split(|byte| *byte == b'\n').collect::<Vec<_>>();
        // Each ends in one, the last too.
        if lines.pop() != Some(b"") {
            return Err(ProtocolError::CutOff);
        }
        let parse =
            |(line, number): (&&[u8], usize)| Self::parse(line).map_err(|fault| ProtocolError::Line { number, fault });
        lines.iter().zip(1..).map(parse).collect()
    }

    /// From a line without its end.
    fn parse(line: &[u8]) -> Result<Self, LineFault> {
        let line: Line<'_> = serde_json::from_slice(line).map_err(JsonError::from)?;
        let name = Name::of(line.name).ok_or(LineFault::Name)?;
        let secret = match (line.key, line.error) {
            (Some(key), None) => Ok(Secret::parse(key).map_err(LineFault::Key)?),
            (None, Some(reason)) => Err(reason.into_owned()),
            _ => return Err(LineFault::Both),
        };
        if secret.as_ref().is_ok_and(|secret| secret.kind() != name.kind()) {
            return Err(LineFault::Kind);
        }
        Ok(Self { name, subsystem: line.subsystem.map(Cow::into_owned), secret })
    }
}

/// The line for people.
impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nqn = self.subsystem.as_deref().unwrap_or("every subsystem");
        write!(f, "{} for {}: ", self.name.text(), escape(nqn))?;
        match &self.secret {
            Ok(secret) => writeln!(f, "{secret}"),
            Err(reason) => writeln!(f, "{}", escape(reason)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PSK: &str = "NVMeTLSkey-1:01:VRLbtnN9AQb2WXW3c9+wEf/DRLz0QuLdbYvEhwtdWwNf9LrZ:";

    #[test]
    fn lines_survive_whatever_is_in_them() {
        let key = || Secret::parse(PSK).unwrap();
        let texts = ["nqn.2014-08.org.example:s", "a\tb\nc\"d\\e\0\u{202e}", "{\"name\":\"tls-psk\"}", ""];
        let found = texts.iter().flat_map(|text| {
            let subsystem = Some((*text).to_owned());
            [
                Found { name: Name::TlsPsk, subsystem: subsystem.clone(), secret: Ok(key()) },
                Found { name: Name::HostSecret, subsystem: None, secret: Err((*text).to_owned()) },
            ]
        });
        let found: Vec<_> = found.collect();
        let output: String = found.iter().map(|found| found.line().to_string()).collect();
        assert_eq!(output.lines().count(), found.len());
        let read = Found::parse_all(output.as_bytes()).unwrap();
        let parts = |found: &[Found]| -> Vec<_> {
            let text = |found: &Found| found.secret.as_ref().map(|key| key.expose().to_owned()).map_err(Clone::clone);
            found.iter().map(|found| (found.name, found.subsystem.clone(), text(found))).collect()
        };
        assert_eq!(parts(&read), parts(&found));
        // The longest texts leave the line where it was made.
        let long = Found { name: Name::TlsPsk, subsystem: Some("\u{1}".repeat(300)), secret: Ok(key()) };
        assert!(long.line().len() <= FRAME + PSK.len() + 6 * 300);
        assert!(found.iter().all(|found| !found.to_string().trim_end().contains(char::is_control)));
    }

    #[test]
    fn lines_that_are_none_are_refused_without_being_quoted() {
        let cases = [
            format!("{{\"name\":\"tls-psk\",\"key\":\"{PSK}\"}}"),
            format!("{{\"name\":\"{PSK}\",\"key\":\"{PSK}\"}}\n"),
            format!("{{\"name\":\"tls-psk\",\"{PSK}\":0}}\n"),
            format!("{{\"name\":\"tls-psk\",\"key\":[\"{PSK}\"]}}\n"),
            format!("{{\"name\":\"dhchap-secret\",\"key\":\"{PSK}\"}}\n"),
            format!("{{\"name\":\"tls-psk\",\"key\":\"{PSK}\",\"error\":\"\"}}\n"),
            format!("{{\"name\":\"tls-psk\",\"key\":\"{}\"}}\n", PSK.replace("VRLb", "ARLb")),
            format!("tls-psk\t*\t{PSK}\n"),
            format!("\"{PSK}\"\n"),
            "\n".into(),
            "{}\n".into(),
        ];
        for case in cases {
            let why = Found::parse_all(case.as_bytes()).unwrap_err().to_string();
            assert!(!why.contains("RLbtn") && !why.contains(char::is_control), "{why}");
        }
        assert!(Found::parse_all(b"").is_ok_and(|found| found.is_empty()));
    }

    #[test]
    fn reasons_are_short_and_hold_no_key() {
        let failure = Failure::good(format_args!("{PSK} {}", "\u{e4}".repeat(5000))).to_string();
        assert!(failure.starts_with("*** ") && failure.ends_with(" [...]") && failure.len() < 1020, "{failure}");
    }
}
