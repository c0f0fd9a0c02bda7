//! Shows the value of a field in words.

use crate::finding::QuotedUpTo;
use crate::hex::Hex;
use crate::model::{self, PciAddress};
use crate::raw::{HeapRef, ListRef};
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use zerocopy::FromBytes as _;

/// How a field's bytes are shown.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Format {
    /// A number shown in decimal.
    Number,
    /// A number shown in hexadecimal.
    Hex,
    /// A code, with its words.
    Words(fn(u32) -> String),
    /// Flags with their names.
    Flags(&'static [(u32, &'static str)]),
    /// ASCII of fixed width.
    Text,
    /// 16 bytes of an address.
    Address,
    Mac,
    Uuid,
    RoutingId,
    /// Bytes in hexadecimal.
    Bytes,
    Reference,
    List,
    Reserved,
}

/// How a value in the heap is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ObjectFormat {
    Text,
    /// 16 bytes of an address.
    Address,
    /// Bytes in hexadecimal.
    Bytes,
}

impl ObjectFormat {
    /// The value of `bytes` in this format.
    pub(super) fn value(self, bytes: &[u8]) -> String {
        match (self, bytes.first_chunk()) {
            (Self::Text, _) => text(bytes),
            (Self::Address, Some(address)) => model::Address::from_bytes(*address).to_string(),
            (Self::Address, None) | (Self::Bytes, _) => hex(bytes),
        }
    }
}

impl Format {
    /// The value of `bytes` in this format.
    pub(super) fn value(self, bytes: &[u8]) -> Option<String> {
        Some(match self {
            Self::Number => number(bytes).to_string(),
            Self::Hex => format!("{:#x}", number(bytes)),
            Self::Words(words) => format!("{} ({})", number(bytes), words(number(bytes))),
            Self::Flags(names) => flags(number(bytes), names),
            Self::Text => text(bytes),
            Self::Address => model::Address::from_bytes(bytes.try_into().ok()?).to_string(),
            Self::Mac => model::Mac(bytes.try_into().ok()?).to_string(),
            Self::Uuid => model::Uuid(bytes.try_into().ok()?).to_string(),
            Self::RoutingId => {
                let id = number(bytes);
                PciAddress { segment: (id >> 16) as u16, routing_id: id as u16 }.to_string()
            }
            Self::Bytes => hex(bytes),
            Self::Reference => match HeapRef::read_from_bytes(bytes).ok()? {
                reference if reference.length.get() == 0 => "absent".to_string(),
                reference => format!("{} bytes at {:#x}", reference.length, reference.offset),
            },
            Self::List => match ListRef::read_from_bytes(bytes).ok()? {
                list if list.count == 0 => "none".to_string(),
                list => {
                    format!("{} × {} bytes at {:#x}, version {}", list.count, list.length, list.offset, list.version)
                }
            },
            Self::Reserved => return None,
        })
    }
}

/// The little-endian number of at most 4 bytes.
fn number(bytes: &[u8]) -> u32 {
    let mut bytes = bytes.iter().copied();
    u32::from_le_bytes(core::array::from_fn(|_| bytes.next().unwrap_or(0)))
}

fn flags(word: u32, names: &[(u32, &str)]) -> String {
    let set: Vec<_> = names.iter().filter(|(bit, _)| word & bit != 0).map(|(_, name)| *name).collect();
    let unknown = names.iter().fold(word, |word, (bit, _)| word & !bit);
    let mut text = format!("{word:#x}");
    if !set.is_empty() {
        text += &format!(" ({})", set.join(", "));
    }
    if unknown != 0 {
        text += &format!(", reserved {unknown:#x}");
    }
    text
}

/// ASCII without the NULs at its end, quoted and escaped.
fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    // Longer than any name that is valid.
    QuotedUpTo(&String::from_utf8_lossy(&bytes[..end]), 256).to_string()
}

/// Bytes in hexadecimal, cut after 32.
fn hex(bytes: &[u8]) -> String {
    const SHOWN: usize = 32;
    let cut = if bytes.len() > SHOWN { " …" } else { "" };
    format!("{}{cut}", Hex::separated(&bytes[..bytes.len().min(SHOWN)], " "))
}
