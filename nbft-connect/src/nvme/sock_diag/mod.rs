//! TCP connections that the kernel encrypts by TLS, its own among them: which version and cipher suite each has. Neither sysfs nor
//! the log says so of a controller; sock_diag does of every socket (sock_diag(7)), to who has CAP_NET_ADMIN.

#[cfg(test)]
pub(crate) mod fake;
mod inet_diag;
mod kernel;
mod message;

pub use kernel::Kernel;
pub(crate) use kernel::local_addresses;

use libnbft::plan::CipherSuite;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io;
use std::net::SocketAddr;

/// What lists the sockets: the kernel, or a stand-in for it in tests.
pub trait TlsSockets: fmt::Debug {
    /// The established connections that are encrypted in both directions, in no order. Connections in plain text, and those whose
    /// handshake is not over, are left out.
    ///
    /// # Errors
    ///
    /// [`SocketsError`].
    fn list(&self) -> Result<Vec<TlsSocket>, SocketsError>;
}

/// A connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsSocket {
    /// What the kernel calls this socket and never another one.
    pub cookie: [u8; 8],
    /// This machine's side.
    pub local: SocketAddr,
    /// The other side.
    pub peer: SocketAddr,
    /// How it is encrypted.
    pub suite: Suite,
}

/// The sockets that have come since a moment: those of a controller that is made then, and of whoever else connects meanwhile. No
/// number tells the kernel's sockets from those of programs.
#[derive(Debug)]
pub struct Since<'s> {
    sockets: &'s dyn TlsSockets,
    /// Those that were there before, by their cookies.
    old: Result<Vec<[u8; 8]>, SocketsError>,
}

impl<'s> Since<'s> {
    /// From now on.
    #[must_use]
    pub fn now(sockets: &'s dyn TlsSockets) -> Self {
        let old = sockets.list().map(|old| old.into_iter().map(|socket| socket.cookie).collect());
        Self { sockets, old }
    }

    /// From the beginning on.
    #[must_use]
    pub const fn ever(sockets: &'s dyn TlsSockets) -> Self {
        Self { sockets, old: Ok(Vec::new()) }
    }

    /// The sockets.
    ///
    /// # Errors
    ///
    /// Why they cannot be listed, or could not be at that moment.
    pub fn list(&self) -> Result<Vec<TlsSocket>, SocketsError> {
        let old = self.old.as_ref().map_err(Clone::clone)?;
        let mut sockets = self.sockets.list()?;
        sockets.retain(|socket| !old.contains(&socket.cookie));
        Ok(sockets)
    }
}

/// A version of TLS and a cipher, as the kernel numbers them (linux/tls.h).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Suite {
    /// The version: 303h is 1.2, 304h is 1.3.
    pub version: u16,
    /// The cipher, from 51 on.
    pub cipher: u16,
}

/// Why the sockets cannot be listed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SocketsError {
    /// The kernel refuses, with this error number. ENOENT: it has no `tcp_diag`.
    #[error("sock_diag: {}", io::Error::from_raw_os_error(*.0))]
    Refused(i32),
    /// The kernel's answer cannot be read. It holds the decoder's error.
    #[error("sock_diag: its answer cannot be read: {0}")]
    Malformed(String),
}

impl From<io::Error> for SocketsError {
    fn from(error: io::Error) -> Self {
        Self::Refused(error.raw_os_error().unwrap_or(libc::EIO))
    }
}

impl From<netlink_packet_core::DecodeError> for SocketsError {
    fn from(error: netlink_packet_core::DecodeError) -> Self {
        Self::Malformed(error.to_string())
    }
}

impl Suite {
    /// Whether it is TLS 1.3.
    #[must_use]
    pub const fn is_tls_1_3(self) -> bool {
        self.version == libc::TLS_1_3_VERSION
    }

    /// The cipher suite of TLS 1.3; `None` for other versions and for ciphers that are not known here.
    #[must_use]
    pub fn of_tls_1_3(self) -> Option<CipherSuite> {
        if !self.is_tls_1_3() {
            return None;
        }
        Some(match self.cipher {
            libc::TLS_CIPHER_AES_GCM_128 => CipherSuite::Aes128GcmSha256,
            libc::TLS_CIPHER_AES_GCM_256 => CipherSuite::Aes256GcmSha384,
            libc::TLS_CIPHER_AES_CCM_128 => CipherSuite::Aes128CcmSha256,
            libc::TLS_CIPHER_CHACHA20_POLY1305 => CipherSuite::Chacha20Poly1305Sha256,
            _ => return None,
        })
    }
}

/// The name of the suite of TLS 1.3, else what the kernel's numbers say.
impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.of_tls_1_3(), self.version.to_be_bytes()) {
            (Some(suite), _) => write!(f, "{suite}"),
            (None, _) if self.is_tls_1_3() => write!(f, "cipher {} of linux/tls.h", self.cipher),
            // Version 3.3 on the wire is 1.2.
            (None, [3, minor @ 1..=u8::MAX]) => {
                write!(f, "TLS 1.{} and cipher {} of linux/tls.h", minor - 1, self.cipher)
            }
            (None, _) => write!(f, "TLS {:04x}h and cipher {} of linux/tls.h", self.version, self.cipher),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Suite;

    #[test]
    fn suites_in_words() {
        let words = |version, cipher| Suite { version, cipher }.to_string();
        assert_eq!(words(0x304, 51), "TLS_AES_128_GCM_SHA256");
        assert_eq!(words(0x304, 52), "TLS_AES_256_GCM_SHA384");
        assert_eq!(words(0x304, 53), "TLS_AES_128_CCM_SHA256");
        assert_eq!(words(0x304, 54), "TLS_CHACHA20_POLY1305_SHA256");
        assert_eq!(words(0x304, 55), "cipher 55 of linux/tls.h");
        assert_eq!(words(0x303, 51), "TLS 1.2 and cipher 51 of linux/tls.h");
        assert_eq!(words(0x300, 51), "TLS 0300h and cipher 51 of linux/tls.h");
        assert_eq!(Suite { version: 0x303, cipher: 51 }.of_tls_1_3(), None);
    }
}
