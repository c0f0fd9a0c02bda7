//! Reads controllers and namespaces from sysfs repeatedly, and reads what cannot change only once.

use super::{AnaState, Controller, PathNamespace, directory};
use libnbft::model::Uuid;
use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::os::unix::fs::DirEntryExt;
use std::path::Path;

/// Values by name, each with the inode number of its sysfs entry.
type Known<T> = BTreeMap<String, (u64, T)>;

/// Controllers that are read repeatedly. Attributes that no longer change are not read again. The inode number distinguishes a
/// controller from a later one of the same name; sysfs never uses a number twice.
#[derive(Debug, Default)]
pub struct Watch {
    known: Known<Seen>,
}

/// A controller that has been live.
#[derive(Debug)]
struct Seen {
    /// Its last state.
    controller: Controller,
    /// Its namespaces that have all attributes.
    namespaces: Known<PathNamespace>,
}

impl Watch {
    /// Whether a namespace that was read has an ANA state.
    #[must_use]
    pub fn shows_ana(&self) -> bool {
        self.known.values().any(|(_, seen)| seen.controller.namespaces.iter().any(|namespace| namespace.ana.is_some()))
    }

    /// All controllers under `<root>/sys/class/nvme`, by name; none when the directory is missing. A controller whose NQN is not
    /// `relevant` is not read again: its state and namespaces may be old.
    #[must_use]
    pub fn controllers(&mut self, root: &Path, relevant: impl Fn(&str) -> bool) -> Vec<Controller> {
        let mut before = std::mem::take(&mut self.known);
        let mut found = Vec::new();
        for (name, inode) in entries(&root.join("sys/class/nvme")) {
            let seen = before.remove(&name).filter(|(then, _)| *then == inode).map(|(_, seen)| seen);
            let was_live = seen.is_some();
            let seen = match seen {
                Some(seen) if !relevant(&seen.controller.nqn) => seen,
                seen => read(&directory(root, &name), &name, seen),
            };
            found.push(seen.controller.clone());
            // Before a controller is live, even its NQN may change.
            if was_live || seen.controller.is_live() {
                self.known.insert(name, (inode, seen));
            }
        }
        found.sort_by(|one, other| one.name.cmp(&other.name));
        found
    }
}

/// Reads a controller: only what can change, or all when it is new.
fn read(directory: &Path, name: &str, seen: Option<Seen>) -> Seen {
    let state = attribute(directory, "state");
    let (identity, known) = match seen {
        Some(seen) => (seen.controller, seen.namespaces),
        None => (identity(directory, name), Known::new()),
    };
    let (all, namespaces) = namespaces(directory, name, known);
    Seen { controller: Controller { state, namespaces: all, ..identity }, namespaces }
}

/// All namespaces of a controller by name, and those that have all attributes. `known` ones are not read again.
fn namespaces(
    directory: &Path,
    controller: &str,
    mut known: Known<PathNamespace>,
) -> (Vec<PathNamespace>, Known<PathNamespace>) {
    let is_namespace = |name: &str| {
        let rest = name.strip_prefix("nvme").map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
        // nvme0n1 and nvme0c0n1, not nvme0 itself or ng0n1.
        rest.is_some_and(|rest| (rest.starts_with('n') || rest.starts_with('c')) && name != controller)
    };
    let (mut all, mut complete) = (Vec::new(), Known::new());
    for (name, inode) in entries(directory).filter(|(name, _)| is_namespace(name)) {
        let read = known.remove(&name).filter(|(then, _)| *then == inode).map(|(_, namespace)| namespace);
        let directory = directory.join(&name);
        // The kernel makes this directory after the attributes.
        let is_complete = read.is_some() || directory.join("power").exists();
        let read = match read {
            // Where there is no such attribute, it never comes.
            Some(known) if known.ana.is_none() => known,
            Some(known) => PathNamespace { ana: ana(&directory), ..known },
            None => namespace(&directory, name.clone()),
        };
        all.push(read.clone());
        if is_complete {
            complete.insert(name, (inode, read));
        }
    }
    all.sort_by(|one, other| one.name.cmp(&other.name));
    (all, complete)
}

