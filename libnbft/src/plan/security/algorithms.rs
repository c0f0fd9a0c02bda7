//! Lists the known algorithms of DH-HMAC-CHAP and of TLS.

use core::fmt;

/// A hash function of DH-HMAC-CHAP (NVMe Base Specification, DH-HMAC-CHAP hash function identifiers).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum HashFunction {
    /// Identifier 1.
    #[cfg_attr(feature = "serde", serde(rename = "SHA-256"))]
    Sha256,
    /// Identifier 2.
    #[cfg_attr(feature = "serde", serde(rename = "SHA-384"))]
    Sha384,
    /// Identifier 3.
    #[cfg_attr(feature = "serde", serde(rename = "SHA-512"))]
    Sha512,
}

/// A key exchange group of DH-HMAC-CHAP (NVMe Base Specification, DH group identifiers; RFC 7919).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum KxGroup {
    /// Identifier 0: no key exchange.
    #[cfg_attr(feature = "serde", serde(rename = "NULL"))]
    Null,
    /// Identifier 1.
    #[cfg_attr(feature = "serde", serde(rename = "2048-bit"))]
    Ffdhe2048,
    /// Identifier 2.
    #[cfg_attr(feature = "serde", serde(rename = "3072-bit"))]
    Ffdhe3072,
    /// Identifier 3.
    #[cfg_attr(feature = "serde", serde(rename = "4096-bit"))]
    Ffdhe4096,
    /// Identifier 4.
    #[cfg_attr(feature = "serde", serde(rename = "6144-bit"))]
    Ffdhe6144,
    /// Identifier 5.
    #[cfg_attr(feature = "serde", serde(rename = "8192-bit"))]
    Ffdhe8192,
}

/// A cipher suite of TLS 1.3 (RFC 8446, section B.4) that Linux supports for its sockets. The NVMe/TCP Transport Specification names the
/// two with GCM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum CipherSuite {
    /// IANA value 1301h.
    #[cfg_attr(feature = "serde", serde(rename = "TLS_AES_128_GCM_SHA256"))]
    Aes128GcmSha256,
    /// IANA value 1302h.
    #[cfg_attr(feature = "serde", serde(rename = "TLS_AES_256_GCM_SHA384"))]
    Aes256GcmSha384,
    /// IANA value 1303h.
    #[cfg_attr(feature = "serde", serde(rename = "TLS_CHACHA20_POLY1305_SHA256"))]
    Chacha20Poly1305Sha256,
    /// IANA value 1304h.
    #[cfg_attr(feature = "serde", serde(rename = "TLS_AES_128_CCM_SHA256"))]
    Aes128CcmSha256,
}

impl HashFunction {
    /// The function with this identifier; `None` if it is unknown.
    #[must_use]
    pub const fn from_identifier(identifier: u8) -> Option<Self> {
        Some(match identifier {
            1 => Self::Sha256,
            2 => Self::Sha384,
            3 => Self::Sha512,
            _ => return None,
        })
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        }
    }
}

impl KxGroup {
    /// The group with this identifier; `None` if it is unknown.
    #[must_use]
    pub const fn from_identifier(identifier: u8) -> Option<Self> {
        Some(match identifier {
            0 => Self::Null,
            1 => Self::Ffdhe2048,
            2 => Self::Ffdhe3072,
            3 => Self::Ffdhe4096,
            4 => Self::Ffdhe6144,
            5 => Self::Ffdhe8192,
            _ => return None,
        })
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Null => "NULL",
            Self::Ffdhe2048 => "2048-bit",
            Self::Ffdhe3072 => "3072-bit",
            Self::Ffdhe4096 => "4096-bit",
            Self::Ffdhe6144 => "6144-bit",
            Self::Ffdhe8192 => "8192-bit",
        }
    }
}

impl CipherSuite {
    /// The suite with this IANA value; `None` if it is unknown.
    #[must_use]
    pub const fn from_identifier(identifier: u16) -> Option<Self> {
        Some(match identifier {
            0x1301 => Self::Aes128GcmSha256,
            0x1302 => Self::Aes256GcmSha384,
            0x1303 => Self::Chacha20Poly1305Sha256,
            0x1304 => Self::Aes128CcmSha256,
            _ => return None,
        })
    }

    /// Its IANA name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Aes128GcmSha256 => "TLS_AES_128_GCM_SHA256",
            Self::Aes256GcmSha384 => "TLS_AES_256_GCM_SHA384",
            Self::Chacha20Poly1305Sha256 => "TLS_CHACHA20_POLY1305_SHA256",
            Self::Aes128CcmSha256 => "TLS_AES_128_CCM_SHA256",
        }
    }

    /// The hash function of the suite, which is also that of the PSK for the suite.
    #[must_use]
    pub const fn hash(self) -> HashFunction {
        match self {
            Self::Aes128GcmSha256 | Self::Chacha20Poly1305Sha256 | Self::Aes128CcmSha256 => HashFunction::Sha256,
            Self::Aes256GcmSha384 => HashFunction::Sha384,
        }
    }
}

impl fmt::Display for CipherSuite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for HashFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for KxGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
