//! Gets an IPv4 address from a DHCP server as firmware did: with its identity, and asking for its address first.

pub(super) mod frame;
mod machine;
mod message;
mod socket;

use super::NetFailure;
use super::dhcp::{Client, DhcpFailure, Granted, LONGEST_MESSAGE, LeaseAge, ROUND, text};
use super::dhcp_identity::{ETHERNET, dhcp_identity};
use super::domain_names::{Compression, domain_names};
use super::lease::{Lease, seconds_since_start};
use super::lease_times::{DHCP4, UNNAMED_LEASE, lease_times};
use crate::dhcp_options::ClientOptions;
use libnbft::address::prefix_of_mask;
use libnbft::plan::{Network, Route};
use libnbft::text::Hex;
use machine::{Destination, Machine, Meaning, State};
use message::{Reply, Request, Sender};
use nom::Parser;
use nom::bytes::complete::take;
use nom::combinator::{all_consuming, verify};
use nom::multi::many0;
use nom::number::complete::{be_u8, be_u32};
use socket::{PacketSocket, UnicastSocket};
use std::net::{IpAddr, Ipv4Addr};
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

/// Type of a client identifier that is IAID and DUID (RFC 4361).
const IDENTIFIER_RFC4361: u8 = 255;

/// Asks for firmware's address, or any if no server grants it. With a held lease, asks for its renewal.
pub(super) async fn lease(client: &Client<'_>, network: &Network, held: Option<&Lease>) -> Result<Lease, NetFailure> {
    let sender = sender(client, network);
    let machine = Machine::new(first_state(network, held));
    let reply = timeout(ROUND, exchange(client, &sender, machine)).await.unwrap_or(Err(DhcpFailure::NoAnswer));
    let reply = reply.map_err(|failure| failure.of("DHCPv4"))?;
    Ok(granted(&reply).told(client, held.is_some()))
}

/// The state to begin in: decided by the held lease, or else by the table's address.
fn first_state(network: &Network, held: Option<&Lease>) -> State {
    let held = held.map(|lease| (lease.address, lease.server, LeaseAge::of(lease)));
    match (held, network.address) {
        (Some((IpAddr::V4(address), IpAddr::V4(server), LeaseAge::Renewable)), _) if !server.is_unspecified() => {
            State::Renewing { address, server }
        }
        (Some((IpAddr::V4(address), _, LeaseAge::Renewable | LeaseAge::Rebindable)), _) => State::Rebinding { address },
        (Some((IpAddr::V4(address), _, LeaseAge::Over)), _) | (None, Some(IpAddr::V4(address))) => {
            State::Rebooting { address }
        }
        _ => State::Selecting,
    }
}

fn sender(client: &Client<'_>, network: &Network) -> Sender {
    let client_id = match dhcp_identity(network) {
        Some((iaid, duid)) => {
            log::info!(
                "{}: DHCPv4 client identifier of the table: IAID {iaid:#x}, DUID {}",
                client.name,
                Hex::new(&duid)
            );
            [&[IDENTIFIER_RFC4361][..], &iaid.to_be_bytes(), &duid].concat()
        }
        None => {
            log::info!("{}: DHCPv4 client identifier: the MAC address", client.name);
            [&[ETHERNET][..], &client.mac.0].concat()
        }
    };
    Sender {
        mac: client.mac.0,
        client_id,
        options: described(&client.options.with_table(network.host_name.as_deref())),
    }
}

/// The options by which a client describes itself. A user class has its length before it (RFC 3004, section 4).
fn described(options: &ClientOptions) -> Vec<(u8, Vec<u8>)> {
    let bytes = |text: &Option<String>| text.as_ref().map(|text| text.as_bytes().to_vec());
    let counted = |class: Vec<u8>| [&[class.len() as u8][..], &class].concat();
    let all = [
        (message::HOST_NAME, bytes(&options.host_name)),
        (message::VENDOR_CLASS, bytes(&options.vendor_class)),
        (message::USER_CLASS, bytes(&options.user_class).map(counted)),
    ];
    all.into_iter().filter_map(|(code, content)| Some((code, content?))).collect()
}

