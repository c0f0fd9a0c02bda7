//! Gets an IPv6 address from a DHCP server, and renews it.

mod machine;
mod message;
pub(super) mod options;
pub(super) mod socket;

use super::NetFailure;
use super::dhcp::{Client, DhcpFailure, Granted, LONGEST_MESSAGE, LeaseAge, ROUND, text};
use super::dhcp_identity::{dhcp_identity, dhcp6_identity};
use super::domain_names::{Compression, domain_names};
use super::lease::{Lease, seconds_since_start};
use super::lease_times::{DHCP6, lease_times};
use crate::dhcp_options::ClientOptions;
use libnbft::plan::Network;
use libnbft::text::{Hex, bytes_from_hex};
use machine::{Machine, Meaning};
use message::{Offered, Reply, Request, Sender};
use options::{BOOT_FILE_URL, CLIENT_FQDN, DNS_SERVERS, DOMAIN_LIST, NTP_SERVER, USER_CLASS, VENDOR_CLASS};
use socket::ServersSocket;
use std::net::{IpAddr, Ipv6Addr};
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

/// Asks for an address; `link_local` is the link's own. With a held lease, asks for its renewal first.
pub(super) async fn lease(
    client: &Client<'_>,
    link_local: Ipv6Addr,
    network: &Network,
    held: Option<&Lease>,
) -> Result<Lease, NetFailure> {
    let sender = sender(client, network);
    let round = async |request| {
        let round = timeout(ROUND, exchange(client, link_local, &sender, Machine::new(request))).await;
        round.unwrap_or(Err(DhcpFailure::NoAnswer)).map(|granted| granted.told(client, held.is_some()))
    };
    if let Some((held, request)) = held.and_then(|held| Some((held, renewal(held)?))) {
        match round(request).await {
            Ok(lease) => return Ok(lease),
            Err(failure) => log::info!("{}: {} is not renewed ({failure}): asked for anew", client.name, held.address),
        }
    }
    round(Request::Solicit).await.map_err(|failure| failure.of("DHCPv6"))
}

/// How a lease is renewed (RFC 8415, sections 18.2.4 and 18.2.5); `None` if it has ended, or its server is unknown.
fn renewal(held: &Lease) -> Option<Request> {
    let IpAddr::V6(address) = held.address else { return None };
    let server = bytes_from_hex(held.server_duid.as_deref()?)?;
    match LeaseAge::of(held) {
        LeaseAge::Renewable => Some(Request::Renew { server, address }),
        LeaseAge::Rebindable => Some(Request::Rebind { address }),
        LeaseAge::Over => None,
    }
}

fn sender(client: &Client<'_>, network: &Network) -> Sender {
    let (name, (iaid, duid)) = (client.name, dhcp6_identity(network, client.mac));
    if dhcp_identity(network).is_some() {
        log::info!("{name}: DHCPv6 identity of the table: IAID {iaid:#x}, DUID {}", Hex::new(&duid));
    } else {
        log::info!("{name}: DHCPv6 DUID: the MAC address");
    }
    let options = described(&client.options.with_table(network.host_name.as_deref()));
    Sender { duid, iaid, options }
}

/// The options by which a client describes itself (RFC 8415, sections 21.15 and 21.16; RFC 4704).
fn described(options: &ClientOptions) -> Vec<(u16, Vec<u8>)> {
    /// systemd-networkd's number for its vendor class: networkd may renew the lease later.
    const ENTERPRISE: u32 = 43_793;
    let counted = |text: &str| [&(text.len() as u16).to_be_bytes()[..], text.as_bytes()].concat();
    let vendor = |class: &String| [&ENTERPRISE.to_be_bytes()[..], &counted(class)].concat();
    let all = [
        (USER_CLASS, options.user_class.as_deref().map(counted)),
        (VENDOR_CLASS, options.vendor_class.as_ref().map(vendor)),
        (CLIENT_FQDN, options.host_name.as_deref().map(fqdn)),
    ];
    all.into_iter().filter_map(|(code, content)| Some((code, content?))).collect()
}

/// Flags and labels. The server may make the name's AAAA record. A name without a domain has no root label (RFC 4704, section 4.2).
fn fqdn(name: &str) -> Vec<u8> {
    const SERVER_UPDATES: u8 = 1;
    let labels = name.split('.').flat_map(|label| [&[label.len() as u8][..], label.as_bytes()].concat());
    let root = name.contains('.').then_some(0);
    std::iter::once(SERVER_UPDATES).chain(labels).chain(root).collect()
}

