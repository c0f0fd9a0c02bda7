//! Checks a DHCP lease before nbft sets any of it: an address that no interface can have makes the lease refused; any other invalid item is
//! dropped.

use super::NetFailure;
use super::lease::{Lease, check_route};
use libnbft::address::{Unusable, check_granted, check_server, network_address, shortest_on_link};
use libnbft::plan::Network;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Every IPv4 host takes packets of 576 bytes (RFC 791, section 3.1).
const LEAST_MTU: u16 = 576;

/// Prefix length of an IPv6 subnet of hosts (RFC 4291, section 2.5.1).
const SUBNET6: u8 = 64;

/// Longest host or domain name (RFC 1035, section 2.3.4), and most of a kind that are kept.
const LONGEST_NAME: usize = 255;
pub(super) const MOST: usize = 32;

/// How many dropped items are reported one by one.
const MOST_SAID: usize = 16;

/// Longest root path: it is one string of a message that fits Ethernet.
pub(super) const LONGEST_PATH: usize = 1500;

impl Lease {
    /// The lease with only what can be used, and a sentence for each item that was dropped. `planned` is the network that it was asked for.
    /// Idempotent.
    ///
    /// # Errors
    ///
    /// [`NetFailure::Refused`] when no interface can have the address.
    pub(super) fn usable(mut self, planned: &Network) -> Result<(Self, Vec<String>), NetFailure> {
        let mut dropped = Vec::new();
        self.name_prefix(planned, &mut dropped);
        if let Err(why) = self.check_address(planned) {
            return Err(NetFailure::Refused { address: self.address, server: self.server, why });
        }
        if let Err(why) = check_server(self.server) {
            if why != Unusable::Unspecified {
                dropped.push(format!("the server identifier {} is not used: {why}", self.server));
            }
            self.server = unspecified(self.address);
        }
        // A time after the lease's end becomes its end.
        self.rebind_seconds = self.rebind_seconds.min(self.seconds);
        self.renew_seconds = self.renew_seconds.min(self.rebind_seconds);
        self.keep_routes(&mut dropped);
        self.keep_servers(&mut dropped);
        self.keep_texts(&mut dropped);
        if let Some(mtu) = self.mtu.take_if(|mtu| *mtu < LEAST_MTU) {
            dropped.push(format!("an MTU of {mtu} is not used: it is below {LEAST_MTU}"));
        }
        let more = dropped.len().saturating_sub(MOST_SAID);
        dropped.truncate(MOST_SAID);
        if more > 0 {
            dropped.push(format!("{more} more items are not used"));
        }
        Ok((self, dropped))
    }

    /// Sets a prefix length if the server names none: it cannot mean that every address is on the link.
    fn name_prefix(&mut self, planned: &Network, dropped: &mut Vec<String>) {
        let width = if self.address.is_ipv4() { 32 } else { 128 };
        let shortest = shortest_on_link(self.address);
        if (shortest..=width).contains(&self.prefix) {
            return;
        }
        let own = (self.address.is_ipv4() && !planned.is_ipv6()).then_some(planned.prefix);
        self.prefix = own.filter(|prefix| (shortest..=width).contains(prefix)).unwrap_or(width);
        dropped.push(format!("the server names no usable subnet mask for {}: /{} is used", self.address, self.prefix));
    }