/// The entries of a directory with their inode numbers.
fn entries(directory: &Path) -> impl Iterator<Item = (String, u64)> + use<> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries.filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry.ino())))
}

/// An attribute without surrounding white space; empty when it cannot be read.
pub(crate) fn attribute(directory: &Path, name: &str) -> String {
    // One read gives the whole attribute (at most a page), and there are hundreds.
    let mut page = [0; 4096];
    let length = fs::File::open(directory.join(name)).and_then(|mut file| file.read(&mut page)).unwrap_or(0);
    String::from_utf8_lossy(&page[..length]).trim().to_owned()
}

/// The attributes of a controller that never change.
fn identity(directory: &Path, name: &str) -> Controller {
    let address = attribute(directory, "address");
    let part = |key| part_of(&address, key).to_owned();
    Controller {
        name: name.to_owned(),
        transport: attribute(directory, "transport"),
        nqn: attribute(directory, "subsysnqn"),
        traddr: part("traddr"),
        trsvcid: part("trsvcid"),
        host_traddr: part("host_traddr"),
        host_iface: part("host_iface"),
        hostnqn: attribute(directory, "hostnqn"),
        ..Controller::default()
    }
}

/// A part of a controller's address, `key=value,…`, without a scope; empty when it is missing.
pub(super) fn part_of<'a>(address: &'a str, key: &str) -> &'a str {
    let value = address.split(',').find_map(|part| part.strip_prefix(key)?.strip_prefix('='));
    value.and_then(|value| value.split('%').next()).unwrap_or_default()
}

fn ana(directory: &Path) -> Option<AnaState> {
    AnaState::of_attribute(&attribute(directory, "ana_state"))
}

