//! Writes and reads the output of `nbft-redfish`: a line for each secret, else one with the code of its failure. Its standard error
//! has the sentence, and its exit status says whether to ask again.

use super::key::Secret;
use super::key_name::Name;
use super::line_fault::{KeyFault, LineFault, ProtocolError};
use super::redfish_fault::RedfishFault;
use crate::json_error::JsonError;
use crate::output::escape;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use zeroize::Zeroizing;

/// More bytes than a line needs beside its texts.
const FRAME: usize = 128;

/// A secret that was found, or why it cannot be used; others may still be usable.
#[derive(Debug)]
pub struct Found {
    /// Its name.
    pub name: Name,
    /// The NQN of its subsystem; `None`: all subsystems.
    pub subsystem: Option<String>,
    /// The secret, or why it cannot be used.
    pub secret: Result<Secret, KeyFault>,
}

/// A [`Found`] as JSON, which is always one line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    name: &'a str,
    /// If missing, the key is for all subsystems.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    subsystem: Option<Cow<'a, str>>,
    /// Borrowed, so that no copy is made: JSON escapes no character of a key.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    error: Option<Cow<'a, str>>,
    /// The code of the error.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
}

/// A failure as JSON: no secret has such a line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FailedLine<'a> {
    failed: &'a str,
}

/// The line for a program that says why there is no secret.
#[must_use]
pub fn failed_line(fault: RedfishFault) -> String {
    // A code needs no quoting.
    format!("{{\"failed\":\"{}\"}}\n", fault.code())
}

/// The failure that the program's last line names. One of another version may name none that is known here.
pub(super) fn fault_of(output: &[u8]) -> Option<RedfishFault> {
    let line = output.strip_suffix(b"\n")?.rsplit(|byte| *byte == b'\n').next()?;
    let line: FailedLine<'_> = serde_json::from_slice(line).ok()?;
    RedfishFault::of_code(line.failed)
}

