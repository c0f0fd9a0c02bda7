//! Identifies the link and the planned network that a request to the kernel is for.

use libnbft::plan::{Network, NetworkRef};

/// A link as the kernel has it.
#[derive(Debug, Clone, Copy)]
pub(super) struct LinkId<'a> {
    pub(super) index: u32,
    pub(super) name: &'a str,
}

/// A network on the link that the kernel has for it.
#[derive(Debug, Clone, Copy)]
pub(super) struct LinkNetwork<'a> {
    /// Its place in the plan.
    pub(super) at: NetworkRef,
    /// As the plan or a lease has it.
    pub(super) network: &'a Network,
    pub(super) link: LinkId<'a>,
}

impl<'a> LinkNetwork<'a> {
    /// The same place with another address and other routes.
    pub(super) const fn with<'n>(self, network: &'n Network) -> LinkNetwork<'n>
    where
        'a: 'n,
    {
        LinkNetwork { network, ..self }
    }
}
