//! Reads NVMe controllers and their namespaces from sysfs.

mod ana;
mod watch;

pub use ana::{AnaState, NoAccess};
pub use watch::Watch;
pub(crate) use watch::attribute;

use super::keys::{Serial, read_text};
use libnbft::model::{Nid, Uuid};
use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::{fmt, fs, io};

/// The beginning of the state of a controller that is being deleted.
const DELETING: &str = "deleting";

/// The state of a controller that has its target.
const LIVE: &str = "live";

/// A controller.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Controller {
    /// `nvmeN`.
    pub name: String,
    /// `tcp`, `pcie`, …
    pub transport: String,
    /// Subsystem NQN.
    pub nqn: String,
    /// `live`, `connecting`, …
    pub state: String,
    /// Transport address, without a scope.
    pub traddr: String,
    /// TCP port.
    pub trsvcid: String,
    /// Source address; empty when not bound.
    pub host_traddr: String,
    /// Interface; empty when not bound.
    pub host_iface: String,
    /// Host NQN.
    pub hostnqn: String,
    /// Its namespaces.
    pub namespaces: Vec<PathNamespace>,
}

impl Controller {
    /// Whether the kernel is deleting it.
    #[must_use]
    pub fn is_deleting(&self) -> bool {
        self.state.starts_with(DELETING)
    }

    /// Whether it takes I/O.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.state == LIVE
    }
}

/// A namespace as one controller sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PathNamespace {
    /// Directory in the controller's: `nvme0c0n1` under native multipath, else `nvme0n1`.
    pub name: String,
    /// Namespace ID.
    pub nsid: u32,
    /// UUID, when it has one.
    pub uuid: Option<Uuid>,
    /// NGUID without dashes, lower case.
    pub nguid: Option<String>,
    /// EUI-64 without spaces, lower case.
    pub eui: Option<String>,
    /// Its ANA state through this controller; `None` if the controller has no ANA.
    pub ana: Option<AnaState>,
}

impl PathNamespace {
    /// Whether this is the namespace: by NID, or by NSID when there is no NID (0 = any).
    #[must_use]
    pub fn is(&self, nsid: u32, nid: Option<Nid>) -> bool {
        match nid {
            Some(Nid::Uuid(uuid)) => self.uuid == Some(uuid),
            Some(nid @ Nid::Nguid(_)) => self.nguid.as_deref() == Some(nid.to_string().as_str()),
            Some(nid @ Nid::Eui64(_)) => self.eui.as_deref() == Some(nid.to_string().as_str()),
            _ => nsid == 0 || self.nsid == nsid,
        }
    }

    /// Whether Linux sends I/O to it through this controller while that is live.
    #[must_use]
    pub fn is_accessible(&self) -> bool {
        self.ana.is_none_or(AnaState::is_usable)
    }

    /// The block device that users open: the multipath head's name, or its own.
    #[must_use]
    pub fn device(&self) -> String {
        // nvme0c1n2 is a path of nvme0n2.
        let Some((head, rest)) = self.name.split_once('c') else { return self.name.clone() };
        rest.split_once('n').map_or_else(|| self.name.clone(), |(_, nsid)| format!("{head}n{nsid}"))
    }
}

/// NSID and every NID.
impl fmt::Display for PathNamespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NSID {}", self.nsid)?;
        self.uuid.iter().try_for_each(|uuid| write!(f, " uuid {uuid}"))?;
        self.nguid.iter().try_for_each(|nguid| write!(f, " nguid {nguid}"))?;
        self.eui.iter().try_for_each(|eui| write!(f, " eui64 {eui}"))
    }
}

/// All controllers under `<root>/sys/class/nvme`; none when the directory is missing.
#[must_use]
pub fn controllers(root: &Path) -> Vec<Controller> {
    Watch::default().controllers(root, |_| true)
}

/// The directory of a controller.
fn directory(root: &Path, controller: &str) -> PathBuf {
    root.join("sys/class/nvme").join(controller)
}

/// Whether a controller is a discovery controller.
#[must_use]
pub fn is_discovery(root: &Path, controller: &str) -> bool {
    attribute(&directory(root, controller), "cntrltype") == "discovery"
}

/// Whether a controller has a secret; `None` where the kernel does not show it.
#[must_use]
pub fn has_secret(root: &Path, controller: &str) -> Option<bool> {
    let file = fs::File::open(directory(root, controller).join("dhchap_secret")).ok()?;
    let text = read_text(file).ok()?;
    Some(text.trim() != "none")
}

/// The TLS key of a controller; `None` where it has none.
#[must_use]
pub fn tls_key(root: &Path, controller: &str) -> Option<Serial> {
    Serial::from_str_radix(&attribute(&directory(root, controller), "tls_key"), 16).ok().filter(|serial| *serial != 0)
}

/// The connections of a controller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connections {
    /// Address and port of the target, without a scope.
    pub peer: SocketAddr,
    /// The source address, if the kernel shows it.
    pub source: Option<IpAddr>,
    /// The number of connections: one for each queue.
    pub queues: usize,
}

/// The connections of a controller; `None` where the kernel does not show them.
#[must_use]
pub fn connections(root: &Path, controller: &str) -> Option<Connections> {
    let directory = directory(root, controller);
    let address = attribute(&directory, "address");
    let ip = |key| watch::part_of(&address, key).parse::<IpAddr>().ok();
    Some(Connections {
        peer: SocketAddr::new(ip("traddr")?, watch::part_of(&address, "trsvcid").parse().ok()?),
        source: ip("src_addr"),
        queues: attribute(&directory, "queue_count").parse().ok().filter(|queues| *queues > 0)?,
    })
}

