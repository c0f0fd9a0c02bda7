//! Reads which bits `nbft build --flip` inverts.

use super::ArgumentError;
use std::str::FromStr;

/// Bits to invert in one byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flip {
    /// Which byte.
    pub offset: usize,
    /// Which of its bits.
    pub mask: u8,
}

impl FromStr for Flip {
    type Err = ArgumentError;

    fn from_str(text: &str) -> Result<Self, ArgumentError> {
        let (offset, bit) = match text.split_once(':') {
            Some((offset, bit)) => (offset, Some(bit)),
            None => (text, None),
        };
        let offset = match offset.strip_prefix("0x") {
            Some(digits) => usize::from_str_radix(digits, 16),
            None => offset.parse(),
        };
        let mask = match bit {
            None => 0xff,
            Some(bit) => match bit.parse::<u8>() {
                Ok(bit @ 0..=7) => 1 << bit,
                _ => return Err(ArgumentError::Bit),
            },
        };
        Ok(Self { offset: offset.map_err(ArgumentError::Offset)?, mask })
    }
}