/// Sends the machine's messages until a server grants an address.
async fn exchange(client: &Client<'_>, sender: &Sender, mut machine: Machine) -> Result<Reply, DhcpFailure> {
    let socket = PacketSocket::open(client)?;
    let (begun, mut buffer, mut unicast) = (Instant::now(), [0; LONGEST_MESSAGE], None);
    let mut due = begun + machine.first_pause();
    loop {
        match timeout_at(due, socket.receive(&mut buffer)).await {
            Ok(Ok(length)) => {
                let message = frame::message(&buffer[..length]);
                let reply = message.and_then(|message| message::reply(message, machine.transaction()));
                let Some(reply) = reply else { continue };
                log::debug!("{}: DHCPv4 {:?} of {} from {}", client.name, reply.kind, reply.address, reply.server());
                match machine.hear(&reply) {
                    Meaning::Granted => return Ok(reply),
                    Meaning::Next(pause) => due = Instant::now() + pause,
                    Meaning::Nothing => {}
                }
            }
            // A link that is down for a while is no reason to give up.
            Ok(Err(error)) => {
                log::debug!("{}: DHCPv4: {error}", client.name);
                sleep_until(due).await;
            }
            Err(_) => {
                let outgoing = machine.send();
                log::debug!("{}: DHCPv4 {:?} to {:?}", client.name, outgoing.request, outgoing.to);
                let seconds = u16::try_from(begun.elapsed().as_secs()).unwrap_or(u16::MAX);
                let bytes = message::request(outgoing.request, machine.transaction(), seconds, sender);
                due = Instant::now() + outgoing.wait;
                let sent = match outgoing.to {
                    Destination::All => socket.send(own(outgoing.request), &bytes),
                    Destination::Server { own, server } => {
                        UnicastSocket::open(client, own).and_then(|opened| unicast.insert(opened).send(server, &bytes))
                    }
                };
                if let Err(error) = sent {
                    log::debug!("{}: DHCPv4: {error}", client.name);
                    if let Meaning::Next(pause) = machine.fail_to_send() {
                        due = Instant::now() + pause;
                    }
                }
            }
        }
    }
}

/// The client's own address in a request of this kind.
fn own(request: Request) -> Ipv4Addr {
    match request {
        Request::Extend { address } => address,
        _ => Ipv4Addr::UNSPECIFIED,
    }
}

/// The lease that this message would grant; the fuzzer calls it.
pub(super) fn read(message: &[u8], transaction: u32) -> Option<Lease> {
    message::reply(message, transaction).map(|reply| granted(&reply).lease)
}

/// The lease in nbft's own types, as the server grants it; impossible times are replaced.
fn granted(reply: &Reply) -> Granted {
    let option = |code| reply.option(code);
    let mut findings = Vec::new();
    let mut seconds = message::seconds(option(message::LEASE_TIME));
    if seconds == 0 {
        seconds = UNNAMED_LEASE;
        findings.push(format!("the server names no lease time for {}: {seconds} s are used", reply.address));
    }
    let named = [message::RENEWAL_TIME, message::REBINDING_TIME].map(|code| message::seconds(option(code)));
    let times = lease_times(seconds, seconds, named.into(), DHCP4);
    findings.extend(times.finding);
    let domains = option(message::DOMAIN_SEARCH).and_then(|names| domain_names(names, Compression::Allowed));
    let addresses = |code| option(code).into_iter().flat_map(message::addresses);
    let lease = Lease {
        address: reply.address.into(),
        // A mask whose ones are not contiguous counts as none.
        prefix: option(message::SUBNET_MASK).and_then(message::address).and_then(prefix_of_mask).unwrap_or(0),
        server: option(message::SERVER_ID).and_then(message::address).unwrap_or(Ipv4Addr::UNSPECIFIED).into(),
        server_duid: None,
        granted_at: seconds_since_start(),
        seconds,
        renew_seconds: times.renew,
        rebind_seconds: times.rebind,
        routes: routes(reply),
        dns: addresses(message::DNS_SERVERS).map(IpAddr::V4).collect(),
        domains: domains.unwrap_or_else(|| option(message::DOMAIN_NAME).and_then(text).into_iter().collect()),
        ntp: addresses(message::NTP_SERVERS).map(|server| server.to_string()).collect(),
        mtu: option(message::MTU).and_then(|content| content.try_into().ok()).map(u16::from_be_bytes),
        host_name: option(message::HOST_NAME).and_then(text),
        root_path: option(message::ROOT_PATH).and_then(text),
    };
    Granted { lease, findings }
}

/// The routes. Option 121 replaces option 3 (RFC 3442).
fn routes(reply: &Reply) -> Vec<Route> {
    let classless = [message::CLASSLESS_ROUTES, message::MICROSOFT_ROUTES];
    if let Some(routes) = classless.iter().find_map(|code| classless_routes(reply.option(*code)?)) {
        return routes;
    }
    let gateway = reply.option(message::ROUTER).and_then(message::address);
    let default = |gateway: Ipv4Addr| Route {
        destination: Ipv4Addr::UNSPECIFIED.into(),
        prefix: 0,
        gateway: Some(gateway.into()),
    };
    gateway.into_iter().map(default).collect()
}

/// Destinations with as many bytes as their prefix needs, each with its router; `None` when they do not fill the option.
fn classless_routes(content: &[u8]) -> Option<Vec<Route>> {
    let prefix = verify(be_u8::<_, ()>, |prefix| *prefix <= 32);
    let destination = prefix.flat_map(|prefix: u8| {
        take(prefix.div_ceil(8)).map(move |bytes: &[u8]| {
            let mut octets = [0; 4];
            octets[..bytes.len()].copy_from_slice(bytes);
            (prefix, Ipv4Addr::from(octets))
        })
    });
    let route = (destination, be_u32).map(|((prefix, destination), router)| Route {
        destination: destination.into(),
        prefix,
        gateway: (router != 0).then(|| Ipv4Addr::from(router).into()),
    });
    all_consuming(many0(route)).parse(content).ok().map(|(_, routes)| routes)
}

#[cfg(test)]
mod tests;
