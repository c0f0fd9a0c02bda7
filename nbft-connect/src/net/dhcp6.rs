//! DHCPv6 for one address: asked for, and renewed.

use super::NetFailure;
use super::dhcp::{CLIENT_ID_ETHERNET, Client, TIMEOUT, failed, hex, identity, text};
use super::lease::{Lease, seconds_since_start};
use libnbft::plan::Network;
use mozim::{
    DhcpV6Client, DhcpV6Config, DhcpV6Duid, DhcpV6DuidEnterpriseNumber, DhcpV6DuidLinkLayerAddr,
    DhcpV6DuidLinkLayerAddrPlusTime, DhcpV6DuidUuid, DhcpV6IaType, DhcpV6Lease, DhcpV6Mode, DhcpV6State,
};
use std::net::{IpAddr, Ipv6Addr};

/// Option 2: the server's DUID.
const SERVER_ID: u16 = 2;

/// Option 59: where to boot from.
const BOOT_FILE_URL: u16 = 59;

/// Asks for an address; `link_local` is the link's own.
pub(super) async fn ask(client: &Client<'_>, link_local: Ipv6Addr, network: &Network) -> Result<Lease, NetFailure> {
    let config = config(client, link_local, network);
    granted(&mut DhcpV6Client::init(config, None).await.map_err(failed("DHCPv6"))?).await
}

/// Renews a lease with the server that granted it, from when it is to be rebound with any (RENEW and REBIND, RFC 8415,
/// sections 18.2.4 and 18.2.5). One that has no binding for it does not answer in a way that would be heard, and the lease
/// may be over: then the address is asked for anew.
pub(super) async fn renew(
    client: &Client<'_>,
    link_local: Ipv6Addr,
    network: &Network,
    old: &Lease,
) -> Result<Lease, NetFailure> {
    let config = config(client, link_local, network);
    if let Some(held) = held(&config, old) {
        let mut dhcp = DhcpV6Client::init(config, None).await.map_err(failed("DHCPv6"))?;
        dhcp.done(held).map_err(failed("DHCPv6"))?;
        // The first state that is new is that the time to renew has come.
        dhcp.run().await.map_err(failed("DHCPv6"))?;
        match granted(&mut dhcp).await {
            Ok(lease) => return Ok(lease),
            Err(error) => log::info!("{}: {} is not renewed ({error}): asked for anew", client.name, old.address),
        }
    }
    ask(client, link_local, network).await
}

/// What is held, due in a second; `None` when it is over, or nobody knows whose it is.
fn held(config: &DhcpV6Config, old: &Lease) -> Option<DhcpV6Lease> {
    let IpAddr::V6(address) = old.address else { return None };
    let server = bytes(old.server_duid.as_deref()?)?;
    let passed = seconds_since_start().saturating_sub(old.granted_at);
    let left = |seconds: u32| u32::try_from(u64::from(seconds).saturating_sub(passed)).unwrap_or(u32::MAX);
    let mut lease = DhcpV6Lease::default();
    (lease.address, lease.ia_type, lease.iaid) = (address, Some(DhcpV6IaType::NonTemporaryAddresses), config.iaid);
    (lease.cli_duid, lease.srv_duid) = (config.duid.clone(), duid(&server));
    lease.valid_time_sec = left(old.seconds);
    lease.preferred_time_sec = lease.valid_time_sec;
    (lease.t1_sec, lease.t2_sec) = (1, left(old.rebind_seconds).clamp(1, lease.valid_time_sec.max(1)));
    (lease.valid_time_sec > 1).then_some(lease)
}

/// The DUID as it goes over the wire: the table's, else one of the MAC address.
pub(super) fn wire_duid(client: &Client<'_>, network: &Network) -> Vec<u8> {
    let of_mac = || [&[0, 3, 0, CLIENT_ID_ETHERNET], &client.mac.0[..]].concat();
    identity(network).map_or_else(of_mac, |(_, duid)| duid)
}

