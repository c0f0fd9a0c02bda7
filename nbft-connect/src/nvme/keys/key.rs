//! Parses the text forms of keys (NVMe Base Specification, DH-HMAC-CHAP secret representation; NVMe/TCP Transport Specification, PSK
//! interchange format): a prefix, `hh:` (the hash), the key and its CRC-32 (little endian) in base64, and a colon.

use crate::output::{DHCHAP_PREFIX, PSK_PREFIX};
use base64ct::{Base64, Encoding};
use libnbft::plan::CipherSuite;
use std::fmt;
use zeroize::Zeroizing;

/// Bytes of the CRC-32 behind the key.
const CRC_LEN: usize = 4;

/// The longest key with its CRC, in bytes.
const MAX_LEN: usize = 64 + CRC_LEN;

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A DH-HMAC-CHAP secret.
    Dhchap,
    /// A configured TLS PSK.
    TlsPsk,
}

/// A key in its text form. Dropping it wipes it from memory; `Display` and `Debug` show no part of the key.
#[derive(Clone)]
pub struct Secret {
    text: Zeroizing<String>,
    kind: Kind,
    /// Identifier of the hash, `hh`.
    hash: u8,
    /// Bytes of the key.
    length: usize,
}

/// Why a text is not a key. No message quotes the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MalformedKey {
    /// The text is empty.
    #[error("it is empty")]
    Empty,
    /// It begins with another prefix.
    #[error("it begins neither with {DHCHAP_PREFIX} (DH-HMAC-CHAP secret) nor with {PSK_PREFIX} (TLS PSK)")]
    Prefix,
    /// No two digits and a colon behind the prefix.
    #[error("its hash is not two digits and a colon")]
    HashForm,
    /// A hash that is not defined for its kind.
    #[error("its hash {0:02} is not defined: {1} are")]
    Hash(u8, &'static str),
    /// It does not end in a colon.
    #[error("the colon at its end is missing")]
    End,
    /// More than one line, or more behind the last colon.
    #[error("something follows the colon at its end")]
    Trailing,
    /// The part between the colons is not base64 with padding.
    #[error("the part between its last two colons is not base64")]
    Base64,
    /// No key with this hash has this length.
    #[error("its key has {0} bytes; with hash {1:02} it must have {2}")]
    Length(usize, u8, &'static str),
    /// The key and its CRC-32 do not match.
    #[error("its checksum does not match: a character is wrong")]
    Checksum,
}

impl Secret {
    /// Parses a key; white space around it is ignored.
    ///
    /// # Errors
    ///
    /// Why the text is not a key.
    pub fn parse(text: &str) -> Result<Self, MalformedKey> {
        let text = text.trim_ascii();
        if text.is_empty() {
            return Err(MalformedKey::Empty);
        }
        let (kind, rest) = match (text.strip_prefix(DHCHAP_PREFIX), text.strip_prefix(PSK_PREFIX)) {
            (Some(rest), _) => (Kind::Dhchap, rest),
            (_, Some(rest)) => (Kind::TlsPsk, rest),
            _ => return Err(MalformedKey::Prefix),
        };
        let (hash, rest) = rest.split_once(':').ok_or(MalformedKey::HashForm)?;
        let is_number = hash.len() == 2 && hash.bytes().all(|byte| byte.is_ascii_digit());
        let hash = hash.parse().ok().filter(|_| is_number).ok_or(MalformedKey::HashForm)?;
        let (lengths, words) = kind.lengths(hash)?;
        let (encoded, trailing) = rest.split_once(':').ok_or(MalformedKey::End)?;
        if !trailing.is_empty() {
            return Err(MalformedKey::Trailing);
        }
        let mut buffer = Zeroizing::new([0; MAX_LEN]);
        if encoded.len() > MAX_LEN.div_ceil(3) * 4 {
            // The message may say two bytes less: padding is not looked at.
            return Err(MalformedKey::Length((encoded.len() / 4 * 3).saturating_sub(CRC_LEN), hash, words));
        }
        let bytes = Base64::decode(encoded, &mut *buffer).map_err(|_| MalformedKey::Base64)?;
        let length = bytes.len().saturating_sub(CRC_LEN);
        let (key, crc) = bytes.split_last_chunk::<CRC_LEN>().ok_or(MalformedKey::Length(0, hash, words))?;
        if !lengths.contains(&length) {
            return Err(MalformedKey::Length(length, hash, words));
        }
        if crc32fast::hash(key).to_le_bytes() != *crc {
            return Err(MalformedKey::Checksum);
        }
        Ok(Self { text: Zeroizing::new(text.to_owned()), kind, hash, length })
    }

    /// What it is for.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The key itself, for the kernel only.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// The cipher suite that the hash of a TLS PSK implies, and whether the PSK must still be retained. A PSK without a hash is
    /// already retained, and its length implies the hash. `None` for other keys.
    #[must_use]
    pub const fn psk_hash(&self) -> Option<(CipherSuite, bool)> {
        match (self.kind, self.hash, self.length) {
            (Kind::Dhchap, ..) => None,
            (Kind::TlsPsk, hash, 48) => Some((CipherSuite::Aes256GcmSha384, hash != 0)),
            (Kind::TlsPsk, hash, _) => Some((CipherSuite::Aes128GcmSha256, hash != 0)),
        }
    }

    /// The bytes of the key.
    pub(super) fn key_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut buffer = Zeroizing::new([0; MAX_LEN]);
        let encoded = self.text.trim_end_matches(':').rsplit(':').next().unwrap_or_default();
        // Parsing decoded it, so this cannot fail.
        let bytes = Base64::decode(encoded, &mut *buffer).unwrap_or_default();
        Zeroizing::new(bytes[..self.length.min(bytes.len())].to_vec())
    }
}

impl Kind {
    /// The lengths in bytes of keys with this hash, also as text.
    const fn lengths(self, hash: u8) -> Result<(&'static [usize], &'static str), MalformedKey> {
        Ok(match (self, hash) {
            (Self::Dhchap, 0) => (&[32, 48, 64], "32, 48 or 64"),
            (Self::TlsPsk, 0) => (&[32, 48], "32 or 48"),
            (_, 1) => (&[32], "32"),
            (_, 2) => (&[48], "48"),
            (Self::Dhchap, 3) => (&[64], "64"),
            (Self::Dhchap, _) => return Err(MalformedKey::Hash(hash, "00, 01, 02 and 03")),
            (Self::TlsPsk, _) => return Err(MalformedKey::Hash(hash, "00, 01 and 02")),
        })
    }
}

/// A description of the key, without the key.
impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hash = match self.hash {
            1 => "with SHA-256",
            2 => "with SHA-384",
            3 => "with SHA-512",
            _ => "",
        };
        let (what, use_of_hash, without) = match self.kind {
            Kind::Dhchap => ("a DH-HMAC-CHAP secret", "transformed", "used as it is"),
            Kind::TlsPsk => ("a TLS PSK", "retained", "retained as it is"),
        };
        write!(f, "{what} of {} bytes, ", self.length)?;
        if hash.is_empty() {
            f.write_str(without)?
        } else {
            write!(f, "{use_of_hash} {hash}")?
        }
        self.psk_hash().map_or(Ok(()), |(cipher, _)| write!(f, ", for {cipher}"))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// The secrets for a subsystem.
#[derive(Debug)]
pub struct Secrets {
    /// The host authenticates with it.
    pub host: Secret,
    /// The controller must authenticate with it.
    pub controller: Option<Secret>,
}
