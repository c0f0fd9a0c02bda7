//! Shows bytes as hex digits, and reads them back.

use alloc::vec::Vec;
use core::fmt;

/// Bytes as pairs of lower-case hex digits.
#[derive(Clone, Copy, Debug)]
pub struct Hex<'a> {
    bytes: &'a [u8],
    separator: &'static str,
}

impl<'a> Hex<'a> {
    /// Shows `bytes` with nothing between the pairs: `0a1b`.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, separator: "" }
    }

    /// Shows `bytes` with `separator` between the pairs: `0a:1b`.
    #[must_use]
    pub const fn separated(bytes: &'a [u8], separator: &'static str) -> Self {
        Self { bytes, separator }
    }
}

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, byte) in self.bytes.iter().enumerate() {
            write!(f, "{}{byte:02x}", if number == 0 { "" } else { self.separator })?;
        }
        Ok(())
    }
}

/// Reads pairs of hex digits of either case; `None` if the text holds anything else or half a pair.
#[must_use]
pub fn bytes_from_hex(text: &str) -> Option<Vec<u8>> {
    text.as_bytes().chunks(2).map(|pair| hex_byte(*pair.first()?, *pair.get(1)?)).collect()
}

/// The byte that two hex digits represent.
pub(crate) fn hex_byte(high: u8, low: u8) -> Option<u8> {
    let digit = |digit| char::from(digit).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString as _;

    #[test]
    fn there_and_back() {
        assert_eq!(Hex::new(&[0, 0xab, 0x9f]).to_string(), "00ab9f");
        assert_eq!(Hex::separated(&[0, 0xab], ":").to_string(), "00:ab");
        assert_eq!(bytes_from_hex("00aB9f"), Some(alloc::vec![0, 0xab, 0x9f]));
        assert_eq!(bytes_from_hex(""), Some(Vec::new()));
        for text in ["0", "000", "0g", "00:ab", "é", "é0"] {
            assert_eq!(bytes_from_hex(text), None, "{text}");
        }
    }
}