fn config(client: &Client<'_>, link_local: Ipv6Addr, network: &Network) -> DhcpV6Config {
    let mut config = DhcpV6Config::new(client.name, DhcpV6Mode::NonTemporaryAddresses);
    config.set_iface_index(client.index).set_link_local_ip(link_local).set_timeout_sec(TIMEOUT);
    config.request_extra_dhcp_opts(&[BOOT_FILE_URL]);
    match identity(network) {
        Some((iaid, wire)) => {
            log::info!("{}: DHCPv6 identity of the table: IAID {iaid:#x}, DUID {}", client.name, hex(&wire));
            config.set_duid(duid(&wire)).set_iaid(iaid);
        }
        None => {
            log::info!("{}: DHCPv6 DUID: the MAC address", client.name);
            let duid = DhcpV6DuidLinkLayerAddr::new(u16::from(CLIENT_ID_ETHERNET), &client.mac.0);
            config.set_duid(DhcpV6Duid::LinkLayerAddress(duid));
        }
    }
    config
}

async fn granted(dhcp: &mut DhcpV6Client) -> Result<Lease, NetFailure> {
    loop {
        if let DhcpV6State::Done(lease) = dhcp.run().await.map_err(failed("DHCPv6"))? {
            return Ok(of(&lease));
        }
    }
}

/// The lease in our own words, as the server says it.
pub(super) fn of(lease: &DhcpV6Lease) -> Lease {
    // The raw form begins with code and length.
    let raw = |code| Some(lease.get_option_raw(code)?.first()?.get(4..)?.to_vec());
    Lease {
        address: lease.address.into(),
        // Which subnet is on the link the router advertisement says, not DHCPv6.
        prefix: 128,
        server: lease.srv_ip.into(),
        server_duid: raw(SERVER_ID).map(|duid| hex(&duid)),
        granted_at: seconds_since_start(),
        seconds: lease.valid_time_sec,
        renew_seconds: lease.t1_sec,
        rebind_seconds: lease.t2_sec,
        routes: Vec::new(),
        dns: lease.dns_srvs.iter().map(|dns| IpAddr::V6(*dns)).collect(),
        domains: lease.domain_list.clone(),
        ntp: lease.ntp_srvs.clone(),
        mtu: None,
        host_name: None,
        root_path: raw(BOOT_FILE_URL).and_then(|url| text(&url)),
    }
}

/// A DUID by its kind: the client tells answers to it from others by comparing with what it reads from them, where each kind
/// that it knows is no longer mere bytes.
fn duid(wire: &[u8]) -> DhcpV6Duid {
    match wire {
        [0, 1, h0, h1, t0, t1, t2, t3, address @ ..] => {
            let mut duid = DhcpV6DuidLinkLayerAddrPlusTime::new(u16::from_be_bytes([*h0, *h1]), address);
            duid.time = u32::from_be_bytes([*t0, *t1, *t2, *t3]);
            DhcpV6Duid::LinkLayerAddressPlusTime(duid)
        }
        [0, 2, e0, e1, e2, e3, identifier @ ..] => DhcpV6Duid::EnterpriseNumber(DhcpV6DuidEnterpriseNumber::new(
            u32::from_be_bytes([*e0, *e1, *e2, *e3]),
            identifier,
        )),
        [0, 3, h0, h1, address @ ..] => {
            DhcpV6Duid::LinkLayerAddress(DhcpV6DuidLinkLayerAddr::new(u16::from_be_bytes([*h0, *h1]), address))
        }
        [0, 4, uuid @ ..] if uuid.len() == 16 => {
            let number = uuid.iter().fold(0, |number: u128, byte| number << 8 | u128::from(*byte));
            DhcpV6Duid::UUID(DhcpV6DuidUuid::new(number))
        }
        other => DhcpV6Duid::Raw(other.to_vec()),
    }
}

/// The bytes of a text of hexadecimal digits.
fn bytes(hex: &str) -> Option<Vec<u8>> {
    let pair = |at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok();
    (0..hex.len()).step_by(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn digits() {
        assert_eq!(bytes("00ff1a"), Some(vec![0, 0xff, 0x1a]));
        assert_eq!(bytes(""), Some(vec![]));
        for not in ["0", "0g", "é", "000"] {
            assert_eq!(bytes(not), None, "{not}");
        }
    }
}
