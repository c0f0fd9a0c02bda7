//! Checks what a DHCP server granted, before any of it is set: an address that no interface can have refuses the lease,
//! whatever else is odd costs itself.

use super::NetError;
use super::lease::Lease;
use libnbft::address::{Unusable, check_destination, check_gateway, check_granted, check_server, network_address};
use libnbft::plan::{Network, Route};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Every IPv4 host takes packets of 576 bytes (RFC 791, section 3.1).
const LEAST_MTU: u16 = 576;

/// Prefix length of an IPv6 subnet of hosts (RFC 4291, section 2.5.1).
const SUBNET6: u8 = 64;

/// Longest host or domain name (RFC 1035, section 2.3.4), and most of a kind that are kept.
const LONGEST_NAME: usize = 255;
pub(super) const MOST: usize = 32;

/// Longest root path: it is one string of a message that fits Ethernet.
pub(super) const LONGEST_PATH: usize = 1500;

impl Lease {
    /// The lease with only what can be used, and a sentence for each item that was dropped. `planned` is the network that it
    /// was asked for. Done again, it changes nothing.
    ///
    /// # Errors
    ///
    /// [`NetError::Refused`] when no interface can have the address.
    pub(super) fn usable(mut self, planned: &Network) -> Result<(Self, Vec<String>), NetError> {
        let mut dropped = Vec::new();
        self.name_prefix(planned, &mut dropped);
        if let Err(why) = self.check_address(planned) {
            return Err(NetError::Refused { address: self.address, server: self.server, why });
        }
        if let Err(why) = check_server(self.server) {
            if why != Unusable::Unspecified {
                dropped.push(format!("the server identifier {} is not used: {why}", self.server));
            }
            self.server = unspecified(self.address);
        }
        // A time that comes after the lease's end is its end.
        self.rebind_seconds = self.rebind_seconds.min(self.seconds);
        self.renew_seconds = self.renew_seconds.min(self.rebind_seconds);
        self.keep_routes(&mut dropped);
        self.keep_servers(&mut dropped);
        self.keep_texts(&mut dropped);
        if let Some(mtu) = self.mtu.take_if(|mtu| *mtu < LEAST_MTU) {
            dropped.push(format!("an MTU of {mtu} is not used: it is below {LEAST_MTU}"));
        }
        Ok((self, dropped))
    }

    /// Puts in a prefix length where the server named none: all the world on the link is not what it can mean.
    fn name_prefix(&mut self, planned: &Network, dropped: &mut Vec<String>) {
        let width = if self.address.is_ipv4() { 32 } else { 128 };
        if (1..=width).contains(&self.prefix) {
            return;
        }
        let own = (self.address.is_ipv4() && !planned.is_ipv6()).then_some(planned.prefix);
        self.prefix = own.filter(|prefix| (1..=width).contains(prefix)).unwrap_or(width);
        dropped.push(format!("the server names no subnet of {}: /{} is used", self.address, self.prefix));
    }

    fn check_address(&self, planned: &Network) -> Result<(), Unusable> {
        if self.address.is_ipv6() != planned.is_ipv6() {
            return Err(Unusable::Family);
        }
        check_granted(self.address, self.prefix)?;
        // DHCPv6 tells no subnet. Its routers' anycast address is known by the usual length, or by the table's.
        match self.address {
            IpAddr::V6(_) if planned.prefix < 127 => check_granted(self.address, planned.prefix.max(SUBNET6)),
            _ => Ok(()),
        }
    }

    fn keep_routes(&mut self, dropped: &mut Vec<String>) {
        let (own, prefix) = (self.address, self.prefix);
        self.routes.retain_mut(|route| {
            route.destination = network_address(route.destination, route.prefix);
            let why = check_route(route, own, prefix).err();
            if let Some(why) = why {
                dropped.push(format!("the route to {}/{} is not used: {why}", route.destination, route.prefix));
            }
            why.is_none()
        });
    }

    fn keep_servers(&mut self, dropped: &mut Vec<String>) {
        let mut bad = |kind: &str, ip: IpAddr| match check_server(ip) {
            Ok(()) => false,
            Err(why) => {
                dropped.push(format!("the {kind} server {ip} is not used: {why}"));
                true
            }
        };
        self.dns.retain(|dns| !bad("DNS", *dns));
        // By name or by address.
        self.ntp.retain(|ntp| !ntp.parse().is_ok_and(|ip| bad("NTP", ip)));
        self.dns.truncate(MOST);
        self.ntp.truncate(MOST);
    }

    fn keep_texts(&mut self, dropped: &mut Vec<String>) {
        let mut long = |kind: &str, text: &str, longest: usize| {
            let long = text.len() > longest;
            if long {
                dropped.push(format!("a {kind} of {} bytes is not used: {longest} is the most", text.len()));
            }
            long
        };
        self.ntp.retain(|name| !long("time server's name", name, LONGEST_NAME));
        self.domains.retain(|domain| !long("domain", domain, LONGEST_NAME));
        self.domains.truncate(MOST);
        self.host_name.take_if(|name| long("host name", name, LONGEST_NAME));
        self.root_path.take_if(|path| long("root path", path, LONGEST_PATH));
    }
}

/// Checks a route of an interface that has the address `own` with this prefix length.
pub(super) fn check_route(route: &Route, own: IpAddr, prefix: u8) -> Result<(), Unusable> {
    if route.destination.is_ipv4() != own.is_ipv4() {
        return Err(Unusable::Family);
    }
    check_destination(route.destination, route.prefix, route.gateway.is_some())?;
    route.gateway.map_or(Ok(()), |gateway| check_gateway(gateway, own, prefix))
}

const fn unspecified(like: IpAddr) -> IpAddr {
    if like.is_ipv4() { IpAddr::V4(Ipv4Addr::UNSPECIFIED) } else { IpAddr::V6(Ipv6Addr::UNSPECIFIED) }
}