/// The source addresses of all controllers: those that they are bound to, and those in use.
pub(crate) fn sources(root: &Path) -> Vec<IpAddr> {
    let entries = fs::read_dir(root.join("sys/class/nvme")).into_iter().flatten().flatten();
    let addresses = entries.map(|entry| attribute(&entry.path(), "address"));
    let parts = |address: String| ["host_traddr", "src_addr"].map(|key| watch::part_of(&address, key).parse().ok());
    addresses.flat_map(parts).flatten().collect()
}

/// Makes the secrets of a controller readable only by root. Linux shows them to all users.
///
/// # Errors
///
/// When the kernel refuses. A controller without secrets is not an error.
pub fn hide_secrets(root: &Path, controller: &str) -> io::Result<()> {
    for name in ["dhchap_secret", "dhchap_ctrl_secret"] {
        let file = directory(root, controller).join(name);
        match fs::set_permissions(file, fs::Permissions::from_mode(0o600)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Whether the kernel is deleting a controller, or has deleted it.
#[must_use]
pub fn is_deleting(root: &Path, controller: &str) -> bool {
    let state = attribute(&directory(root, controller), "state");
    state.is_empty() || state.starts_with(DELETING)
}

/// Whether a controller has its target.
#[must_use]
pub fn is_live(root: &Path, controller: &str) -> bool {
    attribute(&directory(root, controller), "state") == LIVE
}

/// The ID (CNTLID) of a controller, as the target gave it.
#[must_use]
pub fn number(root: &Path, controller: &str) -> Option<u16> {
    attribute(&directory(root, controller), "cntlid").parse().ok()
}

/// Disconnects a controller. The call returns when the kernel has taken it down.
///
/// # Errors
///
/// When there is no such controller, or the kernel refuses.
#[expect(clippy::disallowed_methods, reason = "an attribute of the kernel, and a constant")]
pub fn disconnect(root: &Path, controller: &str) -> io::Result<()> {
    let file = directory(root, controller).join("delete_controller");
    fs::OpenOptions::new().write(true).open(file)?.write_all(b"1")
}

/// The block device of a namespace that a live controller has and that is usable.
#[must_use]
pub fn find_namespace(root: &Path, all: &[Controller], nqn: &str, nsid: u32, nid: Option<Nid>) -> Option<String> {
    let live = all.iter().filter(|controller| controller.nqn == nqn && controller.is_live());
    live.flat_map(|controller| &controller.namespaces)
        .filter(|namespace| namespace.is(nsid, nid) && namespace.is_accessible())
        .map(PathNamespace::device)
        // The multipath head becomes a disk only when a path can take I/O.
        .find(|device| root.join("sys/block").join(device).exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_block_device_of_a_path() {
        let named = |name: &str| PathNamespace { name: name.into(), ..PathNamespace::default() }.device();
        assert_eq!(named("nvme0c1n2"), "nvme0n2");
        assert_eq!(named("nvme10n1"), "nvme10n1");
    }

    #[test]
    fn a_namespace_is_matched_by_its_nid_else_by_its_nsid() {
        let uuid: Uuid = "cc3f2135-f931-4569-baea-0eee7113a521".parse().unwrap();
        let namespace = PathNamespace { nsid: 1, uuid: Some(uuid), ..PathNamespace::default() };
        assert!(namespace.is(7, Some(Nid::Uuid(uuid))));
        assert!(!namespace.is(1, Some(Nid::Nguid([1; 16]))));
        assert!(namespace.is(1, None) && namespace.is(0, None) && !namespace.is(2, None));
    }

    #[test]
    fn the_connections_of_a_controller() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        let controller = root.join("sys/class/nvme/nvme0");
        fs::create_dir_all(&controller).unwrap();
        let read = |address: &str, queues: &str| {
            fs::write(controller.join("address"), address).unwrap();
            fs::write(controller.join("queue_count"), queues).unwrap();
            connections(root, "nvme0")
        };
        let (peer, source) = ("192.0.2.1:4420".parse().unwrap(), "192.0.2.17".parse().ok());
        let address = "traddr=192.0.2.1,trsvcid=4420,host_iface=nbft0,src_addr=192.0.2.17\n";
        assert_eq!(read(address, "3\n"), Some(Connections { peer, source, queues: 3 }));
        let link = "traddr=fe80::1%nbft0,trsvcid=4420\n";
        let peer = "[fe80::1]:4420".parse().unwrap();
        assert_eq!(read(link, "2\n"), Some(Connections { peer, source: None, queues: 2 }));
        for (address, queues) in [(address, "0\n"), (address, ""), ("traddr=192.0.2.1\n", "2\n"), ("", "2\n")] {
            assert_eq!(read(address, queues), None, "{address} {queues}");
        }
        assert_eq!(connections(root, "nvme1"), None);
    }

    #[test]
    fn only_root_can_read_secrets() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        let controller = root.join("sys/class/nvme/nvme0");
        fs::create_dir_all(&controller).unwrap();
        let file = controller.join("dhchap_secret");
        fs::write(&file, "none").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        hide_secrets(root, "nvme0").unwrap();
        hide_secrets(root, "nvme1").unwrap();
        assert_eq!((has_secret(root, "nvme0"), has_secret(root, "nvme1")), (Some(false), None));
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        fs::write(&file, "DHHC-1:00:AAEC:\n").unwrap();
        assert_eq!(has_secret(root, "nvme0"), Some(true));
    }
}
