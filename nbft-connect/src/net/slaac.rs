//! The address that a router advertisement brings, and what its flags say that DHCPv6 has beside it.

use super::book::Placed;
use super::dhcp::Client;
use super::lease::Lease;
use super::lease_manager::lease_manager;
use super::state::{Address, Advertised, State, is_global};
use super::watcher::dump;
use super::worker::{RETRY, Worker};
use super::{NetEvent, NetFailure, Waiting, dhcp6, dhcp6_stateless, requests};
use libnbft::address::check_host;
use libnbft::plan::{Network, NetworkRef};
use std::convert::Infallible;
use std::net::IpAddr;
use std::time::Duration;
use tokio::time::sleep;

/// Pause after an Information-request that could not be made, as when a network manager holds the client's port.
const ASK_AGAIN: Duration = Duration::from_secs(60);

impl Worker {
    /// Waits for the address that a router advertisement brings; where it brings none and says that DHCPv6 does, for a lease:
    /// a table may leave open which of the two firmware used.
    pub(super) async fn advertised(
        &self,
        at: NetworkRef,
        network: &Network,
        link: (u32, &str),
    ) -> Result<(IpAddr, Option<Box<Lease>>), NetFailure> {
        tokio::select! {
            biased;
            address = self.autoconfigured(at, network, link) => Ok((address, None)),
            lease = self.where_managed(at, network, link) => self.granted(at, network, link, lease).await,
        }
    }

    /// Waits for the address that the kernel makes of an advertised prefix: firmware's if it comes again, else any.
    async fn autoconfigured(&self, at: NetworkRef, network: &Network, (index, name): (u32, &str)) -> IpAddr {
        let usable = |address: &&Address| {
            let settled = is_global(address, index) && !address.tentative && !address.duplicate;
            settled && check_host(address.ip, address.prefix).is_ok()
        };
        let look = |state: &State| {
            let mut all = state.addresses.iter().filter(usable);
            all.clone().find(|address| network.address == Some(address.ip)).or_else(|| all.next()).cloned()
        };
        let mut found = self.watcher.look(look);
        if found.is_none() {
            self.tell(NetEvent::Waiting { at, for_what: Waiting::Advertisement });
            found = self.watcher.wait_for(look).await;
        }
        // Nobody listens any more.
        let Some(Address { ip, prefix, .. }) = found else { return std::future::pending().await };
        // The router gave the main table its routes; the HFI's own table needs what firmware knew.
        let mut own = network.clone();
        (own.address, own.prefix) = (Some(ip), prefix);
        if let Err(error) = requests::add_routes(&self.watcher.handle, (index, name), ip, &own).await {
            log::warn!("{name}: {error}");
        }
        self.place(at, Placed { index, name: name.to_owned(), ip, network: own, lease: None });
        ip
    }

    /// Asks for a lease once an advertisement says that there are some, unless it brings an address itself.
    async fn where_managed(&self, at: NetworkRef, network: &Network, (index, name): (u32, &str)) -> Lease {
        self.advertisement(index, |advertised| advertised.managed).await;
        // No event tells of an address whose duplicate address detection has just begun.
        let coming = match dump(&self.watcher.handle).await {
            Ok(now) => now.addresses.iter().any(|address| is_global(address, index)),
            Err(_) => true,
        };
        if coming || self.is_maintaining() && lease_manager(&self.root, index).is_some() {
            return std::future::pending().await;
        }
        log::info!("{name}: the router has no prefix to make an address of, and says that DHCPv6 grants one");
        loop {
            match self.lease(at, network, (index, name), None).await {
                Ok(lease) => return lease,
                Err(reason @ NetFailure::Refused { .. }) => self.tell(NetEvent::Failed { at, reason }),
                Err(error) => log::debug!("{name}: {error}"),
            }
            sleep(RETRY).await;
        }
    }

    /// Waits for an advertisement whose flags are such.
    async fn advertisement(&self, index: u32, such: impl Fn(Advertised) -> bool) {
        let look = |state: &State| state.links.get(&index).is_some_and(|link| such(link.advertised)).then_some(());
        if self.watcher.wait_for(look).await.is_none() {
            // Nobody listens any more.
            std::future::pending::<()>().await;
        }
    }

    /// Asks for what DHCPv6 says beside an address, once an advertisement says that there is something, and tells it.
    pub(super) async fn inform(
        &self,
        at: NetworkRef,
        network: &Network,
        (index, name): (u32, &str),
        longest_pause: Duration,
    ) -> Result<dhcp6_stateless::Told, NetFailure> {
        self.advertisement(index, |advertised| advertised.other || advertised.managed).await;
        let link_local = self.link_local(index).await?;
        let client = Client { name, index, mac: self.interface.mac };
        let duid = dhcp6::wire_duid(&client, network);
        let told = dhcp6_stateless::ask(&client, link_local, &duid, longest_pause).await?;
        self.tell(NetEvent::Informed { at, information: Box::new(told.information.clone()) });
        Ok(told)
    }

    /// The same again each time when it no longer holds.
    pub(super) async fn maintain_information(
        &self,
        at: NetworkRef,
        network: &Network,
        link: (u32, &str),
    ) -> Infallible {
        let mut longest_pause = dhcp6_stateless::LONGEST_PAUSE;
        loop {
            match self.inform(at, network, link, longest_pause).await {
                Ok(told) => {
                    longest_pause = told.longest_pause.unwrap_or(longest_pause);
                    sleep(told.holds).await;
                }
                Err(error) => {
                    log::debug!("{}: {error}", link.1);
                    sleep(ASK_AGAIN).await;
                }
            }
        }
    }
}
