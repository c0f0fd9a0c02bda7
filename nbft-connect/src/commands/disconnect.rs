//! `nbft disconnect`: takes connections out of service, and keeps them out.

use crate::cli::{Common, DisconnectArgs};
use crate::connect::registry;
use crate::error::Error;
use crate::exit::Exit;
use crate::nvme::exclusions::{self, LIST, RUNTIME_LIST};
use crate::nvme::sysfs::{self, Controller};
use crate::nvme::users::{self, User};
use crate::output::{Text, print};
use crate::status::schema::{STATUS_FILE, Status};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

/// What the user wants to be disconnected.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Wanted {
    Controller(String),
    Nqn(String),
    Address(IpAddr, Option<u16>),
}

impl Wanted {
    fn parse(text: &str) -> Self {
        let is_controller = |text: &str| {
            text.strip_prefix("nvme").is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
        };
        let plain = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        match (text.parse::<SocketAddr>(), plain.parse()) {
            (Ok(socket), _) => Self::Address(socket.ip(), Some(socket.port())),
            (_, Ok(address)) => Self::Address(address, None),
            _ if is_controller(text) => Self::Controller(text.to_owned()),
            _ => Self::Nqn(text.to_owned()),
        }
    }

    fn is(&self, connection: &Connection) -> bool {
        match self {
            Self::Controller(name) => connection.controller.as_ref() == Some(name),
            Self::Nqn(nqn) => connection.nqn == *nqn,
            Self::Address(address, port) => {
                connection.traddr == *address && port.is_none_or(|port| port == connection.trsvcid)
            }
        }
    }
}

/// A connection that exists, or that nbft would make.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Connection {
    nqn: String,
    traddr: IpAddr,
    trsvcid: u16,
    host_iface: Option<String>,
    controller: Option<String>,
}

impl Connection {
    fn of_controller(controller: &Controller) -> Option<Self> {
        Some(Self {
            nqn: controller.nqn.clone(),
            traddr: controller.traddr.parse().ok()?,
            trsvcid: controller.trsvcid.parse().ok()?,
            host_iface: Some(controller.host_iface.clone()).filter(|name| !name.is_empty()),
            controller: Some(controller.name.clone()),
        })
    }

    /// Its entry in a list. If the user means one of several interfaces, the entry names it.
    fn entry(&self, wanted: Option<&Wanted>) -> String {
        let entry = exclusions::entry(&self.nqn, self.traddr, self.trsvcid);
        match (wanted, &self.host_iface) {
            (Some(Wanted::Controller(_)), Some(name)) => format!("{entry};host-iface={name}"),
            _ => entry,
        }
    }
}

impl fmt::Display for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { nqn, traddr, trsvcid, host_iface, controller } = self;
        controller.iter().try_for_each(|name| write!(f, "{name}: "))?;
        write!(f, "{nqn} at {traddr} port {trsvcid}")?;
        host_iface.iter().try_for_each(|name| write!(f, " over {name}"))
    }
}

/// Why a controller stays connected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{controller} stays connected: it is the last one with /dev/{disk}, and {user}")]
struct InUse {
    controller: String,
    disk: String,
    user: User,
}

