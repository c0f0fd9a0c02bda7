//! Sets up a NIC that is no interface of the table, and restores it afterwards.

use super::error::{NetFailure, Step};
use super::requests::{errno, kernel_error, up};
use super::snapshot::NetSnapshot;
use super::state::Link;
use rtnetlink::packet_route::address::{AddressAttribute, AddressFlags, AddressHeaderFlags, AddressMessage};
use rtnetlink::{Handle, LinkUnspec};
use std::net::IpAddr;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// How long to wait for the carrier.
const CARRIER_LIMIT: Duration = Duration::from_secs(5);

/// Pause between two checks of the carrier.
const POLL: Duration = Duration::from_millis(50);

/// A NIC whose set-up is undone by [`restore`](Self::restore).
#[derive(Debug)]
pub struct TemporaryNic {
    link: Link,
    handle: Handle,
    task: JoinHandle<()>,
    /// The address to remove in the end.
    address: Option<AddressMessage>,
    brought_up: bool,
}

impl TemporaryNic {
    /// Changes nothing yet.
    pub fn new(link: Link) -> Result<Self, NetFailure> {
        let (asking, handle, _) = rtnetlink::new_connection().map_err(|error| NetFailure::Netlink(error.into()))?;
        Ok(Self { link, handle, task: tokio::spawn(asking), address: None, brought_up: false })
    }

    pub const fn link(&self) -> &Link {
        &self.link
    }

    /// Brings the NIC up with an address, for sockets that are bound to it, and waits for its carrier. May be cancelled at any time.
    pub async fn set_up(&mut self, address: IpAddr, prefix: u8) -> Result<(), NetFailure> {
        if !self.link.up {
            self.brought_up = true;
            up(&self.handle, self.link.index).await?;
        }
        self.add(address, prefix).await?;
        let end = Instant::now() + CARRIER_LIMIT;
        loop {
            match NetSnapshot::take().await?.link(self.link.index) {
                Some(link) if link.carrier => return Ok(()),
                _ if Instant::now() > end => {
                    return Err(NetFailure::NoCarrier {
                        name: self.link.name.clone(),
                        seconds: CARRIER_LIMIT.as_secs(),
                    });
                }
                _ => tokio::time::sleep(POLL).await,
            }
        }
    }

    async fn add(&mut self, address: IpAddr, prefix: u8) -> Result<(), NetFailure> {
        let mut request = self.handle.address().add(self.link.index, address, prefix);
        let message = request.message_mut();
        let flags = match address {
            // A bound socket needs no route, and a route could lead other programs' packets to this NIC.
            IpAddr::V4(_) => AddressFlags::Noprefixroute,
            // IPv6 needs the route.
            IpAddr::V6(_) => {
                message.header.flags |= AddressHeaderFlags::Nodad;
                AddressFlags::Nodad
            }
        };
        message.attributes.push(AddressAttribute::Flags(flags));
        self.address = Some(message.clone());
        let Err(error) = request.execute().await else { return Ok(()) };
        // An address that existed before stays.
        self.address = None;
        match errno(&error) {
            Some(libc::EEXIST) => Ok(()),
            _ => Err(NetFailure::Kernel { step: Step::AddAddress(address, prefix), error: kernel_error(&error) }),
        }
    }

    /// Restores the NIC as it was found.
    pub async fn restore(self) {
        if let Some(address) = self.address {
            let _ = self.handle.address().del(address).execute().await;
        }
        if self.brought_up {
            let down = LinkUnspec::new_with_index(self.link.index).down().build();
            let _ = self.handle.link().set(down).execute().await;
        }
        self.task.abort();
    }
}
