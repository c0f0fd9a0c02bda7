//! Maps what a server sends to what nbft sets, in one pure function for each kind of input.

use super::dhcp6_stateless;
use super::{Information, Lease, NetFailure, dhcp4, dhcp6};
use libnbft::plan::Network;
use std::net::Ipv6Addr;

/// What is set, and what is reported.
#[derive(Debug)]
pub struct Outcome {
    /// The lease that is kept.
    pub lease: Lease,
    /// The network with its routes.
    pub network: Network,
    /// A sentence for each item that was dropped.
    pub dropped: Vec<String>,
}

/// The outcome of a DHCPv4 message of this transaction, if it is a reply.
///
/// # Errors
///
/// When no interface can have the address.
pub fn v4(message: &[u8], transaction: u32, planned: &Network) -> Option<Result<Outcome, NetFailure>> {
    dhcp4::read(message, transaction).map(|lease| of(lease, planned))
}

/// The DHCPv4 message in an IPv4 packet.
#[must_use]
pub fn packet(bytes: &[u8]) -> Option<&[u8]> {
    dhcp4::frame::message(bytes)
}

/// The outcome of a DHCPv6 message of this transaction to the client with this DUID and association, if it grants an address.
///
/// # Errors
///
/// When no interface can have the address.
pub fn v6(
    message: &[u8],
    transaction: u32,
    (duid, iaid): (&[u8], u32),
    planned: &Network,
) -> Option<Result<Outcome, NetFailure>> {
    dhcp6::read(message, transaction, duid, iaid).map(|lease| of(lease, planned))
}

/// The outcome of a lease from a file.
///
/// # Errors
///
/// When no interface can have the address.
pub fn of(lease: Lease, planned: &Network) -> Result<Outcome, NetFailure> {
    let (lease, dropped) = lease.usable(planned)?;
    let network = lease.over(planned);
    Ok(Outcome { lease, network, dropped })
}

/// The information in a message that answers an Information-request with this transaction and DUID.
#[must_use]
pub fn information(bytes: &[u8], transaction: u32, duid: &[u8]) -> Option<Information> {
    dhcp6_stateless::read(bytes, transaction, duid, Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1))
}
