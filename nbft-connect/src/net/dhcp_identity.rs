//! Chooses the client's identity for DHCP: the table's, or one made from the MAC address.

use libnbft::model::Mac;
use libnbft::plan::Network;

/// Hardware type of Ethernet.
pub(super) const ETHERNET: u8 = 1;

/// IAID and DUID by which firmware asked a DHCP server, the DUID as it goes over the wire.
#[must_use]
pub(crate) fn dhcp_identity(network: &Network) -> Option<(u32, Vec<u8>)> {
    network.dhcp_identity()
}

/// IAID and DUID by which a DHCPv6 server is asked.
#[must_use]
pub(crate) fn dhcp6_identity(network: &Network, mac: Mac) -> (u32, Vec<u8>) {
    network.dhcp6_identity(mac)
}
