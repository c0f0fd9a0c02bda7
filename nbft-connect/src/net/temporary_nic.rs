//! A NIC that is no interface of the table: set up for a while, and then left as it was found.

use super::requests::{errno, up, words};
use super::{Link, NetFailure, NetSnapshot};
use rtnetlink::packet_route::address::{AddressAttribute, AddressFlags, AddressHeaderFlags, AddressMessage};
use rtnetlink::{Handle, LinkUnspec};
use std::net::IpAddr;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// How long its carrier is waited for.
const CARRIER: Duration = Duration::from_secs(5);

/// How often it is looked for that.
const LOOK: Duration = Duration::from_millis(50);

/// A NIC that is given back.
#[derive(Debug)]
pub struct TemporaryNic {
    link: Link,
    handle: Handle,
    task: JoinHandle<()>,
    /// What is taken back in the end.
    address: Option<AddressMessage>,
    brought_up: bool,
}

impl TemporaryNic {
    /// Touches nothing yet.
    pub fn new(link: Link) -> Result<Self, NetFailure> {
        let (asking, handle, _) = rtnetlink::new_connection().map_err(NetFailure::Netlink)?;
        Ok(Self { link, handle, task: tokio::spawn(asking), address: None, brought_up: false })
    }

    pub const fn link(&self) -> &Link {
        &self.link
    }

    /// Brings it up with an address, for sockets that are bound to it, and waits for its carrier. May be given up at any time.
    pub async fn set_up(&mut self, address: IpAddr, prefix: u8) -> Result<(), NetFailure> {
        if !self.link.up {
            self.brought_up = true;
            up(&self.handle, self.link.index).await?;
        }
        self.add(address, prefix).await?;
        let end = Instant::now() + CARRIER;
        loop {
            match NetSnapshot::take().await?.link(self.link.index) {
                Some(link) if link.carrier => return Ok(()),
                _ if Instant::now() > end => {
                    let step = format!("no carrier within {} s", CARRIER.as_secs());
                    return Err(NetFailure::Kernel { step, reason: self.link.name.clone() });
                }
                _ => tokio::time::sleep(LOOK).await,
            }
        }
    }

    async fn add(&mut self, address: IpAddr, prefix: u8) -> Result<(), NetFailure> {
        let mut request = self.handle.address().add(self.link.index, address, prefix);
        let message = request.message_mut();
        let flags = match address {
            // The kernel sends by the NIC that a socket is bound to; a route could lead the packets of others there meanwhile.
            IpAddr::V4(_) => AddressFlags::Noprefixroute,
            // IPv6 finds no way without a route.
            IpAddr::V6(_) => {
                message.header.flags |= AddressHeaderFlags::Nodad;
                AddressFlags::Nodad
            }
        };
        message.attributes.push(AddressAttribute::Flags(flags));
        self.address = Some(message.clone());
        let Err(error) = request.execute().await else { return Ok(()) };
        // One that was there before stays.
        self.address = None;
        match errno(&error) {
            Some(libc::EEXIST) => Ok(()),
            _ => Err(NetFailure::Kernel { step: format!("cannot set {address}/{prefix}"), reason: words(&error) }),
        }
    }

    /// Gives it back.
    pub async fn leave(self) {
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
