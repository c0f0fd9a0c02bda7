//! Replaces binary identifiers: UUIDs, other namespace identifiers, MACs, DHCP client identifiers.

use libnbft::model::{Mac, Uuid};
use std::collections::HashMap;

/// The replacements of identifiers.
#[derive(Debug, Default)]
pub(super) struct Identifiers {
    uuids: HashMap<Uuid, Uuid>,
    nids: HashMap<[u8; 16], [u8; 16]>,
    macs: HashMap<Mac, Mac>,
    iaids: HashMap<u32, u32>,
    duids: HashMap<Vec<u8>, Vec<u8>>,
}

impl Identifiers {
    /// A UUID. Placeholders stay; a UUID whose other byte order is known becomes the other byte order of its replacement.
    pub(super) fn uuid(&mut self, uuid: Uuid) -> Uuid {
        if uuid.is_placeholder() {
            return uuid;
        }
        if let Some(known) = self.uuids.get(&uuid) {
            return *known;
        }
        let replacement = match self.uuids.get(&uuid.swapped()) {
            Some(other) => other.swapped(),
            None => {
                // The first groups differ between the byte orders, so that the order is visible.
                let mut bytes = [0xd0, 0xd1, 0xd2, 0xd3, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, 0];
                bytes[12..].copy_from_slice(&number(self.uuids.len()));
                if uuid.0[0] == 0 {
                    // Some readers take a first byte of 0 for "no host ID".
                    bytes[0] = 0;
                }
                Uuid(bytes)
            }
        };
        self.uuids.insert(uuid, replacement);
        replacement
    }

    /// The 16 bytes of an EUI-64, an NGUID or an unknown kind; zeros stay where the value has ended.
    pub(super) fn nid(&mut self, nid: [u8; 16]) -> [u8; 16] {
        let length = nid.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        if length == 0 {
            return nid;
        }
        let next = number(self.nids.len());
        *self.nids.entry(nid).or_insert_with(|| {
            // An EUI-64 is the first 8 bytes only.
            let length = if length <= 8 { 8 } else { 16 };
            let mut bytes = [0; 16];
            bytes[..length].fill(0xd0);
            bytes[length - 4..length].copy_from_slice(&next);
            bytes
        })
    }

    /// The 16 bytes of an EUI-64: the first 8, and what should not be behind them.
    pub(super) fn eui64(&mut self, mut nid: [u8; 16]) -> [u8; 16] {
        let (_, behind) = nid.split_at_mut(8);
        let kept: Vec<u8> = behind.iter().map(|byte| if *byte == 0 { 0 } else { 0xd0 }).collect();
        behind.fill(0);
        let mut replacement = self.nid(nid);
        replacement[8..].copy_from_slice(&kept);
        replacement
    }

    /// A MAC: one for documentation (RFC 9542), unicast and multicast apart. Zero stays.
    pub(super) fn mac(&mut self, mac: Mac) -> Mac {
        if mac.is_zero() {
            return mac;
        }
        let [.., high, low] = number(self.macs.len());
        *self.macs.entry(mac).or_insert(match (mac.is_multicast(), high) {
            (false, 0) => Mac([0x00, 0x00, 0x5e, 0x00, 0x53, low]),
            (false, _) => Mac([0x02, 0x00, 0x5e, 0x00, high, low]),
            (true, 0) => Mac([0x01, 0x00, 0x5e, 0x90, 0x10, low]),
            (true, _) => Mac([0x03, 0x00, 0x5e, 0x90, high, low]),
        })
    }

    /// A DHCP IAID; 0 stays.
    pub(super) fn iaid(&mut self, iaid: u32) -> u32 {
        if iaid == 0 {
            return 0;
        }
        let next = u32::from_be_bytes(number(self.iaids.len()));
        *self.iaids.entry(iaid).or_insert(next)
    }

    /// A DUID: its kind, hardware type and enterprise number stay; a MAC or UUID in it is replaced as elsewhere.
    pub(super) fn duid(&mut self, duid: &[u8]) -> Vec<u8> {
        if let Some(known) = self.duids.get(duid) {
            return known.clone();
        }
        let next = number(self.duids.len());
        let filled = |kept: usize| {
            let mut bytes = duid.to_vec();
            let rest = &mut bytes[kept.min(duid.len())..];
            rest.fill(0xd0);
            let length = rest.len().min(4);
            let end = rest.len();
            rest[end - length..].copy_from_slice(&next[4 - length..]);
            bytes
        };
        let replacement = match duid {
            &[1, 0, t0, t1, _, _, _, _, a, b, c, d, e, f] => {
                let mut bytes = vec![1, 0, t0, t1, 0, 0, 0, 0];
                bytes.extend(self.mac(Mac([a, b, c, d, e, f])).0);
                bytes
            }
            &[3, 0, t0, t1, a, b, c, d, e, f] => {
                let mut bytes = vec![3, 0, t0, t1];
                bytes.extend(self.mac(Mac([a, b, c, d, e, f])).0);
                bytes
            }
            [4, 0, rest @ ..] if rest.len() == 16 => {
                let mut bytes = vec![4, 0];
                let uuid = rest.try_into().map(Uuid).unwrap_or_default();
                bytes.extend(self.uuid(uuid).0);
                bytes
            }
            [2, 0, ..] => filled(6),
            [1 | 3, 0, ..] => filled(4),
            _ => filled(2),
        };
        self.duids.insert(duid.to_vec(), replacement.clone());
        replacement
    }
}

/// The number of the next identifier, from 1.
fn number(known: usize) -> [u8; 4] {
    (known as u32).wrapping_add(1).to_be_bytes()
}
