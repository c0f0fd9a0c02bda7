//! Looks for secrets: in the service's credentials, then in the key directory, then from the key-command, then from a Redfish
//! service.

use super::error::{Places, SecretError};
use super::file_error::{FileError, FileFault};
use super::files::{DIRECTORY, RULE, absent, judge, read};
use super::key::{Kind, Secret, Secrets};
use super::key_name;
use super::key_name::Name;
use super::keyring::{Kernel, Keyring};
use super::psk::TlsPsk;
use super::store::Store;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Instant;

/// The directory of the credentials of the whole system.
const SYSTEM_CREDENTIALS: &str = "run/credentials/@system";

/// The directory of the service's own credentials, else that of the system's (SMBIOS, fw_cfg), which root can read; under `root`.
#[must_use]
pub fn credentials(root: &Path) -> Option<PathBuf> {
    let own = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
    let own = own.map(|path| root.join(path.strip_prefix("/").unwrap_or(&path)));
    own.or_else(|| Some(root.join(SYSTEM_CREDENTIALS)).filter(|path| path.exists()))
}

/// The places of secrets, and the secrets found so far.
#[derive(Debug)]
pub struct Keys {
    /// `$CREDENTIALS_DIRECTORY`, under the root.
    credentials: Option<PathBuf>,
    /// The key directory.
    directory: PathBuf,
    hostnqn: String,
    found: RefCell<BTreeMap<String, Rc<Secrets>>>,
    /// TLS PSKs by subsystem NQN.
    pub(super) psks: RefCell<BTreeMap<String, Rc<TlsPsk>>>,
    pub(super) keyring: Box<dyn Keyring>,
    /// The secrets from programs.
    pub(super) store: Store,
    /// Whether files must not be read any more: they may lie on the storage that the secrets connect.
    closed: bool,
}

/// The files of one place.
struct KeyFiles {
    host: PathBuf,
    controller: PathBuf,
    psk: PathBuf,
    /// Whether owner and mode must be checked; systemd cares for those of credentials.
    judged: bool,
}

impl Keys {
    /// The secrets of this host; all paths are under `root`.
    #[must_use]
    pub fn new(root: &Path, credentials: Option<PathBuf>, hostnqn: &str) -> Self {
        Self {
            credentials,
            directory: root.join(DIRECTORY),
            hostnqn: hostnqn.to_owned(),
            found: RefCell::default(),
            store: Store::new(root),
            psks: RefCell::default(),
            keyring: Box::new(Kernel::new(root)),
            closed: false,
        }
    }

    /// Replaces the kernel's keyring.
    #[cfg(test)]
    #[must_use]
    pub(crate) fn with_keyring(self, keyring: impl Keyring + 'static) -> Self {
        Self { keyring: Box::new(keyring), ..self }
    }

    /// The NQN of the host that owns the keys.
    pub(super) fn hostnqn(&self) -> &str {
        &self.hostnqn
    }

    /// Reads no file from now on, and starts no program after `until`. Secrets found by then stay.
    pub const fn close(&mut self, until: Instant) {
        self.closed = true;
        self.store.end_at(until);
    }

    /// The secrets for a subsystem, from the first place that has any; fetched ones, also from these Redfish keypaths, come last.
    /// `None` if no place has any, or a fetch is under way.
    ///
    /// # Errors
    ///
    /// Why an existing secret cannot be used. No later place is looked at.
    pub fn find(&self, nqn: &str, keypaths: &[String]) -> Result<Option<Rc<Secrets>>, SecretError> {
        if let Some(known) = self.found.borrow().get(nqn) {
            return Ok(Some(Rc::clone(known)));
        }
        let secrets = match self.in_files(nqn)? {
            Some(secrets) => Some(secrets),
            None => self.store.secrets(nqn, keypaths)?,
        };
        let secrets = secrets.map(Rc::new);
        if let Some(secrets) = &secrets {
            self.found.borrow_mut().insert(nqn.to_owned(), Rc::clone(secrets));
        }
        Ok(secrets)
    }

    /// The secrets for a subsystem from files.
    fn in_files(&self, nqn: &str) -> Result<Option<Secrets>, SecretError> {
        if self.closed {
            return Ok(None);
        }
        self.files_for(nqn).find_map(|place| self.read_files(&place, nqn).transpose()).transpose()
    }

