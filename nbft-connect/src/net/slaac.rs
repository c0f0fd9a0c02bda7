//! Waits for an address from a router advertisement, and asks DHCPv6 for what the advertisement's flags announce.

use super::addresses::Configured;
use super::dhcp::Client;
use super::dhcp_identity::dhcp6_identity;
use super::error::NetFailure;
use super::event::{NetEvent, Waiting};
use super::lease::Lease;
use super::lease_manager::link_manager;
use super::state::{Address, RouterFlags, State};
use super::target::LinkNetwork;
use super::watcher::dump;
use super::worker::{RETRY, Worker};
use super::{dhcp6_stateless, requests};
use std::convert::Infallible;
use std::net::IpAddr;
use std::time::Duration;
use tokio::time::sleep;

/// Pause after an Information-request that could not be made, as when a network manager holds the client's port.
const REQUEST_RETRY: Duration = Duration::from_secs(60);

impl Worker {
    /// Waits for the address that a router advertisement brings. If the advertisement brings none and points to DHCPv6, requests a
    /// lease: a table may leave open which of the two firmware used.
    pub(super) async fn address_from_router(&self, on: LinkNetwork<'_>) -> Result<Configured, NetFailure> {
        tokio::select! {
            biased;
            address = self.autoconfigured(on) => Ok((address, None)),
            lease = self.lease_where_managed(on) => self.apply_lease(on, lease).await,
        }
    }

    /// Waits for the address that the kernel makes of an advertised prefix, and keeps it.
    pub(super) async fn autoconfigured(&self, on: LinkNetwork<'_>) -> IpAddr {
        let (name, network) = (on.link.name, on.network);
        let find = |state: &State| self.router_address(state, on);
        let mut found = self.watcher.read(find);
        if found.is_none() {
            self.send_waiting(on.at, Waiting::Advertisement);
            found = self.watcher.wait_for(find).await;
        }
        // The watcher has ended.
        let Some(found) = found else { return std::future::pending().await };
        self.keep(on, &found).await;
        let Address { ip, prefix, .. } = found;
        // The router gave the main table its routes. The HFI's own table gets those of firmware.
        let mut own = network.clone();
        (own.address, own.prefix) = (Some(ip), prefix);
        let on = on.with(&own);
        if let Err(error) = requests::add_routes(&self.watcher.handle, on.link, ip, on.network).await {
            log::warn!("{name}: {error}");
        }
        self.record_on(on, ip, None);
        ip
    }

    /// Requests a lease once an advertisement says that DHCPv6 grants addresses, unless it brings an address itself.
    async fn lease_where_managed(&self, on: LinkNetwork<'_>) -> Lease {
        let (index, name) = (on.link.index, on.link.name);
        self.wait_for_router_flags(index, |flags| flags.managed).await;
        // No event announces an address whose duplicate address detection has just begun.
        let address_comes = match dump(&self.watcher.handle).await {
            Ok(now) => now.addresses.iter().any(|address| address.is_global_ipv6_of(index)),
            Err(_) => true,
        };
        if address_comes || self.maintains && link_manager(&self.root, index).is_some() {
            return std::future::pending().await;
        }
        log::info!("{name}: the router advertises no prefix for addresses, and says that DHCPv6 grants one");
        loop {
            match self.request_lease(on, None).await {
                Ok(lease) => return lease,
                Err(reason @ NetFailure::Refused { .. }) => self.send(NetEvent::Failed { at: on.at, reason }),
                Err(error) => log::debug!("{name}: {error}"),
            }
            sleep(RETRY).await;
        }
    }

    /// Waits for an advertisement whose flags fulfil a condition.
    async fn wait_for_router_flags(&self, index: u32, condition: impl Fn(RouterFlags) -> bool) {
        let find = |state: &State| {
            let flags = state.links.get(&index).map(|link| link.router_flags);
            flags.is_some_and(&condition).then_some(())
        };
        if self.watcher.wait_for(find).await.is_none() {
            // The watcher has ended.
            std::future::pending::<()>().await;
        }
    }

    /// Requests and reports DHCPv6 information beside an address, once an advertisement announces some.
    pub(super) async fn request_information(
        &self,
        on: LinkNetwork<'_>,
        longest_pause: Duration,
    ) -> Result<dhcp6_stateless::Told, NetFailure> {
        let (index, name) = (on.link.index, on.link.name);
        self.wait_for_router_flags(index, |flags| flags.other || flags.managed).await;
        let link_local = self.link_local(index).await?;
        let client = Client { name, index, mac: self.interface.mac, options: &self.client };
        let (_, duid) = dhcp6_identity(on.network, client.mac);
        let told = dhcp6_stateless::ask(&client, link_local, &duid, longest_pause).await?;
        self.send(NetEvent::Informed { at: on.at, information: Box::new(told.information.clone()) });
        Ok(told)
    }

    /// Requests the information again each time that it has expired.
    pub(super) async fn maintain_information(&self, on: LinkNetwork<'_>) -> Infallible {
        let mut longest_pause = dhcp6_stateless::LONGEST_PAUSE;
        loop {
            match self.request_information(on, longest_pause).await {
                Ok(told) => {
                    longest_pause = told.longest_pause.unwrap_or(longest_pause);
                    sleep(told.holds).await;
                }
                Err(error) => {
                    log::debug!("{}: {error}", on.link.name);
                    sleep(REQUEST_RETRY).await;
                }
            }
        }
    }
}
