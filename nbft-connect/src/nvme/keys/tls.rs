//! The key by which a connection is secured: one that lies somewhere is put into the kernel's keyring, or one is there already.

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

/// How a connection is secured with TLS 1.3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tls {
    /// By a PSK that both sides have.
    Psk(TlsKey),
    /// By a key that in-band authentication makes (secure concatenation).
    Concatenation,
}

impl Keys {
    /// The key for a subsystem, as `allowed` has it (`None`: any cipher suite), after it was put into the kernel's keyring, where
    /// it is not there already; `None` where there is none. Last it is looked for in what was fetched for it and from these Redfish
    /// keypaths.
    ///
    /// # Errors
    ///
    /// Why a key that is there is not used, or why the keyring is of no use.
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
            return Err(unfit(psk.identity(), allowed));
        }
        let there = self.keyring.keys()?;
        if let Some(psk) = psk {
            let same = there.into_iter().find(|(_, name)| name == psk.identity().text());
            let serial = match same {
                Some((serial, _)) => serial,
                None => self.insert(&psk)?,
            };
            return Ok(Some(TlsKey { serial, identity: psk.identity().clone() }));
        }
        let of_subsystem = |(serial, name): (Serial, String)| {
            Some(TlsKey { serial, identity: Identity::of_name(&name, self.hostnqn(), nqn)? })
        };
        let found: Vec<_> = there.into_iter().filter_map(of_subsystem).collect();
        let best = found.iter().filter(|key| fits(&key.identity)).max_by_key(|key| key.identity.rank()).cloned();
        match (best, found.first()) {
            (Some(best), _) => Ok(Some(best)),
            (None, Some(other)) => Err(unfit(&other.identity, allowed)),
            // These are asked last; once they have given a key, that is the one that lies somewhere.
            (None, None) => match self.store.psk(nqn, keypaths)? {
                Some(configured) => {
                    self.keep(nqn, &configured);
                    self.tls(nqn, allowed, keypaths)
                }
                None => Ok(None),
            },
        }
    }

    /// Takes the key for a subsystem from where it lies, for later, when files can no longer be read or when there is no time for
    /// the program; false where there is none. What keeps it from that is said by [`Keys::tls`].
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
        let there = self.keyring.keys().unwrap_or_default();
        there.iter().any(|(_, name)| Identity::of_name(name, self.hostnqn(), nqn).is_some())
    }

    /// The PSK for a subsystem from a file, or one that was kept.
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

/// Why a key is not used whose hash decides for another cipher suite than is allowed.
fn unfit(identity: &Identity, allowed: Option<&[CipherSuite]>) -> SecretError {
    let allowed: Vec<_> = allowed.unwrap_or_default().iter().map(|cipher| cipher.name()).collect();
    let cipher = identity.cipher();
    SecretError::PskUnfit { hash: cipher.hash().name(), cipher: cipher.name(), allowed: allowed.join(" and ") }
}

/// How a connection is secured with it.
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
