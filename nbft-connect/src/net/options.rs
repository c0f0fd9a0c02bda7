//! How networks are set up, beside what the plan says.

use super::lease::Lease;
use libnbft::plan::NetworkRef;
use std::path::PathBuf;

/// How networks are set up.
#[derive(Debug, Clone)]
pub struct NetOptions {
    pub(super) root: PathBuf,
    pub(super) event_buffer: usize,
    pub(super) mtu: Option<u16>,
    /// The leases that are held already, for one who maintains the networks once they are set up.
    pub(super) maintain: Option<Vec<(NetworkRef, Lease)>>,
}

/// Holds the events of some hundred interfaces coming up at once; only what is queued takes memory.
const EVENT_BUFFER: usize = 8 << 20;

impl NetOptions {
    /// With `/sys`, `/proc` and `/run` under `root`.
    #[must_use]
    pub const fn new(root: PathBuf) -> Self {
        Self { root, event_buffer: EVENT_BUFFER, mtu: None, maintain: None }
    }

    /// Going on when all is set up: addresses are set again when they go, leases renewed when nobody else does. `leases` are
    /// those that are known to be held already.
    #[must_use]
    pub fn maintaining(mut self, leases: Vec<(NetworkRef, Lease)>) -> Self {
        self.maintain = Some(leases);
        self
    }

    /// With this MTU for every NIC, whatever a DHCP server says.
    #[must_use]
    pub const fn with_mtu(mut self, mtu: Option<u16>) -> Self {
        self.mtu = mtu;
        self
    }

    /// With room for this many bytes of netlink events. Where more come at once, the kernel's state is asked for again.
    #[must_use]
    pub const fn with_event_buffer(mut self, bytes: usize) -> Self {
        self.event_buffer = bytes;
        self
    }
}
