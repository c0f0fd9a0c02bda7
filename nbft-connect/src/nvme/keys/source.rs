//! Where secrets come from: the service's credentials, then the key directory.

use super::names;
use super::secret::{Kind, Secret};
use nix::unistd::Uid;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use zeroize::Zeroizing;

/// The key directory.
const DIRECTORY: &str = "etc/nbft/keys";

/// Names of the secrets of host and controller: as files, and behind `nbft.` as credentials.
const HOST_SECRET: &str = "dhchap-secret";
const CONTROLLER_SECRET: &str = "dhchap-ctrl-secret";

/// No file with a key is longer, in bytes.
const MAX_FILE: usize = 4096;

/// The secrets for a subsystem.
#[derive(Debug)]
pub struct Secrets {
    /// By which the host proves itself.
    pub host: Secret,
    /// By which the controller must prove itself to us.
    pub controller: Option<Secret>,
}

/// Where secrets are looked for, and those found so far.
#[derive(Debug)]
pub struct Keys {
    /// `$CREDENTIALS_DIRECTORY`, under the root.
    credentials: Option<PathBuf>,
    /// The key directory.
    directory: PathBuf,
    hostnqn: String,
    found: RefCell<BTreeMap<String, Rc<Secrets>>>,
    /// Whether the files may no longer be read: they may lie on what the secrets are to connect.
    closed: bool,
}

/// Two files of one place.
struct Place {
    host: PathBuf,
    controller: PathBuf,
    /// Whether permissions are ours to judge; those of credentials are systemd's.
    judged: bool,
}

impl Keys {
    /// For this host; all paths are under `root`.
    #[must_use]
    pub fn new(root: &Path, credentials: Option<&Path>, hostnqn: &str) -> Self {
        let under = |path: &Path| root.join(path.strip_prefix("/").unwrap_or(path));
        Self {
            credentials: credentials.map(under),
            directory: root.join(DIRECTORY),
            hostnqn: hostnqn.to_owned(),
            found: RefCell::default(),
            closed: false,
        }
    }

    /// Reads no file from now on: what was found is all there is.
    pub const fn close(&mut self) {
        self.closed = true;
    }

    /// The secrets for a subsystem, from the first place that has any; `None` where none has.
    ///
    /// # Errors
    ///
    /// In words, why what is there is not used. Then no other place is looked at.
    pub fn find(&self, nqn: &str) -> Result<Option<Rc<Secrets>>, String> {
        if let Some(known) = self.found.borrow().get(nqn) {
            return Ok(Some(Rc::clone(known)));
        }
        if self.closed {
            return Ok(None);
        }
        for place in self.places(nqn) {
            if let Some(secrets) = self.look(&place, nqn)? {
                let secrets = Rc::new(secrets);
                self.found.borrow_mut().insert(nqn.to_owned(), Rc::clone(&secrets));
                return Ok(Some(secrets));
            }
        }
        Ok(None)
    }

    /// In words, where secrets for a subsystem are looked for.
    #[must_use]
    pub fn places_in_words(&self, nqn: &str) -> String {
        let files: Vec<_> = self.places(nqn).map(|place| place.host.display().to_string()).collect();
        let when = if self.closed { " when this service started" } else { "" };
        let credentials = if self.credentials.is_none() { "; no credentials were given" } else { "" };
        format!("looked{when} for {}{credentials}", files.join(", "))
    }

    /// The places in their order.
    fn places(&self, nqn: &str) -> impl Iterator<Item = Place> + use<> {
        let credential = |directory: &PathBuf, after: &str| Place {
            host: directory.join(format!("nbft.{HOST_SECRET}{after}")),
            controller: directory.join(format!("nbft.{CONTROLLER_SECRET}{after}")),
            judged: false,
        };
        let file = |directory: &Path| Place {
            host: directory.join(HOST_SECRET),
            controller: directory.join(CONTROLLER_SECRET),
            judged: true,
        };
        let of_host = self.directory.join(names::file(&self.hostnqn));
        let of_subsystem = of_host.join(names::file(nqn));
        let mut places = Vec::new();
        if let Some(directory) = &self.credentials {
            places.push(credential(directory, &format!(".{}", names::credential(nqn))));
            places.push(credential(directory, ""));
        }
        places.extend([file(&of_subsystem), file(&of_host)]);
        places.into_iter()
    }

