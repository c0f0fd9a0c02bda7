//! Reads the lists by which an administrator takes controllers out of service, in the form of nvme-cli 3.
//!
//! A list is a file with entries in its section `[exclusions]`: `exclusion = KEY=VALUE;KEY=VALUE…`. An entry excludes each connection that
//! has all its values. An unreadable entry or list excludes nothing.

use crate::input::read_regular;
use crate::output::replace::{PUBLIC, replace};
use libnbft::model::Uuid;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{fmt, io};

/// The administrator's list; nvme-cli writes to it.
pub const LIST: &str = "/etc/nvme/exclusions.conf";

/// The directory of further lists, each named `*.conf`.
pub const DIRECTORY: &str = "/etc/nvme/exclusions.conf.d";

/// The list of `nbft disconnect`, which ends with the system.
pub const RUNTIME_LIST: &str = "/run/nbft/exclusions.conf";

/// The longest list that is read, in bytes.
const MAX_SIZE: u64 = 1 << 20;

/// How long a reading of the lists stays valid: a thousand paths that start at once cause one reading.
const FRESH: Duration = Duration::from_secs(1);

/// A connection that is to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity<'a> {
    /// Subsystem NQN.
    pub nqn: &'a str,
    /// Transport address.
    pub traddr: IpAddr,
    /// TCP port.
    pub trsvcid: u16,
    /// Source address, if it is known.
    pub host_traddr: Option<IpAddr>,
    /// Interface, if it is known.
    pub host_iface: Option<&'a str>,
    /// Host NQN.
    pub hostnqn: &'a str,
    /// Host ID.
    pub hostid: Uuid,
}

/// The place of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The list.
    pub list: PathBuf,
    /// The line, from 1.
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} line {}", self.list.display(), self.line)
    }
}

/// What an entry demands of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Field {
    Transport(String),
    Traddr(IpAddr),
    Trsvcid(u16),
    Nqn(String),
    HostTraddr(IpAddr),
    HostIface(String),
    Hostnqn(String),
    Hostid(Uuid),
}

impl Field {
    fn parse(text: &str) -> Option<Self> {
        let (key, value) = text.split_once('=')?;
        let (key, value) = (key.trim(), value.trim());
        if value.is_empty() {
            return None;
        }
        Some(match key {
            "transport" => Self::Transport(value.to_ascii_lowercase()),
            "traddr" => Self::Traddr(value.parse().ok()?),
            "trsvcid" => Self::Trsvcid(value.parse().ok()?),
            "nqn" => Self::Nqn(value.to_owned()),
            "host-traddr" => Self::HostTraddr(value.parse().ok()?),
            "host-iface" => Self::HostIface(value.to_owned()),
            "hostnqn" => Self::Hostnqn(value.to_owned()),
            "hostid" => Self::Hostid(value.parse().ok()?),
            _ => return None,
        })
    }

    fn is_of(&self, identity: &Identity<'_>) -> bool {
        match self {
            Self::Transport(transport) => transport == "tcp",
            Self::Traddr(traddr) => *traddr == identity.traddr,
            Self::Trsvcid(trsvcid) => *trsvcid == identity.trsvcid,
            Self::Nqn(nqn) => nqn == identity.nqn,
            Self::HostTraddr(address) => Some(*address) == identity.host_traddr,
            Self::HostIface(name) => Some(name.as_str()) == identity.host_iface,
            Self::Hostnqn(nqn) => nqn == identity.hostnqn,
            Self::Hostid(id) => *id == identity.hostid,
        }
    }
}

/// The lists, as they were read last.
#[derive(Debug, Default)]
pub struct Exclusions {
    entries: Vec<(Place, Vec<Field>)>,
    read_at: Option<Instant>,
}

impl Exclusions {
    /// The entry that excludes a connection. The lists are read again when they were read a second ago or earlier.
    pub fn find(&mut self, root: &Path, identity: &Identity<'_>) -> Option<&Place> {
        if self.read_at.is_none_or(|read_at| read_at.elapsed() >= FRESH) {
            *self = Self { entries: read_all(root), read_at: Some(Instant::now()) };
        }
        let found = self.entries.iter().find(|(_, fields)| fields.iter().all(|field| field.is_of(identity)));
        found.map(|(place, _)| place)
    }
}

/// The entry in a list that excludes a whole connection.
#[must_use]
pub fn entry(nqn: &str, traddr: IpAddr, trsvcid: u16) -> String {
    format!("exclusion = transport=tcp;traddr={traddr};trsvcid={trsvcid};nqn={nqn}")
}

/// Adds those entries that a list lacks; creates the list if it is missing.
///
/// # Errors
///
/// When the list cannot be read or written.
pub fn append(list: &Path, entries: &[String]) -> io::Result<()> {
    let mut text = match read_regular(list, MAX_SIZE) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => "# Connections that are out of service.\n".to_owned(),
        Err(error) => return Err(error),
    };
    let new: Vec<_> = entries.iter().filter(|entry| !text.lines().any(|line| line.trim() == entry.as_str())).collect();
    if new.is_empty() {
        return Ok(());
    }
    if !text.ends_with('\n') {
        text.push('\n');
    }
    // Entries after another section would not count.
    if text.lines().map(str::trim).rfind(|line| line.starts_with('[')) != Some("[exclusions]") {
        text.push_str("[exclusions]\n");
    }
    for entry in new {
        text.push_str(entry);
        text.push('\n');
    }
    replace(list, text.as_bytes(), PUBLIC)
}

