//! Gives the identity with which a DHCP client asks: the table's, or one made from the MAC address.

use super::Network;
use crate::model::Mac;
use alloc::vec::Vec;

/// Hardware type of Ethernet.
const ETHERNET: u8 = 1;

/// Type of a DUID that is a link-layer address (RFC 8415, section 11.4).
const DUID_LINK_LAYER: u8 = 3;

impl Network {
    /// IAID and DUID with which firmware asked a DHCP server; the DUID in the byte order of the wire.
    #[must_use]
    pub fn dhcp_identity(&self) -> Option<(u32, Vec<u8>)> {
        Some((self.iaid?, duid_on_the_wire(self.duid.as_deref()?)))
    }

    /// IAID and DUID for DHCPv6: the table's, otherwise 0 and a DUID made from the MAC address. The program that renews the lease must
    /// use the same, or the server grants another address.
    #[must_use]
    pub fn dhcp6_identity(&self, mac: Mac) -> (u32, Vec<u8>) {
        self.dhcp_identity().unwrap_or_else(|| (0, [&[0, DUID_LINK_LAYER, 0, ETHERNET], &mac.0[..]].concat()))
    }
}

/// A DUID in the byte order of the wire. In the table, each number inside is little endian (type, hardware type, time, enterprise), on
/// the wire big endian (RFC 8415, section 11); byte strings are in order.
fn duid_on_the_wire(table: &[u8]) -> Vec<u8> {
    let mut wire = table.to_vec();
    let mut swap = |from: usize, to: usize| {
        if let Some(number) = wire.get_mut(from..to) {
            number.reverse();
        }
    };
    swap(0, 2);
    match table {
        [1, 0, ..] => {
            swap(2, 4);
            swap(4, 8);
        }
        [2, 0, ..] => swap(2, 6),
        [3, 0, ..] => swap(2, 4),
        _ => {}
    }
    wire
}

#[cfg(test)]
mod tests {
    use super::duid_on_the_wire;

    #[test]
    fn numbers_of_a_duid_are_turned() {
        let cases: [(&[u8], &[u8]); 4] = [
            (&[1, 0, 1, 0, 4, 3, 2, 1, 0x52, 0x54, 0, 0, 0, 1], &[0, 1, 0, 1, 1, 2, 3, 4, 0x52, 0x54, 0, 0, 0, 1]),
            (&[2, 0, 4, 3, 2, 1, 0xaa, 0xbb], &[0, 2, 1, 2, 3, 4, 0xaa, 0xbb]),
            (&[3, 0, 1, 0, 0x52, 0x54, 0, 0, 0, 1], &[0, 3, 0, 1, 0x52, 0x54, 0, 0, 0, 1]),
            (&[4, 0, 0x11, 0x22], &[0, 4, 0x11, 0x22]),
        ];
        for (table, wire) in cases {
            assert_eq!(duid_on_the_wire(table), wire);
        }
        assert_eq!(duid_on_the_wire(&[1]), [1]);
    }
}