    fn check_address(&self, planned: &Network) -> Result<(), Unusable> {
        if self.address.is_ipv6() != planned.is_ipv6() {
            return Err(Unusable::Family);
        }
        check_granted(self.address, self.prefix)?;
        // DHCPv6 names no subnet. The usual prefix length, or the table's, shows whether this is its routers' anycast address.
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
        // A server is a name or an address.
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

const fn unspecified(like: IpAddr) -> IpAddr {
    if like.is_ipv4() { IpAddr::V4(Ipv4Addr::UNSPECIFIED) } else { IpAddr::V6(Ipv6Addr::UNSPECIFIED) }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use libnbft::model::{Hfi, HfiTcp, HfiTcpFlags, IpOrigin, Mac, Table, TransportType};
    use libnbft::plan::{Options, Plan, Route, Source};

    pub(in crate::net) fn planned(address: &str, prefix: u8) -> Network {
        let mut tcp = HfiTcp::default();
        (tcp.mac, tcp.ip, tcp.prefix) = (Mac([2, 0, 0, 0, 0, 1]), address.parse::<IpAddr>().unwrap().into(), prefix);
        (tcp.flags, tcp.ip_origin) = (HfiTcpFlags::VALID.with(HfiTcpFlags::DHCP_OVERRIDE), IpOrigin::DHCP);
        let mut hfi = Hfi::default();
        (hfi.index, hfi.transport, hfi.tcp) = (1, TransportType::TCP, Some(tcp));
        let mut table = Table::default();
        table.hfis.push(hfi);
        let plan = Plan::new(&[Source { name: "NBFT", table: &table }], &Options::default());
        plan.networks().next().unwrap().1.clone()
    }

    fn lease(address: &str) -> Lease {
        Lease {
            address: address.parse().unwrap(),
            prefix: if address.contains(':') { 128 } else { 24 },
            server: "192.0.2.1".parse().unwrap(),
            server_duid: None,
            granted_at: 0,
            seconds: 3600,
            renew_seconds: 1800,
            rebind_seconds: 3150,
            routes: Vec::new(),
            dns: Vec::new(),
            domains: Vec::new(),
            ntp: Vec::new(),
            mtu: None,
            host_name: None,
            root_path: None,
        }
    }

    #[test]
    fn a_good_lease_stays_as_it_is() {
        let mut good = lease("192.0.2.77");
        good.routes = vec![Route {
            destination: "198.51.100.0".parse().unwrap(),
            prefix: 24,
            gateway: Some("192.0.2.254".parse().unwrap()),
        }];
        (good.dns, good.ntp) = (vec!["192.0.2.5".parse().unwrap()], vec!["ntp.example".into(), "192.0.2.6".into()]);
        good.domains = vec!["example.org".into()];
        (good.mtu, good.host_name, good.root_path) =
            (Some(576), Some("h".into()), Some("nvme+tcp://192.0.2.9/".into()));
        assert_eq!(good.clone().usable(&planned("192.0.2.10", 24)).unwrap(), (good, Vec::new()));
    }

    #[test]
    fn times_and_texts_without_bounds_get_some() {
        let mut odd = lease("192.0.2.77");
        (odd.renew_seconds, odd.rebind_seconds, odd.granted_at) = (u32::MAX, u32::MAX, u64::MAX);
        odd.domains = vec!["d".repeat(300); 2].into_iter().chain((0..700).map(|n| format!("d{n}"))).collect();
        odd.ntp = vec!["n".repeat(300), "127.0.0.1".into(), "n".into()];
        odd.dns = vec!["192.0.2.5".parse().unwrap(); 300];
        (odd.host_name, odd.root_path) = (Some("h".repeat(256)), Some("p".repeat(1501)));
        let (lease, dropped) = odd.usable(&planned("192.0.2.10", 24)).unwrap();
        assert_eq!((lease.renew_seconds, lease.rebind_seconds), (3600, 3600));
        assert_eq!(lease.renew_in().as_secs(), 3600);
        assert_eq!((lease.domains.len(), lease.dns.len(), lease.ntp), (MOST, MOST, vec!["n".to_owned()]));
        assert_eq!((lease.host_name, lease.root_path), (None, None));
        let said = [
            "the NTP server 127.0.0.1 is not used: it is a loopback address",
            "a time server's name of 300 bytes is not used: 255 is the most",
            "a domain of 300 bytes is not used: 255 is the most",
            "a domain of 300 bytes is not used: 255 is the most",
            "a host name of 256 bytes is not used: 255 is the most",
            "a root path of 1501 bytes is not used: 1500 is the most",
        ];
        assert_eq!(dropped, said);
    }

    #[test]
    fn a_mask_of_half_the_world_is_none_and_what_is_said_has_an_end() {
        let mut odd = lease("192.0.2.77");
        odd.prefix = 1;
        odd.dns = vec!["127.0.0.1".parse().unwrap(); 300];
        let (lease, dropped) = odd.usable(&planned("192.0.2.10", 24)).unwrap();
        assert_eq!((lease.prefix, dropped.len()), (24, MOST_SAID + 1));
        assert_eq!(dropped[0], "the server names no usable subnet mask for 192.0.2.77: /24 is used");
        assert_eq!(dropped[MOST_SAID], "285 more items are not used");
    }

    #[test]
    fn an_address_of_the_other_family_is_none() {
        for (address, table, refused) in [
            ("192.0.2.77", "2001:db8:1::2", true),
            ("2001:db8:1::77", "192.0.2.10", true),
            ("2001:db8:1::77", "2001:db8:1::2", false),
        ] {
            assert_eq!(lease(address).usable(&planned(table, 24)).is_err(), refused, "{address}");
        }
        // A point-to-point link has no anycast address.
        assert!(lease("2001:db8:1::").usable(&planned("2001:db8:1::1", 64)).is_err());
        assert!(lease("2001:db8:1::").usable(&planned("2001:db8:1::1", 127)).is_ok());
    }
}
