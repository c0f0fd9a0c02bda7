//! Reads the lines of a machine's serial consoles.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

/// A line of a console.
#[derive(Debug, Clone)]
pub struct Line {
    /// When it arrived, from QEMU's start.
    pub at: Duration,
    /// The text, without escape sequences.
    pub text: String,
    /// Whether it came over the serial line that only the report uses; other programs write to the console too.
    pub report: bool,
}

/// Reads one of a machine's serial lines.
pub(super) struct Listener {
    pub(super) start: Instant,
    pub(super) report: bool,
    pub(super) echo: bool,
    pub(super) log: File,
    pub(super) sender: Sender<Line>,
}

impl Listener {
    pub(super) fn listen(mut self, from: impl Read + Send + 'static) {
        std::thread::spawn(move || {
            let mut reader = BufReader::new(from);
            let mut raw = Vec::new();
            while reader.read_until(b'\n', &mut raw).is_ok_and(|read| read > 0) {
                let line = Line { at: self.start.elapsed(), text: plain(&raw), report: self.report };
                raw.clear();
                if self.echo {
                    println!("{}", line.text);
                }
                // One write for each line: two threads write to this file.
                let logged = format!("[{:9.3}] {}\n", line.at.as_secs_f64(), line.text);
                let _ = self.log.write_all(logged.as_bytes());
                if self.sender.send(line).is_err() {
                    return;
                }
            }
        });
    }
}

/// A console's line without control characters and escape sequences.
fn plain(raw: &[u8]) -> String {
    let text = String::from_utf8_lossy(raw);
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c == '\x1b' {
            if chars.next() == Some('[') {
                chars.by_ref().find(|c| c.is_ascii_alphabetic());
            }
        } else if !c.is_control() {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn escape_sequences_are_dropped() {
        assert_eq!(super::plain(b"\x1b[0;32m  OK  \x1b[0m done\r\n"), "  OK   done");
    }
}