fn namespace(directory: &Path, name: String) -> PathNamespace {
    let hex = |attribute_name| {
        let text: String = attribute(directory, attribute_name).chars().filter(char::is_ascii_hexdigit).collect();
        (!text.is_empty() && text.chars().any(|c| c != '0')).then(|| text.to_ascii_lowercase())
    };
    PathNamespace {
        nsid: attribute(directory, "nsid").parse().unwrap_or(0),
        uuid: attribute(directory, "uuid").parse().ok().filter(|uuid: &Uuid| !uuid.is_placeholder()),
        nguid: hex("nguid"),
        eui: hex("eui"),
        ana: ana(directory),
        name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes a controller as sysfs shows it. A second call overwrites the attributes in place, so only a new read sees them.
    fn show(root: &Path, nqn: &str, state: &str, uuid: &str) {
        let controller = root.join("sys/class/nvme/nvme0");
        let namespace = controller.join("nvme0c0n1");
        fs::create_dir_all(namespace.join("power")).unwrap();
        let address = "traddr=fe80::1%nbft0,trsvcid=4420,host_traddr=fe80::2%nbft0,host_iface=nbft0,src_addr=fe80::2";
        let of_controller = [("transport", "tcp"), ("state", state), ("subsysnqn", nqn), ("address", address)];
        for (file, text) in of_controller {
            fs::write(controller.join(file), format!("{text}\n")).unwrap();
        }
        for (file, text) in [("nsid", "3"), ("uuid", uuid), ("nguid", "00000000-0000"), ("eui", "01 A0 00")] {
            fs::write(namespace.join(file), format!("{text}\n")).unwrap();
        }
    }

    #[test]
    fn constant_attributes_are_read_once() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        let mut watch = Watch::default();
        assert_eq!(watch.controllers(root, |_| true), []);
        let uuids = ["cc3f2135-f931-4569-baea-0eee7113a521", "11111111-2222-3333-4444-555555555555"];
        // Until it is live, it is read each time.
        show(root, "nqn.x:early", "connecting", uuids[0]);
        assert_eq!(watch.controllers(root, |_| true)[0].nqn, "nqn.x:early");
        show(root, "nqn.x:first", "live", uuids[0]);
        let mut seen = Controller {
            name: "nvme0".into(),
            transport: "tcp".into(),
            nqn: "nqn.x:first".into(),
            state: "live".into(),
            traddr: "fe80::1".into(),
            trsvcid: "4420".into(),
            host_traddr: "fe80::2".into(),
            host_iface: "nbft0".into(),
            hostnqn: String::new(),
            namespaces: vec![PathNamespace {
                name: "nvme0c0n1".into(),
                nsid: 3,
                uuid: uuids[0].parse().ok(),
                nguid: None,
                eui: Some("01a000".into()),
                ana: None,
            }],
        };
        assert_eq!(watch.controllers(root, |_| true), [seen.clone()]);
        // Only the state is read again.
        show(root, "nqn.x:other", "connecting", uuids[1]);
        seen.state = "connecting".into();
        assert_eq!(watch.controllers(root, |_| true), [seen.clone()]);
        // A new namespace has the name. The old directory is moved, so that its inode number is not used again.
        let namespace = root.join("sys/class/nvme/nvme0/nvme0c0n1");
        fs::rename(&namespace, root.join("old-namespace")).unwrap();
        show(root, "nqn.x:other", "live", uuids[1]);
        seen.state = "live".into();
        seen.namespaces[0].uuid = uuids[1].parse().ok();
        assert_eq!(watch.controllers(root, |_| true), [seen.clone()]);
        // A new controller has the name.
        fs::rename(root.join("sys/class/nvme/nvme0"), root.join("old")).unwrap();
        assert_eq!(watch.controllers(root, |_| true), []);
        show(root, "nqn.x:other", "live", uuids[1]);
        seen.nqn = "nqn.x:other".into();
        assert_eq!(watch.controllers(root, |_| true), [seen.clone()]);
        // An irrelevant controller is not read again.
        show(root, "nqn.x:other", "connecting", uuids[1]);
        assert_eq!(watch.controllers(root, |nqn| nqn != "nqn.x:other"), [seen.clone()]);
        seen.state = "connecting".into();
        assert_eq!(watch.controllers(root, |nqn| nqn == "nqn.x:other"), [seen]);
    }

    #[test]
    fn an_ana_state_is_read_each_time_and_its_lack_once() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        let attribute = root.join("sys/class/nvme/nvme0/nvme0c0n1/ana_state");
        show(root, "nqn.x:s", "live", "");
        let (mut with, mut without) = (Watch::default(), Watch::default());
        let ana = |watch: &mut Watch| watch.controllers(root, |_| true)[0].namespaces[0].ana;
        assert_eq!((ana(&mut without), without.shows_ana()), (None, false));
        fs::write(&attribute, "inaccessible\n").unwrap();
        assert_eq!((ana(&mut with), with.shows_ana()), (Some(AnaState::Inaccessible), true));
        fs::write(&attribute, "optimized\n").unwrap();
        assert_eq!((ana(&mut with), ana(&mut without)), (Some(AnaState::Optimized), None));
    }

    #[test]
    fn incomplete_controllers_are_read_again() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        let mut watch = Watch::default();
        fs::create_dir_all(root.join("sys/class/nvme/nvme0/nvme0n1")).unwrap();
        let nothing = watch.controllers(root, |_| true);
        assert_eq!((nothing[0].nqn.as_str(), nothing[0].namespaces[0].nsid), ("", 0));
        show(root, "nqn.x:first", "live", "");
        fs::write(root.join("sys/class/nvme/nvme0/nvme0n1/nsid"), "7\n").unwrap();
        let now = watch.controllers(root, |_| true);
        let nsids: Vec<_> = now[0].namespaces.iter().map(|namespace| namespace.nsid).collect();
        assert_eq!((now[0].nqn.as_str(), nsids), ("nqn.x:first", vec![3, 7]));
    }
}