fn read_all(root: &Path) -> Vec<(Place, Vec<Field>)> {
    let directory = root.join(DIRECTORY.trim_start_matches('/'));
    let mut lists: Vec<PathBuf> =
        std::fs::read_dir(directory).into_iter().flatten().flatten().map(|f| f.path()).collect();
    lists.retain(|path| path.extension().is_some_and(|extension| extension == "conf"));
    lists.sort();
    let fixed = [LIST, RUNTIME_LIST].map(|list| root.join(list.trim_start_matches('/')));
    fixed.into_iter().chain(lists).flat_map(|list| read(root, &list)).collect()
}

fn read(root: &Path, list: &Path) -> Vec<(Place, Vec<Field>)> {
    let bytes = match read_regular(list, MAX_SIZE) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            log::warn!("{}: {error}; what it excludes is not known", list.display());
            return Vec::new();
        }
    };
    let shown = Path::new("/").join(list.strip_prefix(root).unwrap_or(list));
    let mut entries = Vec::new();
    for (line, result) in parse(&String::from_utf8_lossy(&bytes)) {
        let place = Place { list: shown.clone(), line };
        match result {
            Some(fields) => entries.push((place, fields)),
            None => log::warn!("{place}: this entry excludes nothing: a key or a value is unknown"),
        }
    }
    entries
}

/// The entries of a list by line, each with its fields, or `None` where it cannot be read.
fn parse(text: &str) -> impl Iterator<Item = (usize, Option<Vec<Field>>)> {
    let mut is_inside = false;
    text.lines().enumerate().filter_map(move |(number, line)| {
        let line = line.trim();
        if let Some(section) = line.strip_prefix('[') {
            is_inside = section.strip_suffix(']').is_some_and(|name| name.trim() == "exclusions");
            return None;
        }
        if !is_inside || line.is_empty() || line.starts_with('#') {
            return None;
        }
        let (key, value) = line.split_once('=')?;
        if key.trim() != "exclusion" {
            return None;
        }
        let fields = value.split(';').map(str::trim).filter(|field| !field.is_empty());
        let fields: Option<Vec<Field>> = fields.map(Field::parse).collect();
        Some((number + 1, fields.filter(|fields| !fields.is_empty())))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NQN: &str = "nqn.2014-08.org.example:s";

    fn identity() -> Identity<'static> {
        Identity {
            nqn: NQN,
            traddr: "192.0.2.10".parse().unwrap(),
            trsvcid: 4420,
            host_traddr: "2001:db8::2".parse().ok(),
            host_iface: Some("nbft0"),
            hostnqn: "nqn.2014-08.org.example:host",
            hostid: Uuid([0x22; 16]),
        }
    }

    #[test]
    fn an_entry_excludes_what_has_all_its_values() {
        let excludes = |fields: &str| {
            let text = format!("# ours\n[exclusions]\n\nexclusion = {fields}\n");
            let entries: Vec<_> = parse(&text).collect();
            let [(4, fields)] = &entries[..] else { panic!("{entries:?}") };
            fields.as_ref().map(|fields| fields.iter().all(|field| field.is_of(&identity())))
        };
        for all in [
            "nqn=nqn.2014-08.org.example:s",
            "transport=TCP; traddr=192.0.2.10 ;trsvcid=4420;",
            "host-traddr=2001:DB8:0::2",
            "host-iface=nbft0;hostnqn=nqn.2014-08.org.example:host",
            "hostid=22222222-2222-2222-2222-222222222222",
        ] {
            assert_eq!(excludes(all), Some(true), "{all}");
        }
        for other in
            ["traddr=192.0.2.11", "nqn=nqn.2014-08.org.example:s;trsvcid=4421", "transport=rdma", "host-iface=nbft1"]
        {
            assert_eq!(excludes(other), Some(false), "{other}");
        }
        for unreadable in ["", ";", "subsysnqn=nqn.x", "traddr=storage.example", "nqn=", "nqn", "trsvcid=70000"] {
            assert_eq!(excludes(unreadable), None, "{unreadable}");
        }
    }

    #[test]
    fn other_sections_and_other_keys_are_not_entries() {
        let text = "exclusion = nqn=a\n[Exclusions]\nexclusion = nqn=b\n[other]\nexclusion = nqn=c\n[exclusions]\nnote = x\nexclusion = nqn=d\n";
        let lines: Vec<_> = parse(text).map(|(line, _)| line).collect();
        assert_eq!(lines, [8]);
    }

    #[test]
    fn all_lists_count_and_are_read_again() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        let write = |list: &str, text: &str| {
            let file = root.join(list.trim_start_matches('/'));
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        };
        let found = |exclusions: &mut Exclusions| {
            exclusions.read_at = None;
            exclusions.find(root, &identity()).map(ToString::to_string)
        };
        let mut exclusions = Exclusions::default();
        assert_eq!(found(&mut exclusions), None);
        let entry = format!("[exclusions]\n{}\n", entry(NQN, identity().traddr, 4420));
        for list in [RUNTIME_LIST, LIST, "/etc/nvme/exclusions.conf.d/maintenance.conf"] {
            write(list, &entry);
            assert_eq!(found(&mut exclusions), Some(format!("{list} line 2")));
            std::fs::remove_file(root.join(list.trim_start_matches('/'))).unwrap();
        }
        write("/etc/nvme/exclusions.conf.d/notes.txt", &entry);
        assert_eq!(found(&mut exclusions), None);
    }
}