/// Sends the machine's messages until a server grants an address.
async fn exchange(
    client: &Client<'_>,
    link_local: Ipv6Addr,
    sender: &Sender,
    mut machine: Machine,
) -> Result<Granted, DhcpFailure> {
    let socket = ServersSocket::open(client, link_local).await.map_err(DhcpFailure::socket("bind"))?;
    let (mut buffer, mut begun, mut transaction) = ([0; LONGEST_MESSAGE], None, machine.transaction());
    let mut due = Instant::now() + machine.first_pause();
    loop {
        match timeout_at(due, socket.receive(&mut buffer)).await {
            Ok(Ok((length, from))) => {
                let Some(reply) = message::reply(&buffer[..length], machine.transaction(), sender) else { continue };
                let (kind, status) = (reply.kind, reply.status);
                log::debug!("{}: DHCPv6 {kind:?} from {from}, status {status}: {:?}", client.name, reply.offered);
                match machine.hear(&reply) {
                    Meaning::Granted(address) => return Ok(granted(&reply, address)),
                    Meaning::Next(pause) => due = Instant::now() + pause,
                    Meaning::Nothing => {
                        for finding in &reply.findings {
                            log::info!("{}: {finding}", client.name);
                        }
                    }
                }
            }
            // A link that is down for a while is no reason to give up.
            Ok(Err(error)) => {
                log::debug!("{}: DHCPv6: {error}", client.name);
                sleep_until(due).await;
            }
            Err(_) => {
                if machine.transaction() != transaction {
                    (transaction, begun) = (machine.transaction(), None);
                }
                let elapsed = begun.get_or_insert_with(Instant::now).elapsed().as_millis() / 10;
                let elapsed = u16::try_from(elapsed).unwrap_or(u16::MAX);
                log::debug!("{}: DHCPv6 {:?}", client.name, machine.request());
                let bytes = message::request(machine.request(), transaction, elapsed, sender);
                due = Instant::now() + machine.wait();
                if let Err(error) = socket.send(&bytes).await {
                    log::debug!("{}: DHCPv6: {error}", client.name);
                }
            }
        }
    }
}

/// The lease that this message would grant; the fuzzer calls it.
pub(super) fn read(bytes: &[u8], transaction: u32, duid: &[u8], iaid: u32) -> Option<Lease> {
    let reply = message::reply(bytes, transaction, &Sender { duid: duid.to_vec(), iaid, options: Vec::new() })?;
    let address = reply.offered.first()?.address;
    Some(granted(&reply, address).lease)
}

/// The lease of an address in nbft's own types, as the server grants it; impossible times are replaced.
fn granted(reply: &Reply<'_>, address: Ipv6Addr) -> Granted {
    let of_address = |offered: &&Offered| offered.address == address;
    let valid = reply.offered.iter().find(of_address).map_or(0, |offered| offered.valid);
    // Section 14.2. An address that is no longer preferred gives no time.
    let preferred = reply.offered.iter().map(|offered| offered.preferred).filter(|preferred| *preferred != 0).min();
    let times = lease_times(valid, preferred.unwrap_or(valid), reply.times, DHCP6);
    let mut findings = reply.findings.clone();
    findings.extend(times.finding);
    let domains = reply.option(DOMAIN_LIST).and_then(|names| domain_names(names, Compression::Forbidden));
    let lease = Lease {
        address: address.into(),
        // The router advertisement, not DHCPv6, says which subnet is on the link.
        prefix: 128,
        server: reply.server_address().into(),
        server_duid: Some(Hex::new(reply.server).to_string()),
        granted_at: seconds_since_start(),
        seconds: valid,
        renew_seconds: times.renew,
        rebind_seconds: times.rebind,
        routes: Vec::new(),
        dns: reply.option(DNS_SERVERS).into_iter().flat_map(options::addresses).map(IpAddr::V6).collect(),
        domains: domains.unwrap_or_default(),
        ntp: reply.option(NTP_SERVER).map(options::time_servers).unwrap_or_default(),
        mtu: None,
        host_name: None,
        root_path: reply.option(BOOT_FILE_URL).and_then(text),
    };
    Granted { lease, findings }
}

#[cfg(test)]
mod tests {
    use super::{ClientOptions, described};

    #[test]
    fn a_client_describes_itself_byte_by_byte() {
        let mut options = ClientOptions::default();
        assert!(described(&options).is_empty());
        (options.vendor_class, options.user_class) = (Some("Boot".into()), Some("rack".into()));
        options.host_name = Some("n.a".into());
        let expected = [
            (15, b"\0\x04rack".to_vec()),
            (16, b"\0\0\xab\x11\0\x04Boot".to_vec()),
            (39, b"\x01\x01n\x01a\0".to_vec()),
        ];
        assert_eq!(described(&options), expected);
        options.host_name = Some("node".into());
        assert_eq!(described(&options)[2].1, b"\x01\x04node", "a name without a domain has no root label");
    }
}
