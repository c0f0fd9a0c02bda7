//! Holds the values that a DHCP server granted, in types of our own.

use super::subnet;
use libnbft::address::{Unusable, check_destination, check_gateway};
use libnbft::plan::{Network, Route};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::time::Duration;

/// A lease.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// The address.
    pub address: IpAddr,
    /// Prefix length in bits.
    pub prefix: u8,
    /// Server that granted it.
    pub server: IpAddr,
    /// DUID of a DHCPv6 server, in hexadecimal digits; a renewal needs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_duid: Option<String>,
    /// Seconds from the machine's start to when it was granted (CLOCK_BOOTTIME).
    #[serde(default)]
    pub granted_at: u64,
    /// Seconds for which it was granted.
    pub seconds: u32,
    /// Seconds after which it is to be renewed.
    pub renew_seconds: u32,
    /// Seconds after which any server may be asked to renew it.
    pub rebind_seconds: u32,
    /// Routes: option 121, else a default route by option 3.
    pub routes: Vec<Route>,
    /// DNS servers.
    pub dns: Vec<IpAddr>,
    /// Domains to search.
    pub domains: Vec<String>,
    /// NTP servers.
    pub ntp: Vec<String>,
    /// MTU.
    pub mtu: Option<u16>,
    /// Host name.
    pub host_name: Option<String>,
    /// Root path (option 17 or 59).
    pub root_path: Option<String>,
}

impl Lease {
    /// How long from now until it is to be renewed.
    #[must_use]
    pub fn renew_in(&self) -> Duration {
        // A lease from a file may have any time, even one in the future.
        let passed = seconds_since_start().saturating_sub(self.granted_at);
        Duration::from_secs(u64::from(self.renew_seconds).saturating_sub(passed))
    }

    /// The planned network with the lease's values in place of firmware's. If the lease is usable, so is every route.
    #[must_use]
    pub fn over(&self, planned: &Network) -> Network {
        let mut network = planned.clone();
        let targets = planned.routes.iter().filter(|route| route.prefix != 0 && route.gateway.is_some());
        network.address = Some(self.address);
        network.prefix = self.prefix;
        let default = self.routes.iter().find(|route| route.prefix == 0);
        let usable = |gateway: &IpAddr| check_gateway(*gateway, self.address, self.prefix).is_ok();
        network.gateway = default.and_then(|route| route.gateway).or(planned.gateway.filter(usable));
        let mut routes: Vec<Route> = self.routes.clone();
        // A target behind firmware's gateway is now behind the gateway that the server names.
        for target in targets {
            let gateway = network.gateway.or(target.gateway);
            routes.push(Route { gateway, ..target.clone() });
        }
        routes.retain(|route| check_route(route, self.address, self.prefix).is_ok());
        network.routes = reachable(&network, routes);
        network
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

/// Seconds since the machine's start, including suspension: the clock for lease times.
pub(super) fn seconds_since_start() -> u64 {
    let now = nix::time::clock_gettime(nix::time::ClockId::CLOCK_BOOTTIME);
    now.map_or(0, |now| u64::try_from(now.tv_sec()).unwrap_or(0))
}

/// The routes, with an on-link route to each gateway outside the subnet. Without it the kernel refuses the gateway; a server that grants a
/// /32 means this.
fn reachable(network: &Network, routes: Vec<Route>) -> Vec<Route> {
    let Some(address) = network.address else { return routes };
    let mut gateways: Vec<Route> = Vec::new();
    for gateway in routes.iter().filter_map(|route| route.gateway) {
        let prefix = if gateway.is_ipv6() { 128 } else { 32 };
        let on_link = Route { destination: gateway, prefix, gateway: None };
        let link_local = matches!(gateway, IpAddr::V6(ip) if ip.is_unicast_link_local());
        let connected = subnet(address, network.prefix) == subnet(gateway, network.prefix);
        if !link_local && !connected && !gateways.contains(&on_link) && !routes.contains(&on_link) {
            gateways.push(on_link);
        }
    }
    // Routes on the link go first, whatever their order in the lease.
    let (direct, behind): (Vec<_>, Vec<_>) = routes.into_iter().partition(|route| route.gateway.is_none());
    gateways.into_iter().chain(direct).chain(behind).collect()
}

#[cfg(test)]
mod tests {
    use super::{Lease, seconds_since_start};

    #[test]
    fn a_lease_is_renewed_in_time_whenever_it_is_said_to_be_granted() {
        let text = "{\"address\": \"192.0.2.50\", \"prefix\": 24, \"server\": \"192.0.2.1\", \"seconds\": 3600,
            \"renew_seconds\": 1800, \"rebind_seconds\": 3000, \"routes\": [], \"dns\": [], \"domains\": [], \"ntp\": []}";
        let mut lease: Lease = serde_json::from_str(text).unwrap();
        let mut renewed_in = |granted_at| {
            lease.granted_at = granted_at;
            lease.renew_in().as_secs()
        };
        assert!((1799..=1800).contains(&renewed_in(seconds_since_start())));
        assert_eq!(renewed_in(u64::MAX), 1800);
        assert_eq!(renewed_in(0), 1800_u64.saturating_sub(seconds_since_start()));
    }
}