    /// The configured PSK for a subsystem from the first file that has one; `None` if none has, or if files must not be read any more.
    ///
    /// # Errors
    ///
    /// Like [`Keys::find`].
    pub(super) fn configured_psk(&self, nqn: &str) -> Result<Option<Secret>, SecretError> {
        if self.closed {
            return Ok(None);
        }
        for place in self.files_for(nqn) {
            if place.judged && !self.directories_exist(nqn, &place.psk)? {
                continue;
            }
            if let Some(secret) = read(&place.psk, place.judged, Kind::TlsPsk)? {
                return Ok(Some(secret));
            }
        }
        Ok(None)
    }

    /// The places of secrets of this kind for a subsystem, for messages.
    #[must_use]
    pub fn places(&self, nqn: &str, kind: Kind, keypaths: &[String]) -> Places {
        let file = |place: KeyFiles| match kind {
            Kind::Dhchap => place.host,
            Kind::TlsPsk => place.psk,
        };
        let mut places: Vec<_> = self.files_for(nqn).map(|place| file(place).display().to_string()).collect();
        if kind == Kind::TlsPsk {
            places.push("the kernel's keyring .nvme".to_owned());
        }
        let when = if self.closed { "when this service started, " } else { "" };
        let credentials = if self.credentials.is_none() { "; nbft got no credentials" } else { "" };
        let program = self.store.program().map(|program| format!("; ran {}", program.display())).unwrap_or_default();
        let redfish = self.store.describe(keypaths);
        let text = format!("{when}nbft looked in {}{credentials}{program}{redfish}", places.join(", "));
        Places { text, redfish: !keypaths.is_empty(), fault: self.store.fault(keypaths) }
    }

    /// The files of each place, in order.
    fn files_for(&self, nqn: &str) -> impl Iterator<Item = KeyFiles> + use<> {
        let credential = |directory: &PathBuf, after: &str| KeyFiles {
            host: directory.join(format!("nbft.{}{after}", Name::HostSecret.text())),
            controller: directory.join(format!("nbft.{}{after}", Name::ControllerSecret.text())),
            psk: directory.join(format!("nbft.{}{after}", Name::TlsPsk.text())),
            judged: false,
        };
        let file = |directory: &Path| KeyFiles {
            host: directory.join(Name::HostSecret.text()),
            controller: directory.join(Name::ControllerSecret.text()),
            psk: directory.join(Name::TlsPsk.text()),
            judged: true,
        };
        let of_host = self.directory.join(key_name::file(&self.hostnqn));
        let of_subsystem = of_host.join(key_name::file(nqn));
        let mut places = Vec::new();
        if let Some(directory) = &self.credentials {
            places.push(credential(directory, &format!(".{}", key_name::credential(nqn))));
            places.push(credential(directory, ""));
        }
        places.extend([file(&of_subsystem), file(&of_host)]);
        places.into_iter()
    }

    fn read_files(&self, place: &KeyFiles, nqn: &str) -> Result<Option<Secrets>, SecretError> {
        if place.judged && !self.directories_exist(nqn, &place.host)? {
            return Ok(None);
        }
        let controller = read(&place.controller, place.judged, Kind::Dhchap)?;
        match (read(&place.host, place.judged, Kind::Dhchap)?, controller) {
            (None, None) => Ok(None),
            (Some(host), controller) => Ok(Some(Secrets { host, controller })),
            (None, Some(_)) => {
                let (controller, host) = (place.controller.display().to_string(), place.host.display().to_string());
                Err(SecretError::ControllerAlone { controller, host })
            }
        }
    }

    /// Whether the directories above a file exist. Their modes matter too: a writable directory lets others replace keys.
    fn directories_exist(&self, nqn: &str, file: &Path) -> Result<bool, FileError> {
        let mut directory = self.directory.clone();
        let below = [key_name::file(&self.hostnqn), key_name::file(nqn)];
        let mut below = below.iter();
        loop {
            let metadata = match directory.symlink_metadata() {
                Ok(metadata) => metadata,
                Err(error) if absent(&error) => return Ok(false),
                Err(error) => {
                    return Err(FileError { path: directory, fault: FileFault::Unreadable(error.into()) });
                }
            };
            if !metadata.is_dir() {
                return Err(FileError { path: directory, fault: FileFault::NotADirectory });
            }
            judge(&directory, &metadata, RULE)?;
            match below.next() {
                Some(name) if file.parent() != Some(&directory) => directory.push(name),
                _ => return Ok(true),
            }
        }
    }
}
