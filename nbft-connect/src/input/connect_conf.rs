//! Reads `/etc/nbft/connect.conf`: settings of connections, for all subsystems and for single ones.

use crate::output::escape;
use crate::tunables::{InvalidValue, Tunable, Tunables};
use libnbft::files::read_regular;
use libnbft::text::{NqnError, nqn_form};
use std::io;
use std::path::Path;

/// Where the file is.
pub const PATH: &str = "/etc/nbft/connect.conf";

/// Largest file that is read, in bytes.
const MAX_SIZE: u64 = 256 << 10;

/// The section for all subsystems.
const GLOBAL: &str = "global";

/// The settings of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConnectConf {
    global: Tunables,
    subsystems: Vec<(String, Tunables)>,
}

/// A line that is not used. Display is a sentence that begins with its number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {fault}")]
pub struct WrongLine {
    /// The number of the line, from 1.
    pub line: usize,
    /// Why it is not used.
    pub fault: LineFault,
}

/// Why a line is not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineFault {
    /// It is neither a section, a setting nor a comment.
    #[error("“{0}” is neither [SECTION] nor NAME = VALUE")]
    Form(String),
    /// The name of the section is no NQN.
    #[error("the section “{name}” is neither {GLOBAL} nor an NQN ({reason}); its settings are not used")]
    Section {
        /// The name.
        name: String,
        /// Why it is no NQN.
        reason: NqnError,
    },
    /// It stands before the first section.
    #[error("{0} stands before the first section: put [{GLOBAL}] above it")]
    NoSection(Tunable),
    /// There is no such setting.
    #[error("there is no setting “{0}”")]
    Name(String),
    /// The setting cannot have this value.
    #[error(transparent)]
    Value(#[from] InvalidValue),
}

/// The section that a line belongs to.
enum Section {
    /// None has begun.
    Before,
    /// Its name was refused.
    Refused,
    Global,
    Subsystem(usize),
}

impl ConnectConf {
    /// Reads the file under `root`, and logs each line that is not used: a typing error must not prevent the boot. Without a file there are
    /// no settings.
    #[must_use]
    pub fn read(root: &Path) -> Self {
        let text = match read_regular(&root.join(&PATH[1..]), MAX_SIZE) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Self::default(),
            Err(error) => {
                log::warn!("{PATH}: {error}: none of its settings is used");
                return Self::default();
            }
        };
        let (conf, wrong) = Self::parse(&text);
        for wrong in wrong {
            log::warn!("{PATH}: {}", escape(&wrong.to_string()));
        }
        conf
    }

    /// Reads the text of the file; also returns the lines that are not used.
    #[must_use]
    pub fn parse(text: &str) -> (Self, Vec<WrongLine>) {
        let (mut conf, mut wrong, mut section) = (Self::default(), Vec::new(), Section::Before);
        for (number, line) in text.lines().enumerate() {
            if let Err(fault) = conf.take(line.trim(), &mut section) {
                wrong.push(WrongLine { line: number + 1, fault });
            }
        }
        (conf, wrong)
    }

    fn take(&mut self, line: &str, section: &mut Section) -> Result<(), LineFault> {
        if line.is_empty() || line.starts_with(['#', ';']) {
            return Ok(());
        }
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            *section = Section::Refused;
            *section = self.section(name.trim())?;
            return Ok(());
        }
        let (name, value) = line.split_once('=').ok_or_else(|| LineFault::Form(line.to_owned()))?;
        let name = name.trim();
        let tunable = Tunable::of_name(name).ok_or_else(|| LineFault::Name(name.to_owned()))?;
        let value = tunable.parse(value.trim())?;
        match section {
            Section::Before => return Err(LineFault::NoSection(tunable)),
            Section::Refused => {}
            Section::Global => self.global.set(tunable, value),
            Section::Subsystem(index) => self.subsystems[*index].1.set(tunable, value),
        }
        Ok(())
    }

    /// The section with this name, which may have begun before.
    fn section(&mut self, name: &str) -> Result<Section, LineFault> {
        if name == GLOBAL {
            return Ok(Section::Global);
        }
        nqn_form(name).map_err(|reason| LineFault::Section { name: name.to_owned(), reason })?;
        let known = self.subsystems.iter().position(|(nqn, _)| nqn == name);
        Ok(Section::Subsystem(known.unwrap_or_else(|| {
            self.subsystems.push((name.to_owned(), Tunables::default()));
            self.subsystems.len() - 1
        })))
    }

    /// The settings of each section.
    pub fn all(&self) -> impl Iterator<Item = &Tunables> {
        std::iter::once(&self.global).chain(self.subsystems.iter().map(|(_, tunables)| tunables))
    }

    /// The settings for a subsystem.
    #[must_use]
    pub fn of(&self, nqn: &str) -> Tunables {
        let own = self.subsystems.iter().find(|(name, _)| name == nqn).map(|(_, tunables)| *tunables);
        own.unwrap_or_default().or(&self.global)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# For all.
[global]
nr_io_queues = 4
tos=8

[nqn.2014-08.org.example:root]
  nr_io_queues = 2
; The last one counts.
queue_size = 64
queue_size = 128
[global]
reconnect_delay = 3
";

    #[test]
    fn a_subsystem_has_its_own_settings_before_the_global_ones() {
        let (conf, wrong) = ConnectConf::parse(TEXT);
        assert_eq!(wrong, []);
        let root = "nr_io_queues=2, queue_size=128, reconnect_delay=3, tos=8";
        assert_eq!(conf.of("nqn.2014-08.org.example:root").to_string(), root);
        assert_eq!(conf.of("nqn.2014-08.org.example:home").to_string(), "nr_io_queues=4, reconnect_delay=3, tos=8");
        assert_eq!(ConnectConf::parse("").0.of("nqn.2014-08.org.example:root"), Tunables::default());
    }

    #[test]
    fn wrong_lines_are_named_by_number_and_cost_only_themselves() {
        let text = "tos=1\n[global]\nqueue_size\nqueue_size = 8\nqueue-size = 16\n[root]\ntos = 2\n[global\n[global]\ntos = 3\n";
        let (conf, wrong) = ConnectConf::parse(text);
        let said: Vec<String> = wrong.iter().map(ToString::to_string).collect();
        let reason = nqn_form("root").unwrap_err();
        assert_eq!(
            said,
            [
                "line 1: tos stands before the first section: put [global] above it",
                "line 3: “queue_size” is neither [SECTION] nor NAME = VALUE",
                "line 4: queue_size is a whole number from 16 to 1024, not “8”",
                "line 5: there is no setting “queue-size”",
                &format!(
                    "line 6: the section “root” is neither global nor an NQN ({reason}); its settings are not used"
                ),
                "line 8: “[global” is neither [SECTION] nor NAME = VALUE",
            ]
        );
        assert_eq!(conf.of("nqn.2014-08.org.example:root").to_string(), "tos=3");
    }
}
