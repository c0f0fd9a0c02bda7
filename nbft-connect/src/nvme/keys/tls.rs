//! Finds the TLS PSK of a subsystem, and adds it to the kernel's keyring.

use super::error::SecretError;
use super::identity::Identity;
use super::lookup::Keys;
use super::psk::TlsPsk;
use super::{KeyringError, Secret, Serial};
use libnbft::plan::CipherSuite;
use std::fmt;
use std::rc::Rc;

/// A key in the kernel's keyring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsKey {
    /// Its serial number.
    pub serial: Serial,
    /// Its identity.
    pub identity: Identity,
}

/// The TLS 1.3 channel of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tls {
    /// With a PSK that both sides have.
    Psk(TlsKey),
    /// With a key made by in-band authentication (secure concatenation).
    Concatenation,
}

impl Keys {
    /// The key for a subsystem, in the kernel's keyring; `None` if there is none. It must imply an `allowed` cipher suite (`None`:
    /// any). The places are: files, the keyring, the key-command, these Redfish keypaths.
    ///
    /// # Errors
    ///
    /// Why an existing key cannot be used, or why the keyring cannot.
    pub fn tls(
        &self,
        nqn: &str,
        allowed: Option<&[CipherSuite]>,
        keypaths: &[String],
    ) -> Result<Option<TlsKey>, SecretError> {
        let allowed_hash = |hash| allowed.is_none_or(|allowed| allowed.iter().any(|suite| suite.hash() == hash));
        let fits = |identity: &Identity| allowed_hash(identity.cipher().hash());
        let psk = self.psk(nqn)?;
        if let Some(psk) = psk.as_ref().filter(|psk| !fits(psk.identity())) {
            return Err(not_allowed(psk.identity(), allowed));
        }
        let in_keyring = self.keyring.keys()?;
        if let Some(psk) = psk {
            let same = in_keyring.into_iter().find(|(_, name)| name == psk.identity().text());
            let serial = match same {
                Some((serial, _)) => serial,
                None => self.insert(&psk)?,
            };
            return Ok(Some(TlsKey { serial, identity: psk.identity().clone() }));
        }
        let of_subsystem = |(serial, name): (Serial, String)| {
            Some(TlsKey { serial, identity: Identity::of_name(&name, self.hostnqn(), nqn)? })
        };
        let found: Vec<_> = in_keyring.into_iter().filter_map(of_subsystem).collect();
        let best = found.iter().filter(|key| fits(&key.identity)).max_by_key(|key| key.identity.rank()).cloned();
        match (best, found.first()) {
            (Some(best), _) => Ok(Some(best)),
            (None, Some(other)) => Err(not_allowed(&other.identity, allowed)),
            // Fetched keys come last. Once kept, the key is found like one in a file.
            (None, None) => match self.store.psk(nqn, keypaths)? {
                Some(configured) => {
                    self.keep(nqn, &configured);
                    self.tls(nqn, allowed, keypaths)
                }
                None => Ok(None),
            },
        }
    }

    /// Reads the key for a subsystem now and keeps it, since files may be unreachable later. Returns whether a key exists. An error
    /// counts as one: [`Keys::tls`] reports it.
    pub fn prepare_tls(&self, nqn: &str, keypaths: &[String]) -> bool {
        if !matches!(self.psk(nqn), Ok(None)) || self.has_in_keyring(nqn) {
            return true;
        }
        match self.store.psk(nqn, keypaths) {
            Ok(Some(configured)) => self.keep(nqn, &configured).is_some(),
            Ok(None) => false,
            Err(_) => true,
        }
    }

    fn has_in_keyring(&self, nqn: &str) -> bool {
        let in_keyring = self.keyring.keys().unwrap_or_default();
        in_keyring.iter().any(|(_, name)| Identity::of_name(name, self.hostnqn(), nqn).is_some())
    }

    /// The PSK for a subsystem: the kept one, else the one in a file.
    fn psk(&self, nqn: &str) -> Result<Option<Rc<TlsPsk>>, SecretError> {
        if let Some(known) = self.psks.borrow().get(nqn) {
            return Ok(Some(Rc::clone(known)));
        }
        Ok(self.configured_psk(nqn)?.and_then(|configured| self.keep(nqn, &configured)))
    }

    fn keep(&self, nqn: &str, configured: &Secret) -> Option<Rc<TlsPsk>> {
        let psk = Rc::new(TlsPsk::derive(configured, self.hostnqn(), nqn)?);
        self.psks.borrow_mut().insert(nqn.to_owned(), Rc::clone(&psk));
        Some(psk)
    }

    fn insert(&self, psk: &TlsPsk) -> Result<Serial, KeyringError> {
        let serial = self.keyring.add(psk.identity().text(), psk.expose())?;
        log::debug!("key {serial:08x} is in the kernel's keyring: {}", psk.identity().text());
        Ok(serial)
    }
}

/// The error for a key that implies a cipher suite that is not allowed.
fn not_allowed(identity: &Identity, allowed: Option<&[CipherSuite]>) -> SecretError {
    let allowed: Vec<_> = allowed.unwrap_or_default().iter().map(|cipher| cipher.name()).collect();
    let cipher = identity.cipher();
    SecretError::PskUnfit { hash: cipher.hash().name(), cipher: cipher.name(), allowed: allowed.join(" and ") }
}

/// A description of a channel with this key.
impl fmt::Display for TlsKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TLS 1.3 with a PSK of {}", self.identity.cipher().hash())
    }
}

impl fmt::Display for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Psk(key) => key.fmt(f),
            Self::Concatenation => f.write_str("TLS 1.3 with a key made by authentication"),
        }
    }
}
