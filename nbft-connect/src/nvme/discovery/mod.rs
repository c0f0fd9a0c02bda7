//! Asks a discovery controller: reads its log page, closes it.
//!
//! Each of these blocks as long as the target lets it, so the process that writes to the fabrics device does it all: it closes
//! what it opened even when nobody waits for the answer any more.

mod admin;
mod read;

use super::fabrics::Refusal;
use crate::output::json;
use admin::Admin;
use libnbft::discovery::Log;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// How a discovery controller is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// It is connected by an option string, asked and closed.
    Once,
    /// It is connected by an option string, asked, and stays connected.
    Lasting,
    /// It is connected, as `nvmeN`, and stays so.
    Again,
}

impl Manner {
    const WORDS: [(Self, &str); 3] = [(Self::Once, "discover"), (Self::Lasting, "keep"), (Self::Again, "again")];

    /// A word for it, for the way between the processes.
    pub(super) fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(manner, _)| *manner == self).map_or("", |(_, word)| word)
    }

    pub(super) fn of_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(_, of)| *of == word).map(|(manner, _)| *manner)
    }
}

/// What came of asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// Its log page, and its name (`nvmeN`) where it was connected and stays so.
    Told(Log, Option<String>),
    /// The kernel refused the connection.
    Refused(Refusal),
    /// It was connected, but its log page could not be read, for this reason.
    Silent(String),
}

/// Asks a controller that is connected, and closes it where it does not stay.
pub(super) fn ask(root: &Path, name: &str, manner: Manner) -> Asked {
    let device = root.join("dev").join(name);
    let log = File::open(&device).map_err(|error| format!("{}: {error}", device.display()));
    let log = log.and_then(|file| read::log(&mut Admin::new(file)).map_err(|error| error.to_string()));
    // One that cannot be read is of no use, and a new connection may be better.
    let kept = manner == Manner::Lasting && log.is_ok();
    if !kept && manner != Manner::Again {
        close_or_warn(root, name);
    }
    match log {
        Ok(log) => Asked::Told(log, kept.then(|| name.to_owned())),
        Err(reason) => Asked::Silent(reason),
    }
}

/// Closes a controller; that it cannot be closed is no reason not to use what it told.
pub(super) fn close_or_warn(root: &Path, name: &str) {
    if let Err(error) = close(root, name) {
        log::warn!("{name}: the discovery controller cannot be closed: {error}");
    }
}

/// Has the kernel take a controller away.
#[expect(clippy::disallowed_methods, reason = "an attribute of the kernel's, and our own word")]
pub(super) fn close(root: &Path, name: &str) -> io::Result<()> {
    let file = root.join("sys/class/nvme").join(name).join("delete_controller");
    OpenOptions::new().write(true).open(file)?.write_all(b"1")
}

impl Asked {
    /// One line, for the way between the processes.
    pub(super) fn to_line(&self) -> String {
        match self {
            Self::Refused(refusal) => refusal.to_line(),
            Self::Silent(reason) => format!("silent {}", reason.replace('\n', " ")),
            Self::Told(log, name) => match json::compact(log) {
                Ok(text) => format!("told {} {text}", name.as_deref().unwrap_or("-")),
                Err(error) => format!("silent {error}"),
            },
        }
    }

    pub(super) fn from_line(line: &str) -> Option<Self> {
        let (word, rest) = line.trim_end().split_once(' ')?;
        match word {
            "errno" => Refusal::from_rest(rest).map(Self::Refused),
            "silent" => Some(Self::Silent(rest.to_owned())),
            "told" => {
                let (name, log) = rest.split_once(' ')?;
                Some(Self::Told(serde_json::from_str(log).ok()?, (name != "-").then(|| name.to_owned())))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Asked, Manner, Refusal};
    use libnbft::discovery::{Header, LEN, Log};

    #[test]
    fn answers_survive_the_way_between_the_processes() {
        let mut log = Log::new(Header { generation: u64::MAX, records: 2 });
        let mut page = [0; 2 * LEN];
        page[..3].copy_from_slice(&[3, 1, 2]);
        for (at, text) in [(32, "4420"), (256, "nqn.2014-08.org.example:\u{e9}"), (512, "192.0.2.1")] {
            page[at..at + text.len()].copy_from_slice(text.as_bytes());
        }
        log.take(&page);
        assert_eq!((log.entries.len(), log.skipped.len()), (1, 1));
        let refusal = Refusal { errno: 111, reason: "nobody is there".into() };
        let kept = Asked::Told(log.clone(), Some("nvme3".into()));
        for asked in [kept, Asked::Told(log, None), Asked::Refused(refusal), Asked::Silent("it says nothing".into())] {
            let line = asked.to_line();
            assert!(!line.contains('\n'));
            assert_eq!(Asked::from_line(&format!("{line}\n")), Some(asked));
        }
        assert_eq!(Asked::from_line(""), None);
        assert_eq!(Asked::from_line("told - {"), None);
        for manner in [Manner::Once, Manner::Lasting, Manner::Again] {
            assert_eq!(Manner::of_word(manner.word()), Some(manner));
        }
    }
}