    fn look(&self, place: &Place, nqn: &str) -> Result<Option<Secrets>, String> {
        if place.judged && !self.directories_are_there(nqn, &place.host)? {
            return Ok(None);
        }
        let controller = read(&place.controller, place.judged)?;
        match (read(&place.host, place.judged)?, controller) {
            (None, None) => Ok(None),
            (Some(host), controller) => Ok(Some(Secrets { host, controller })),
            (None, Some(_)) => {
                let (controller, host) = (place.controller.display(), place.host.display());
                Err(format!(
                    "{controller} is there without {host}: the controller proves itself only to a host that does so too"
                ))
            }
        }
    }

    /// Whether the directories above a file are there; whoever can write to one could put any key in.
    fn directories_are_there(&self, nqn: &str, file: &Path) -> Result<bool, String> {
        let mut directory = self.directory.clone();
        let below = [names::file(&self.hostnqn), names::file(nqn)];
        let mut below = below.iter();
        loop {
            let metadata = match directory.symlink_metadata() {
                Ok(metadata) => metadata,
                Err(error) if absent(&error) => return Ok(false),
                Err(error) => return Err(format!("{}: {error}", directory.display())),
            };
            if !metadata.is_dir() {
                return Err(format!("{}: it is no directory", directory.display()));
            }
            judge(&directory, &metadata, 0o022, "write to")?;
            match below.next() {
                Some(name) if file.parent() != Some(&directory) => directory.push(name),
                _ => return Ok(true),
            }
        }
    }
}

/// Nothing of this name, or no name that could be there.
fn absent(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::ENOENT | libc::ENOTDIR | libc::ENAMETOOLONG))
}

/// Refuses what is another user's or open to others.
fn judge(path: &Path, metadata: &Metadata, forbidden: u32, verb: &str) -> Result<(), String> {
    let path = path.display();
    let (owner, ours) = (metadata.uid(), Uid::effective().as_raw());
    if owner != 0 && owner != ours {
        return Err(format!("{path}: it belongs to user {owner}, not to root: the keys in it are not used"));
    }
    let mode = metadata.mode() & 0o7777;
    if mode & forbidden != 0 {
        let remedy = format!("chmod {:04o}", mode & !forbidden);
        return Err(format!(
            "{path}: others than root can {verb} it (mode {mode:04o}), so that it is not used; {remedy}"
        ));
    }
    Ok(())
}

/// The secret in a file; `None` where there is no such file.
fn read(path: &Path, judged: bool) -> Result<Option<Secret>, String> {
    let said = |what: &dyn std::fmt::Display| format!("{}: {what}", path.display());
    // Neither through a link nor from a pipe that nobody writes to; credentials may well be links.
    let flags = libc::O_NONBLOCK | if judged { libc::O_NOFOLLOW } else { 0 };
    let file = match OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Ok(file) => file,
        Err(error) if absent(&error) => return Ok(None),
        Err(error) if error.raw_os_error() == Some(libc::ELOOP) => return Err(said(&"a link is not followed")),
        Err(error) => return Err(said(&error)),
    };
    let metadata = file.metadata().map_err(|error| said(&error))?;
    if !metadata.is_file() {
        return Err(said(&"it is no file"));
    }
    if judged {
        judge(path, &metadata, 0o077, "read or write")?;
    }
    let text = read_text(file).map_err(|error| said(&error))?;
    let secret = Secret::parse(&text).map_err(|error| said(&error))?;
    match secret.kind() {
        Kind::Dhchap => Ok(Some(secret)),
        Kind::TlsPsk => Err(said(&"a DH-HMAC-CHAP secret belongs here, and it is a TLS PSK")),
    }
}

/// All of a file with a key, in memory that is wiped.
///
/// # Errors
///
/// What the file system says; `InvalidData` when it is too long for a key, or no text.
pub fn read_text(mut file: impl Read) -> io::Result<Zeroizing<String>> {
    let wrong = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what);
    // Never grows, so that no copy is left behind.
    let mut buffer = Zeroizing::new([0; MAX_FILE + 1]);
    let mut length = 0;
    loop {
        match file.read(&mut buffer[length..]) {
            Ok(0) if length > MAX_FILE => return Err(wrong("it is longer than any key")),
            Ok(0) => break,
            Ok(more) => length += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let text = std::str::from_utf8(&buffer[..length]).map_err(|_| wrong("it is no text"))?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// Whether others than its owner can read or write a file, with its permissions.
#[must_use]
pub fn open_to_others(file: &File) -> Option<u32> {
    let mode = file.metadata().ok()?.mode() & 0o7777;
    (mode & 0o077 != 0).then_some(mode)
}
