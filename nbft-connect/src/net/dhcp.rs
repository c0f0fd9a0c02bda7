//! DHCP as firmware did it: with its identity, and asking for its address first. DHCPv6 is in [`super::dhcp6`].
//!
//! Only in these two the DHCP client is imported.

use super::NetFailure;
use super::lease::{Lease, duid_on_the_wire, seconds_since_start};
use libnbft::address::{mask_of_prefix, prefix_of_mask};
use libnbft::model::Mac;
use libnbft::plan::{Network, Route};
use mozim::{DhcpV4Client, DhcpV4Config, DhcpV4Lease, DhcpV4State};
use std::net::{IpAddr, Ipv4Addr};

/// Seconds until a round without an answer is given up; servers that probe the address first take three.
pub(super) const TIMEOUT: u32 = 12;

/// Option 17: where to boot from.
const ROOT_PATH: u8 = 17;

/// Client identifier types: a hardware address, and IAID with DUID (RFC 4361).
pub(super) const CLIENT_ID_ETHERNET: u8 = 1;
const CLIENT_ID_RFC4361: u8 = 255;

/// The link that asks.
pub(super) struct Client<'a> {
    pub(super) name: &'a str,
    pub(super) index: u32,
    pub(super) mac: Mac,
}

pub(super) fn failed(step: &str) -> impl FnOnce(mozim::DhcpError) -> NetFailure + '_ {
    move |error| NetFailure::Kernel { step: step.to_owned(), reason: error.to_string() }
}

/// Asks for firmware's address first (INIT-REBOOT), for any if the server does not grant it.
pub(super) async fn v4(client: &Client<'_>, network: &Network) -> Result<Lease, NetFailure> {
    let mut config = DhcpV4Config::new(client.name);
    config.set_iface_index(client.index).set_iface_mac_raw(&client.mac.0).map_err(failed("DHCPv4"))?;
    match identity(network) {
        Some((iaid, duid)) => {
            log::info!("{}: DHCPv4 client identifier of the table: IAID {iaid:#x}, DUID {}", client.name, hex(&duid));
            config.set_client_id(CLIENT_ID_RFC4361, &[&iaid.to_be_bytes()[..], &duid].concat());
        }
        None => {
            log::info!("{}: DHCPv4 client identifier: the MAC address", client.name);
            config.set_client_id(CLIENT_ID_ETHERNET, &client.mac.0);
        }
    }
    config.request_extra_dhcp_opts(&[ROOT_PATH]).set_timeout_sec(TIMEOUT);
    let mut dhcp = DhcpV4Client::init(config, firmware_lease(network)).await.map_err(failed("DHCPv4"))?;
    loop {
        if let DhcpV4State::Done(lease) = dhcp.run().await.map_err(failed("DHCPv4"))? {
            return Ok(of_v4(&lease));
        }
    }
}

/// Firmware's lease as far as the table tells it: enough to ask for it again.
fn firmware_lease(network: &Network) -> Option<DhcpV4Lease> {
    let Some(IpAddr::V4(address)) = network.address else { return None };
    let mut lease = DhcpV4Lease::default();
    lease.yiaddr = address;
    lease.subnet_mask = mask_of_prefix(network.prefix);
    if let Some(IpAddr::V4(server)) = network.dhcp_server {
        (lease.siaddr, lease.srv_id) = (server, server);
    }
    // Never used: the answer brings its own. The client wants them in this order.
    (lease.t1_sec, lease.t2_sec, lease.lease_time_sec) = (1800, 3150, 3600);
    Some(lease)
}

/// The lease in our own words, as the server says it.
pub(super) fn of_v4(lease: &DhcpV4Lease) -> Lease {
    let default = |gateway: &Ipv4Addr| Route {
        destination: Ipv4Addr::UNSPECIFIED.into(),
        prefix: 0,
        gateway: Some(IpAddr::V4(*gateway)),
    };
    // RFC 3442: option 3 means nothing beside option 121.
    let routes = match &lease.classless_routes {
        Some(routes) => routes
            .iter()
            .map(|route| Route {
                destination: route.destination.into(),
                prefix: route.prefix_length,
                gateway: (!route.router.is_unspecified()).then_some(route.router.into()),
            })
            .collect(),
        None => lease.gateways.iter().flatten().take(1).map(default).collect(),
    };
    let domains = lease.domain_search.clone().or_else(|| lease.domain_name.clone().map(|name| vec![name]));
    let raw = lease.get_option_raw(ROOT_PATH);
    Lease {
        address: lease.yiaddr.into(),
        // Of a mask whose ones do not lie together nobody can tell what it means: as if there were none.
        prefix: prefix_of_mask(lease.subnet_mask).unwrap_or(0),
        server: lease.srv_id.into(),
        server_duid: None,
        granted_at: seconds_since_start(),
        seconds: lease.lease_time_sec,
        renew_seconds: lease.t1_sec,
        rebind_seconds: lease.t2_sec,
        routes,
        dns: lease.dns_srvs.iter().flatten().map(|dns| IpAddr::V4(*dns)).collect(),
        domains: domains.unwrap_or_default(),
        ntp: lease.ntp_srvs.iter().flatten().map(ToString::to_string).collect(),
        mtu: lease.mtu,
        host_name: lease.host_name.clone(),
        // The raw form begins with code and length.
        root_path: raw.and_then(|raw| text(raw.get(2..)?)),
    }
}

/// IAID and DUID of the table, the latter as it goes over the wire.
pub(super) fn identity(network: &Network) -> Option<(u32, Vec<u8>)> {
    Some((network.iaid?, duid_on_the_wire(network.duid.as_deref()?)))
}

pub(super) fn text(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes).trim_end_matches('\0').to_owned();
    (!text.is_empty()).then_some(text)
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
