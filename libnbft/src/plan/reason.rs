//! Defines why an item of the tables or of a log page is not in the plan.

use super::limits::{MAX_DISCOVERY, MAX_LEFT_OUT, MAX_PATHS};
use super::security::PolicyError;
use super::target::NqnFault;
use crate::address::Unusable;
use crate::codes::codes;
use crate::model::Mac;
use alloc::boxed::Box;
use alloc::string::String;
use core::net::IpAddr;

/// Why an HFI, SSNS or discovery descriptor is left out. Display is a sentence whose subject is the descriptor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(tag = "code", content = "detail", rename_all = "kebab-case")
)]
#[non_exhaustive]
pub enum Reason {
    /// An HFI index that the table does not hold.
    #[error("it is not in the table")]
    HfiMissing,
    /// The table holds this HFI index twice.
    #[error("HFI index {0} is there twice: the first one is used")]
    HfiRepeated(u8),
    /// An HFI without readable transport info.
    #[error("it has no transport info that can be read")]
    TransportInfoMissing,
    /// An HFI whose MAC address is zero.
    #[error("its MAC address is zero, so no NIC can be found for it")]
    MacZero,
    /// An HFI whose MAC address is a multicast address.
    #[error("its MAC address {0} is a multicast address")]
    MacMulticast(Mac),
    /// A transport type other than NVMe/TCP.
    #[error("its transport type is {0:#x}, not NVMe/TCP")]
    TransportOther(u8),
    /// A VLAN ID outside 1-4094.
    #[error("its VLAN ID {0} is outside 1-4094")]
    VlanOutside(u16),
    /// A prefix length above the width of the address, in bits.
    #[error("its prefix length {prefix} is above {width}")]
    PrefixLong {
        /// The prefix length.
        prefix: u8,
        /// The width: 32 or 128.
        width: u8,
    },
    /// A static address that no interface can have.
    #[error("its IP address {ip} cannot be used: {why}")]
    AddressUnusable {
        /// The address.
        ip: IpAddr,
        /// Why.
        why: Unusable,
    },
    /// An SSNS without a readable subsystem NQN.
    #[error("it has no subsystem NQN that can be read")]
    NqnMissing,
    /// An SSNS with the discovery NQN.
    #[error("its NQN is the discovery NQN: an attempt of the firmware that failed before discovery")]
    NqnOfDiscovery,
    /// An NQN that cannot be passed to the kernel.
    #[error("{0}")]
    NqnUnusable(NqnFault),
    /// An SSNS without a readable transport address.
    #[error("it has no transport address that can be read")]
    TraddrMissing,
    /// A transport address that no target can have.
    #[error("its transport address {ip} cannot be used: {why}")]
    TraddrUnusable {
        /// The address.
        ip: IpAddr,
        /// Why.
        why: Unusable,
    },
    /// A transport service ID that is not a TCP port.
    #[error("its transport service ID {0:?} is not a TCP port")]
    TrsvcidUnusable(String),
    /// An SSNS without a usable HFI.
    #[error("no HFI is left over which it can be reached")]
    HfiNoneLeft,
    /// An HFI that the descriptor names and that is left out itself.
    #[error("HFI {hfi} cannot be used: {why}")]
    HfiUnusable {
        /// Index of the HFI.
        hfi: u8,
        /// Why.
        why: Box<Reason>,
    },
    /// An HFI without an address of the target's family.
    #[error("HFI {hfi} has no address of {traddr}'s family")]
    HfiOtherFamily {
        /// Index of the HFI.
        hfi: u8,
        /// The target's address.
        traddr: IpAddr,
    },
    /// No HFI has an address of the target's family.
    #[error("no HFI has an address of {0}'s family")]
    HfiNoneOfFamily(IpAddr),
    /// An HFI without a route to the target, beside one that has a route.
    #[error("HFI {hfi} has no route to {traddr} and another HFI has")]
    HfiNoRoute {
        /// Index of the HFI.
        hfi: u8,
        /// The target's address.
        traddr: IpAddr,
    },
    /// A security profile that cannot be met. The host does not connect in plaintext instead.
    #[error("{0}; it is not connected in plaintext")]
    SecurityUnmet(PolicyError),
    /// A security profile of a discovery controller that cannot be met.
    #[error("{0}; it is not asked in plaintext")]
    DiscoverySecurityUnmet(PolicyError),
    /// A discovery descriptor without a readable address.
    #[error("it has no address that can be read")]
    UriMissing,
    /// An address of a discovery descriptor that is not a URI of the form `nvme+tcp://ADDRESS[:PORT]/`.
    #[error("its address cannot be used: {0:?} is not a URI of the form nvme+tcp://ADDRESS[:PORT]/")]
    UriMalformed(String),
    /// An address of a discovery descriptor that is a host name.
    #[error("its address {0} is a name, and names are not resolved")]
    UriName(String),
    /// An address of a discovery descriptor that no target can have.
    #[error("its address {ip} cannot be used: {why}")]
    UriUnusable {
        /// The address.
        ip: IpAddr,
        /// Why.
        why: Unusable,
    },
    /// More paths than a plan accepts.
    #[error("the tables ask for more than {MAX_PATHS} paths")]
    PathsTooMany,
    /// More discovery controllers than a plan accepts.
    #[error("the tables name more than {MAX_DISCOVERY} discovery controllers")]
    DiscoveryTooMany,
    /// The last item of a list that is too long.
    #[error("left out too: the list has {MAX_LEFT_OUT} items")]
    ListFull,
}

codes!(Reason {
    HfiMissing => "hfi-missing",
    HfiRepeated => "hfi-repeated",
    TransportInfoMissing => "transport-info-missing",
    MacZero => "mac-zero",
    MacMulticast => "mac-multicast",
    TransportOther => "transport-other",
    VlanOutside => "vlan-outside",
    PrefixLong => "prefix-long",
    AddressUnusable => "address-unusable",
    NqnMissing => "nqn-missing",
    NqnOfDiscovery => "nqn-of-discovery",
    NqnUnusable => "nqn-unusable",
    TraddrMissing => "traddr-missing",
    TraddrUnusable => "traddr-unusable",
    TrsvcidUnusable => "trsvcid-unusable",
    HfiNoneLeft => "hfi-none-left",
    HfiUnusable => "hfi-unusable",
    HfiOtherFamily => "hfi-other-family",
    HfiNoneOfFamily => "hfi-none-of-family",
    HfiNoRoute => "hfi-no-route",
    SecurityUnmet => "security-unmet",
    DiscoverySecurityUnmet => "discovery-security-unmet",
    UriMissing => "uri-missing",
    UriMalformed => "uri-malformed",
    UriName => "uri-name",
    UriUnusable => "uri-unusable",
    PathsTooMany => "paths-too-many",
    DiscoveryTooMany => "discovery-too-many",
    ListFull => "list-full",
});

/// Why an entry of a discovery log page is not used. Display is a sentence whose subject is the entry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EntryReason {
    /// The tables require a secured connection to the subsystem, and the requirement cannot be met.
    #[error("{0}")]
    SecurityUnmet(PolicyError),
    /// No HFI has an address of the entry's family.
    #[error("no HFI has an address of {0}'s family")]
    HfiNoneOfFamily(IpAddr),
    /// The plan already holds the most discovered paths that it accepts.
    #[error("there are {0} discovered paths already")]
    PathsTooMany(usize),
}

codes!(EntryReason {
    SecurityUnmet => "security-unmet",
    HfiNoneOfFamily => "hfi-none-of-family",
    PathsTooMany => "paths-too-many",
});
