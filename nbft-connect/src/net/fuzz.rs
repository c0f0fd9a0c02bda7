//! From what a server says to what is set, as one pure function each.

use super::dhcp6_stateless;
use super::{Information, Lease, dhcp, dhcp6};
use libnbft::plan::Network;
use std::net::Ipv6Addr;

pub use mozim::{DhcpV4ClasslessRoute, DhcpV4Lease, DhcpV6Lease};

/// What is set, and what is told.
#[derive(Debug)]
pub struct Outcome {
    /// The lease that is kept.
    pub lease: Lease,
    /// The network with its routes.
    pub network: Network,
    /// A sentence for each item that was dropped.
    pub dropped: Vec<String>,
}

/// Of a DHCPv4 lease; why it is refused otherwise.
///
/// # Errors
///
/// When no interface can have the address.
pub fn v4(lease: &DhcpV4Lease, planned: &Network) -> Result<Outcome, String> {
    of(dhcp::of_v4(lease), planned)
}

/// Of a DHCPv6 lease; why it is refused otherwise.
///
/// # Errors
///
/// When no interface can have the address.
pub fn v6(lease: &DhcpV6Lease, planned: &Network) -> Result<Outcome, String> {
    of(dhcp6::of(lease), planned)
}

/// Of a lease that a file holds; why it is refused otherwise.
///
/// # Errors
///
/// When no interface can have the address.
pub fn of(lease: Lease, planned: &Network) -> Result<Outcome, String> {
    let (lease, dropped) = lease.usable(planned).map_err(|error| error.to_string())?;
    let network = lease.over(planned);
    Ok(Outcome { lease, network, dropped })
}

/// Of a message that answers an Information-request with this transaction and DUID.
#[must_use]
pub fn information(bytes: &[u8], transaction: u32, duid: &[u8]) -> Option<Information> {
    dhcp6_stateless::read(bytes, transaction, duid, Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1))
}