impl Found {
    /// The line for a program: JSON with the name of the key (`name`), the NQN of its subsystem (`subsystem`; if missing, all), and
    /// the key (`key`), or why it cannot be used (`error`, and its `code`).
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "only for the other process, which needs the exact bytes")]
    pub fn line(&self) -> Zeroizing<String> {
        let subsystem = self.subsystem.as_deref().map(Cow::Borrowed);
        let (key, error, code) = match &self.secret {
            Ok(secret) => (Some(secret.expose()), None, None),
            Err(fault) => (None, Some(Cow::Owned(fault.to_string())), Some(fault.cause_code())),
        };
        // It never grows: a growing buffer would leave copies of the key behind. JSON makes at most six bytes of one.
        let texts = subsystem.as_deref().map_or(0, str::len) + error.as_deref().map_or(0, str::len);
        let mut line = Zeroizing::new(Vec::with_capacity(FRAME + key.map_or(0, str::len) + 6 * texts));
        // This cannot fail: texts always become JSON, and a vector takes all.
        let _ = serde_json::to_writer(&mut *line, &Line { name: self.name.text(), subsystem, key, error, code });
        line.push(b'\n');
        // JSON is UTF-8.
        Zeroizing::new(String::from_utf8(std::mem::take(&mut *line)).unwrap_or_default())
    }

    /// Parses the output of the program.
    ///
    /// # Errors
    ///
    /// The first line that cannot be read. Later lines are not trusted.
    pub fn parse_all(output: &[u8]) -> Result<Vec<Self>, ProtocolError> {
        let mut lines = output.split(|byte| *byte == b'\n').collect::<Vec<_>>();
        // Each line ends in a newline, the last too.
        if lines.pop() != Some(b"") {
            return Err(ProtocolError::CutOff);
        }
        let parse =
            |(line, number): (&&[u8], usize)| Self::parse(line).map_err(|fault| ProtocolError::Line { number, fault });
        lines.iter().zip(1..).map(parse).collect()
    }

    /// Parses a line without its newline.
    fn parse(line: &[u8]) -> Result<Self, LineFault> {
        let line: Line<'_> = serde_json::from_slice(line).map_err(JsonError::from)?;
        let name = Name::of(line.name).ok_or(LineFault::Name)?;
        let secret = match (line.key, line.error, line.code) {
            (Some(key), None, None) => Ok(Secret::parse(key).map_err(LineFault::Key)?),
            (None, Some(text), Some(code)) => {
                let code = KeyFault::CODES.iter().find(|known| **known == code).ok_or(LineFault::Code)?;
                Err(KeyFault::Reported { code, text: text.into_owned() })
            }
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
            Err(fault) => writeln!(f, "{}", escape(&fault.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PSK: &str = "NVMeTLSkey-1:01:VRLbtnN9AQb2WXW3c9+wEf/DRLz0QuLdbYvEhwtdWwNf9LrZ:";

    #[test]
    fn lines_with_any_text_are_read_back() {
        let key = || Secret::parse(PSK).unwrap();
        let reported = |text: &str| KeyFault::Reported { code: "key-hidden", text: text.to_owned() };
        let texts = ["nqn.2014-08.org.example:s", "a\tb\nc\"d\\e\0\u{202e}", "{\"name\":\"tls-psk\"}", ""];
        let found = texts.iter().flat_map(|text| {
            let subsystem = Some((*text).to_owned());
            [
                Found { name: Name::TlsPsk, subsystem: subsystem.clone(), secret: Ok(key()) },
                Found { name: Name::HostSecret, subsystem: None, secret: Err(reported(text)) },
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
        // The longest texts fit the buffer.
        let long = Found { name: Name::TlsPsk, subsystem: Some("\u{1}".repeat(300)), secret: Ok(key()) };
        assert!(long.line().len() <= FRAME + PSK.len() + 6 * 300);
        assert!(found.iter().all(|found| !found.to_string().trim_end().contains(char::is_control)));
    }

    #[test]
    fn a_fault_arrives_with_its_code() {
        let fault = KeyFault::Hidden { which: "/redfish/v1/k".into() };
        let found = Found { name: Name::TlsPsk, subsystem: None, secret: Err(fault.clone()) };
        let text = "/redfish/v1/k has no KeyString: the service does not give the key out";
        let line = format!("{{\"name\":\"tls-psk\",\"error\":\"{text}\",\"code\":\"key-hidden\"}}\n");
        assert_eq!(*found.line(), line);
        let read = Found::parse_all(line.as_bytes()).unwrap().remove(0).secret.unwrap_err();
        assert_eq!((read.cause_code(), read.to_string()), (fault.code(), fault.to_string()));
    }

    #[test]
    fn a_failure_arrives_with_its_code_and_is_no_key() {
        let line = failed_line(RedfishFault::Untrusted);
        assert_eq!(line, "{\"failed\":\"redfish-untrusted\"}\n");
        assert_eq!(fault_of(line.as_bytes()), Some(RedfishFault::Untrusted));
        assert_eq!(fault_of(format!("{{}}\n{line}").as_bytes()), Some(RedfishFault::Untrusted));
        let others = ["", "\n", "{}\n", "{\"failed\":\"redfish-untrusted\"}", "{\"failed\":\"key-hidden\"}\n"];
        assert!(others.iter().all(|other| fault_of(other.as_bytes()).is_none()));
        assert!(Found::parse_all(line.as_bytes()).is_err());
    }

    #[test]
    fn malformed_lines_are_refused_without_being_quoted() {
        let cases = [
            format!("{{\"name\":\"tls-psk\",\"key\":\"{PSK}\"}}"),
            format!("{{\"name\":\"{PSK}\",\"key\":\"{PSK}\"}}\n"),
            format!("{{\"name\":\"tls-psk\",\"{PSK}\":0}}\n"),
            format!("{{\"name\":\"tls-psk\",\"key\":[\"{PSK}\"]}}\n"),
            format!("{{\"name\":\"dhchap-secret\",\"key\":\"{PSK}\"}}\n"),
            format!("{{\"name\":\"tls-psk\",\"key\":\"{PSK}\",\"error\":\"\"}}\n"),
            format!("{{\"name\":\"tls-psk\",\"key\":\"{}\"}}\n", PSK.replace("VRLb", "ARLb")),
            format!("{{\"name\":\"tls-psk\",\"key\":\"{PSK}\",\"code\":\"key-hidden\"}}\n"),
            format!("{{\"name\":\"tls-psk\",\"error\":\"{PSK}\"}}\n"),
            format!("{{\"name\":\"tls-psk\",\"error\":\"\",\"code\":\"{PSK}\"}}\n"),
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
}
