//! Options for setting up networks, beside the plan.

use super::lease::Lease;
use crate::dhcp_options::ClientOptions;
use libnbft::plan::NetworkRef;
use std::path::PathBuf;

/// Options for setting up networks.
#[derive(Debug, Clone)]
pub struct NetOptions {
    pub(super) root: PathBuf,
    pub(super) event_buffer: usize,
    pub(super) mtu: Option<u16>,
    pub(super) keeps_names: bool,
    /// What the DHCP client tells servers about itself.
    pub(super) client: ClientOptions,
    /// Maintain the networks once they are set up; these leases are held already.
    pub(super) maintain: Option<Vec<(NetworkRef, Lease)>>,
}

/// Bytes that hold the events of some hundred interfaces that come up at once. Only queued events take memory.
const EVENT_BUFFER: usize = 8 << 20;

impl NetOptions {
    /// Reads and writes `/sys`, `/proc` and `/run` under `root`.
    #[must_use]
    pub fn new(root: PathBuf) -> Self {
        Self {
            root,
            event_buffer: EVENT_BUFFER,
            mtu: None,
            keeps_names: false,
            client: ClientOptions::default(),
            maintain: None,
        }
    }

    /// Maintains the networks once they are set up: sets addresses again that are removed, and renews leases unless a network
    /// manager does. `leases` are known to be held already.
    #[must_use]
    pub fn maintaining(mut self, leases: Vec<(NetworkRef, Lease)>) -> Self {
        self.maintain = Some(leases);
        self
    }

    /// Sets this MTU on every NIC, whatever a DHCP server says.
    #[must_use]
    pub const fn with_mtu(mut self, mtu: Option<u16>) -> Self {
        self.mtu = mtu;
        self
    }

    /// Leaves the NICs the names that the kernel and udev gave them; a VLAN is named after its NIC.
    #[must_use]
    pub const fn keeping_names(mut self, keeps_names: bool) -> Self {
        self.keeps_names = keeps_names;
        self
    }

    /// Sends these options to DHCP servers.
    #[must_use]
    pub fn with_client_options(mut self, client: ClientOptions) -> Self {
        self.client = client;
        self
    }

    /// Makes room for this many bytes of netlink events. When more come at once, the kernel's state is read again.
    #[must_use]
    pub const fn with_event_buffer(mut self, bytes: usize) -> Self {
        self.event_buffer = bytes;
        self
    }
}
