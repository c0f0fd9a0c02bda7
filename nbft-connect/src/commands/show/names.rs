//! Names the codes that TLS and authentication specifications define.

use libnbft::plan::{HashFunction, KxGroup};

/// A secure channel algorithm: the SECTYPE values of the NVMe/TCP transport.
pub(super) fn channel_algorithm(number: u8) -> Option<&'static str> {
    Some(match number {
        0 => "none",
        1 => "TLS 1.2",
        2 => "TLS 1.3",
        _ => return None,
    })
}

/// An authentication protocol (NVMe Base Specification, authentication protocol identifiers).
pub(super) fn authentication_protocol(number: u8) -> Option<&'static str> {
    (number == 1).then_some("DH-HMAC-CHAP")
}

/// A TLS cipher suite that works with a pre-shared key (IANA TLS Cipher Suites).
pub(super) fn cipher_suite(number: u16) -> Option<&'static str> {
    Some(match number {
        0x00a8 => "TLS_PSK_WITH_AES_128_GCM_SHA256",
        0x00a9 => "TLS_PSK_WITH_AES_256_GCM_SHA384",
        0x00aa => "TLS_DHE_PSK_WITH_AES_128_GCM_SHA256",
        0x00ab => "TLS_DHE_PSK_WITH_AES_256_GCM_SHA384",
        0x1301 => "TLS_AES_128_GCM_SHA256",
        0x1302 => "TLS_AES_256_GCM_SHA384",
        0x1303 => "TLS_CHACHA20_POLY1305_SHA256",
        0x1304 => "TLS_AES_128_CCM_SHA256",
        0x1305 => "TLS_AES_128_CCM_8_SHA256",
        _ => return None,
    })
}

/// A key exchange group of DH-HMAC-CHAP.
pub(super) fn kx_group(number: u8) -> Option<&'static str> {
    KxGroup::from_identifier(number).map(KxGroup::name)
}

/// A hash function of DH-HMAC-CHAP.
pub(super) fn hash_function(number: u8) -> Option<&'static str> {
    HashFunction::from_identifier(number).map(HashFunction::name)
}
