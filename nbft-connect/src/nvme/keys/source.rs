//! Where secrets come from: the service's credentials, then the key directory, then a program of the administrator's.

use super::command;
use super::files::{DIRECTORY, absent, judge, read};
use super::keyring::{Kernel, Keyring};
use super::names;
use super::psk::TlsPsk;
use super::secret::{Kind, Secret};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Names of the secrets of host and controller: as files, and behind `nbft.` as credentials.
const HOST_SECRET: &str = "dhchap-secret";
const CONTROLLER_SECRET: &str = "dhchap-ctrl-secret";

/// Name of a TLS PSK, likewise.
const TLS_PSK: &str = "tls-psk";

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
    /// TLS PSKs by subsystem NQN.
    pub(super) psks: RefCell<BTreeMap<String, Rc<TlsPsk>>>,
    pub(super) keyring: Box<dyn Keyring>,
    /// The program that gives keys.
    program: PathBuf,
    /// For which subsystem and key it gave nothing, and why if it failed: it is not asked again.
    refused: RefCell<BTreeMap<(String, &'static str), Option<String>>>,
    /// Whether the files may no longer be read: they may lie on what the secrets are to connect.
    closed: bool,
}

/// The files of one place.
struct Place {
    host: PathBuf,
    controller: PathBuf,
    psk: PathBuf,
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
            program: root.join(command::PROGRAM),
            refused: RefCell::default(),
            psks: RefCell::default(),
            keyring: Box::new(Kernel::new(root)),
            closed: false,
        }
    }

    /// With another keyring than the kernel's.
    #[cfg(test)]
    #[must_use]
    pub(crate) fn with_keyring(self, keyring: impl Keyring + 'static) -> Self {
        Self { keyring: Box::new(keyring), ..self }
    }

    /// The host that the keys are of.
    pub(super) fn hostnqn(&self) -> &str {
        &self.hostnqn
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
        let in_files = self.places(nqn).find_map(|place| self.look(&place, nqn).transpose()).transpose()?;
        let secrets = match in_files {
            Some(secrets) => secrets,
            None => match self.commanded(nqn, HOST_SECRET, Kind::Dhchap)? {
                Some(host) => Secrets { host, controller: self.commanded(nqn, CONTROLLER_SECRET, Kind::Dhchap)? },
                None => return Ok(None),
            },
        };
        let secrets = Rc::new(secrets);
        self.found.borrow_mut().insert(nqn.to_owned(), Rc::clone(&secrets));
        Ok(Some(secrets))
    }

    /// The configured PSK for a subsystem that the program gives.
    ///
    /// # Errors
    ///
    /// Why it gives none, in words.
    pub(super) fn commanded_psk(&self, nqn: &str) -> Result<Option<Secret>, String> {
        self.commanded(nqn, TLS_PSK, Kind::TlsPsk)
    }

    fn commanded(&self, nqn: &str, name: &'static str, kind: Kind) -> Result<Option<Secret>, String> {
        if self.closed {
            return Ok(None);
        }
        let key = (nqn.to_owned(), name);
        if let Some(known) = self.refused.borrow().get(&key) {
            return known.clone().map_or(Ok(None), Err);
        }
        let asked = command::ask(&self.program, (name, kind), &self.hostnqn, nqn);
        match &asked {
            Ok(Some(_)) => {}
            Ok(None) => drop(self.refused.borrow_mut().insert(key, None)),
            Err(error) => drop(self.refused.borrow_mut().insert(key, Some(error.clone()))),
        }
        asked
    }

    /// The configured PSK for a subsystem, from the first place that has one; `None` where none has, or where files may no longer be
    /// read.
    ///
    /// # Errors
    ///
    /// As [`Keys::find`].
    pub(super) fn configured_psk(&self, nqn: &str) -> Result<Option<Secret>, String> {
        if self.closed {
            return Ok(None);
        }
        for place in self.places(nqn) {
            if place.judged && !self.directories_are_there(nqn, &place.psk)? {
                continue;
            }
            if let Some(secret) = read(&place.psk, place.judged, Kind::TlsPsk)? {
                return Ok(Some(secret));
            }
        }
        Ok(None)
    }

    /// In words, where secrets of this kind for a subsystem are looked for.
    #[must_use]
    pub fn places_in_words(&self, nqn: &str, kind: Kind) -> String {
        let file = |place: Place| match kind {
            Kind::Dhchap => place.host,
            Kind::TlsPsk => place.psk,
        };
        let files: Vec<_> = self.places(nqn).map(|place| file(place).display().to_string()).collect();
        let when = if self.closed { " when this service started" } else { "" };
        let credentials = if self.credentials.is_none() { "; no credentials were given" } else { "" };
        let program = if self.program.exists() { format!("; asked {}", self.program.display()) } else { String::new() };
        format!("looked{when} for {}{credentials}{program}", files.join(", "))
    }

    /// The places in their order.
    fn places(&self, nqn: &str) -> impl Iterator<Item = Place> + use<> {
        let credential = |directory: &PathBuf, after: &str| Place {
            host: directory.join(format!("nbft.{HOST_SECRET}{after}")),
            controller: directory.join(format!("nbft.{CONTROLLER_SECRET}{after}")),
            psk: directory.join(format!("nbft.{TLS_PSK}{after}")),
            judged: false,
        };
        let file = |directory: &Path| Place {
            host: directory.join(HOST_SECRET),
            controller: directory.join(CONTROLLER_SECRET),
            psk: directory.join(TLS_PSK),
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
        let controller = read(&place.controller, place.judged, Kind::Dhchap)?;
        match (read(&place.host, place.judged, Kind::Dhchap)?, controller) {
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
