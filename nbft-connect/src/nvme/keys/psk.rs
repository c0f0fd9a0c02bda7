//! Derives the TLS PSK and its identity from a configured PSK (NVMe/TCP Transport Specification, TLS PSK and PSK identity
//! derivation): configured PSK → retained PSK, which is the host's own → TLS PSK, which is for one subsystem.
//!
//! The identity has version 1, which includes a digest of the key, so different keys have different identities. Linux finds both
//! versions in its keyring, and its targets look for the one that the host offers.

use super::Secret;
use super::identity::{Identity, hash_number};
use base64ct::{Base64, Encoding};
use hkdf::Hkdf;
use hkdf::hmac::digest::block_api::EagerHash;
use hkdf::hmac::{Hmac, KeyInit, Mac};
use libnbft::plan::{CipherSuite, HashFunction};
use sha2::{Sha256, Sha384};
use std::fmt;
use zeroize::Zeroizing;

/// The longest PSK, that of SHA-384, in bytes.
const MAX_LEN: usize = 48;

/// A TLS PSK. Dropping it wipes it from memory; `Debug` shows only its identity.
pub struct TlsPsk {
    identity: Identity,
    key: Zeroizing<Vec<u8>>,
}

impl TlsPsk {
    /// The key for this host and subsystem; `None` if the secret is not a configured PSK.
    #[must_use]
    pub fn derive(configured: &Secret, hostnqn: &str, subsysnqn: &str) -> Option<Self> {
        let (cipher, retain) = configured.psk_hash()?;
        let key = configured.key_bytes();
        let names = (hostnqn, subsysnqn);
        Some(match cipher.hash() {
            HashFunction::Sha256 => Self::of_hash::<Sha256>(cipher, &key, retain, names),
            _ => Self::of_hash::<Sha384>(cipher, &key, retain, names),
        })
    }

    fn of_hash<D: EagerHash>(
        cipher: CipherSuite,
        configured: &[u8],
        retain: bool,
        (hostnqn, subsysnqn): (&str, &str),
    ) -> Self {
        let retained = match retain {
            true => expand_label::<D>(configured, "HostNQN", hostnqn),
            false => Zeroizing::new(configured.to_vec()),
        };
        let digest = digest::<D>(&retained, &[hostnqn, " ", subsysnqn, " NVMe-over-Fabrics"]);
        let context = format!("{} {digest}", hash_number(cipher));
        let key = expand_label::<D>(&retained, "nvme-tls-psk", &context);
        Self { identity: Identity::new(cipher, hostnqn, subsysnqn, &digest), key }
    }

    /// Its identity, which is not secret.
    #[must_use]
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The key itself, for the kernel only.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.key
    }
}

/// Shows only the identity.
impl fmt::Debug for TlsPsk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TlsPsk").field(&self.identity.text()).finish()
    }
}

/// HKDF-Extract without a salt, and HKDF-Expand-Label (RFC 8446, section 7.1) to the key's own length.
fn expand_label<D: EagerHash>(key: &[u8], label: &str, context: &str) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(vec![0; key.len().min(MAX_LEN)]);
    // The lengths fit: labels and digest are short, and the kernel takes NQNs of at most 223 bytes.
    let (label_len, context_len) = ("tls13 ".len() + label.len(), context.len());
    let parts: [&[u8]; 6] = [
        &(out.len() as u16).to_be_bytes(),
        &[label_len as u8],
        b"tls13 ",
        label.as_bytes(),
        &[context_len as u8],
        context.as_bytes(),
    ];
    // It fails only for more than 255 times the hash's length; this is at most once.
    let _ = Hkdf::<D>::new(None, key).expand_multi_info(&parts, &mut out);
    out
}

/// HMAC of a text in parts, in base64.
fn digest<D: EagerHash>(key: &[u8], parts: &[&str]) -> String {
    // HMAC takes keys of any length.
    let Ok(mut mac) = <Hmac<D> as KeyInit>::new_from_slice(key) else { return String::new() };
    parts.iter().for_each(|part| mac.update(part.as_bytes()));
    let mut buffer = [0; MAX_LEN.div_ceil(3) * 4];
    Base64::encode(&mac.finalize().into_bytes(), &mut buffer).unwrap_or_default().to_owned()
}