/// Runs the command.
///
/// # Errors
///
/// When the status file or the list cannot be read or written.
pub fn run(args: &DisconnectArgs, common: &Common) -> Result<Exit, Error> {
    let root = common.path("/");
    let status = Status::read(&common.path(STATUS_FILE))?;
    let mut controllers = sysfs::controllers(&root);
    controllers.retain(|controller| controller.transport == "tcp" && !controller.is_deleting());
    let known = connections(&controllers, status.as_ref());
    let mut chosen: Vec<(&Connection, Option<Wanted>)> = Vec::new();
    let mut exit = Exit::Ok;
    if args.all {
        chosen.extend(known.iter().filter(|known| is_ours(&root, known)).map(|known| (known, None)));
    }
    for wanted in args.targets.iter().map(|target| Wanted::parse(target)) {
        let found: Vec<_> = known.iter().filter(|known| wanted.is(known)).collect();
        if found.is_empty() {
            log::error!("no path and no controller is {wanted}");
            exit = Exit::Failed;
        }
        chosen.extend(found.into_iter().map(|known| (known, Some(wanted.clone()))));
    }
    let mut leaving: Vec<(&Connection, Option<Wanted>)> = Vec::new();
    for (connection, wanted) in chosen {
        match dependent(&root, &controllers, &leaving, connection) {
            None => leaving.push((connection, wanted)),
            // A connection in use stays. This is an error only if the user named the connection.
            Some(in_use) if args.all => log::info!("{in_use}"),
            Some(in_use) => {
                log::error!("{in_use}");
                exit = Exit::Failed;
            }
        }
    }
    let list = common.path(if args.permanent { LIST } else { RUNTIME_LIST });
    let entries: Vec<_> = leaving.iter().map(|(connection, wanted)| connection.entry(wanted.as_ref())).collect();
    // Writes the list first, so that no program connects it again meanwhile.
    exclusions::append(&list, &entries).map_err(|source| Error::Write { path: list, source })?;
    let mut text = Text::new();
    for (connection, _) in leaving {
        match disconnect(&root, connection) {
            Ok(()) => text.line(format_args!("{connection}: {}", done(connection))),
            Err(error) => {
                log::error!("{connection}: {error}");
                exit = Exit::Failed;
            }
        }
    }
    print(&text)?;
    Ok(exit)
}

const fn done(connection: &Connection) -> &'static str {
    if connection.controller.is_some() { "disconnected" } else { "not connected; it is left alone now" }
}

fn disconnect(root: &Path, connection: &Connection) -> std::io::Result<()> {
    let Some(name) = &connection.controller else { return Ok(()) };
    sysfs::disconnect(root, name)?;
    registry::leave(root, name);
    Ok(())
}

/// The controllers, and the paths of the last run that have none.
fn connections(controllers: &[Controller], status: Option<&Status>) -> Vec<Connection> {
    let mut known: Vec<_> = controllers.iter().filter_map(Connection::of_controller).collect();
    for path in status.iter().flat_map(|status| &status.paths) {
        let is_same = |known: &Connection| {
            known.nqn == path.nqn
                && known.traddr.to_string() == path.traddr
                && known.trsvcid == path.trsvcid
                && known.host_iface.as_ref().is_none_or(|name| *name == path.host_iface)
        };
        let Ok(traddr) = path.traddr.parse() else { continue };
        if known.iter().any(is_same) {
            continue;
        }
        let (nqn, trsvcid, host_iface) = (path.nqn.clone(), path.trsvcid, Some(path.host_iface.clone()));
        known.push(Connection { nqn, traddr, trsvcid, host_iface, controller: None });
    }
    known
}

fn is_ours(root: &Path, connection: &Connection) -> bool {
    connection.controller.as_ref().is_some_and(|name| registry::is_ours(root, name))
}

/// Why a controller must stay: its disk is in use, and no other live controller that stays gives access to it.
fn dependent(
    root: &Path,
    controllers: &[Controller],
    leaving: &[(&Connection, Option<Wanted>)],
    connection: &Connection,
) -> Option<InUse> {
    let name = connection.controller.as_ref()?;
    let own = controllers.iter().find(|controller| controller.name == *name)?;
    let leaves = |controller: &Controller| {
        controller.name == *name || leaving.iter().any(|(other, _)| other.controller.as_ref() == Some(&controller.name))
    };
    let others: Vec<_> = controllers.iter().filter(|other| other.is_live() && !leaves(other)).collect();
    own.namespaces.iter().map(sysfs::PathNamespace::device).find_map(|disk| {
        let gives_access = |other: &&Controller| {
            other.namespaces.iter().any(|namespace| namespace.device() == disk && namespace.is_accessible())
        };
        if others.iter().any(gives_access) {
            return None;
        }
        let user = users::of_disk(root, &disk)?;
        Some(InUse { controller: name.clone(), disk, user })
    })
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Controller(text) | Self::Nqn(text) => f.write_str(text),
            Self::Address(address, None) => address.fmt(f),
            Self::Address(address, Some(port)) => SocketAddr::new(*address, *port).fmt(f),
        }
    }
}
