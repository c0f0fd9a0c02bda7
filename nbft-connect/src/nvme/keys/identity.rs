//! Reads and writes identities of TLS PSKs (NVMe/TCP Transport Specification, PSK identity): `NVMe`, version, `R` (retained), hash, host NQN,
//! subsystem NQN, and from version 1 on a digest of the key.

use libnbft::plan::CipherSuite;

/// An identity. It is no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    text: String,
    cipher: CipherSuite,
    /// Version 1 ranks higher, then the longer hash, as in Linux.
    rank: u8,
}

impl Identity {
    /// An identity of version 1.
    pub(super) fn new(cipher: CipherSuite, hostnqn: &str, subsysnqn: &str, digest: &str) -> Self {
        let text = format!("NVMe1R{} {hostnqn} {subsysnqn} {digest}", hash_number(cipher));
        Self { text, cipher, rank: rank(1, cipher) }
    }

    /// The identity in the name of a key; `None` unless it is a retained PSK for this host and subsystem.
    #[must_use]
    pub fn of_name(name: &str, hostnqn: &str, subsysnqn: &str) -> Option<Self> {
        let mut words = name.split(' ');
        let (version, cipher) = match words.next()? {
            "NVMe0R01" => (0, CipherSuite::Aes128GcmSha256),
            "NVMe0R02" => (0, CipherSuite::Aes256GcmSha384),
            "NVMe1R01" => (1, CipherSuite::Aes128GcmSha256),
            "NVMe1R02" => (1, CipherSuite::Aes256GcmSha384),
            _ => return None,
        };
        let whole = version == 0 || words.next_back().is_some_and(|digest| !digest.is_empty());
        let names = words.next() == Some(hostnqn) && words.next() == Some(subsysnqn) && words.next().is_none();
        (whole && names).then(|| Self { text: name.to_owned(), cipher, rank: rank(version, cipher) })
    }

    /// The identity in wire form.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The cipher suite that the key can be used with: a PSK belongs to one hash function (RFC 8446, section 4.2.11).
    #[must_use]
    pub const fn cipher(&self) -> CipherSuite {
        self.cipher
    }

    /// The highest rank is used first.
    pub(super) const fn rank(&self) -> u8 {
        self.rank
    }
}

fn rank(version: u8, cipher: CipherSuite) -> u8 {
    2 * version + u8::from(cipher == CipherSuite::Aes256GcmSha384)
}

/// The hash function in identities and contexts: two digits.
pub(super) const fn hash_number(cipher: CipherSuite) -> &'static str {
    match cipher.hash() {
        libnbft::plan::HashFunction::Sha384 => "02",
        _ => "01",
    }
}
