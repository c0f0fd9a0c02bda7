//! The links of the chain, and what can be wrong at each: the codes of `nbft doctor`.

use libnbft::codes;
use serde::Serialize;

/// A link of the chain from the table to the namespace, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Step {
    /// The table names a connection that can be made.
    Table,
    /// The NIC is there.
    Nic,
    /// It is up and has a carrier.
    Carrier,
    /// The VLAN is there and up.
    Vlan,
    /// It has the address.
    Address,
    /// There is a route from the address to the target.
    Route,
    /// The target's TCP port answers.
    Tcp,
    /// It answers as an NVMe/TCP controller does.
    Icreq,
    /// A discovery controller tells of subsystems.
    Discovery,
    /// The kernel has the controller, and it is live.
    Controller,
    /// The controller shows the namespace.
    Namespace,
}

impl Step {
    /// In words, for "stops at".
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Table => "the table",
            Self::Nic => "the NIC",
            Self::Carrier => "the carrier",
            Self::Vlan => "the VLAN",
            Self::Address => "the address",
            Self::Route => "the route",
            Self::Tcp => "the TCP port",
            Self::Icreq => "ICReq",
            Self::Discovery => "discovery",
            Self::Controller => "the controller",
            Self::Namespace => "the namespace",
        }
    }
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// A boot entry cannot be connected.
    EntryUnusable,
    /// No NIC has the MAC address.
    NicMissing,
    /// There is no device at the PCI address.
    NicNotPci,
    /// The device at the PCI address is no NIC.
    NicOtherDevice,
    /// The NIC at the PCI address has another MAC address.
    NicOtherMac,
    /// The driver has made no interface.
    NicNoInterface,
    /// The NIC has no driver.
    NicNoDriver,
    /// The interface is down.
    LinkDown,
    /// The interface has no carrier.
    NoCarrier,
    /// The VLAN is down.
    VlanDown,
    /// There is no such VLAN.
    VlanMissing,
    /// The plan holds no network for the path.
    PlanFault,
    /// Duplicate address detection has not ended.
    AddressTentative,
    /// Another host has the address.
    AddressDuplicate,
    /// Another interface has the address.
    AddressElsewhere,
    /// The interface has not the address.
    AddressMissing,
    /// IPv6 is switched off on the interface.
    Ipv6Off,
    /// The kernel has no IPv6.
    NoIpv6,
    /// The interface has no address by DHCP or router advertisement.
    NoAddress,
    /// The target is in another subnet, and the table names no gateway.
    NoGateway,
    /// There is no route to the target.
    NoRoute,
    /// The target refuses connections to the port.
    PortClosed,
    /// The gateway does not answer.
    GatewaySilent,
    /// Nobody answers for the address of the target.
    HostSilent,
    /// The target does not answer on the port.
    Dropped,
    /// A router says that the target cannot be reached.
    Unreachable,
    /// TCP cannot be connected for another reason.
    TcpFailed,
    /// The target does not answer ICReq.
    IcreqSilent,
    /// The target closes the connection when ICReq comes.
    IcreqClosed,
    /// Linux does not take the answer to ICReq.
    BadIcresp,
    /// Nothing has connected the target.
    NotConnected,
    /// The discovery controller lists no subsystem.
    DiscoveryEmpty,
    /// Reading the discovery log page failed.
    DiscoveryFailed,
    /// nbft connect is at work on the discovery controller.
    DiscoveryUnderWay,
    /// nbft connect has not asked the discovery controller.
    DiscoveryNotAsked,
    /// The kernel command line keeps nbft from the discovery controller.
    DiscoverySwitchedOff,
    /// The controller is not live.
    NotLive,
    /// The controller does not meet the requirements of the tables.
    Unsecured,
    /// The controller of another program is bound to no interface.
    Unbound,
    /// The kernel command line disables nbft.
    SwitchedOff,
    /// The tables give no usable host NQN and host ID.
    NoHostIdentity,
    /// The NVMe/TCP driver is not there.
    NoDriver,
    /// The controller was connected and is gone.
    ControllerGone,
    /// nbft connect failed; `reason_code` says why.
    ConnectFailed,
    /// nbft connect is at work on the path.
    ConnectUnderWay,
    /// nbft connect ended before it had connected the path.
    ConnectEnded,
    /// The subsystem has no namespace for this host.
    NamespaceMissing,
    /// The subsystem has other namespaces.
    NamespaceOther,
    /// The ANA state keeps the namespace from being used.
    NamespaceInaccessible,
    /// The kernel has made no disk of the namespace.
    NamespaceNoDisk,
}

codes!(Cause {
    EntryUnusable => "entry-unusable",
    NicMissing => "nic-missing",
    NicNotPci => "nic-no-device",
    NicOtherDevice => "nic-other-device",
    NicOtherMac => "nic-other-mac",
    NicNoInterface => "nic-no-interface",
    NicNoDriver => "nic-no-driver",
    LinkDown => "link-down",
    NoCarrier => "no-carrier",
    VlanDown => "vlan-down",
    VlanMissing => "vlan-missing",
    PlanFault => "plan-fault",
    AddressTentative => "address-tentative",
    AddressDuplicate => "address-duplicate",
    AddressElsewhere => "address-elsewhere",
    AddressMissing => "address-missing",
    Ipv6Off => "ipv6-off",
    NoIpv6 => "ipv6-missing",
    NoAddress => "no-address",
    NoGateway => "no-gateway",
    NoRoute => "no-route",
    PortClosed => "port-closed",
    GatewaySilent => "gateway-silent",
    HostSilent => "host-silent",
    Dropped => "packets-dropped",
    Unreachable => "host-unreachable",
    TcpFailed => "tcp-failed",
    IcreqSilent => "icreq-silent",
    IcreqClosed => "icreq-closed",
    BadIcresp => "bad-icresp",
    NotConnected => "not-connected",
    DiscoveryEmpty => "discovery-empty",
    DiscoveryFailed => "discovery-failed",
    DiscoveryUnderWay => "discovery-under-way",
    DiscoveryNotAsked => "discovery-not-asked",
    DiscoverySwitchedOff => "discovery-switched-off",
    NotLive => "controller-not-live",
    Unsecured => "controller-unsecured",
    Unbound => "controller-unbound",
    SwitchedOff => "switched-off",
    NoHostIdentity => "no-host-identity",
    NoDriver => "no-driver",
    ControllerGone => "controller-gone",
    ConnectFailed => "connect-failed",
    ConnectUnderWay => "connect-under-way",
    ConnectEnded => "connect-ended",
    NamespaceMissing => "namespace-missing",
    NamespaceOther => "namespace-other",
    NamespaceInaccessible => "namespace-inaccessible",
    NamespaceNoDisk => "namespace-no-disk",
});

impl Cause {
    /// The link of the chain that does not hold.
    pub(super) const fn step(self) -> Step {
        match self {
            Self::EntryUnusable => Step::Table,
            Self::NicMissing
            | Self::NicNotPci
            | Self::NicOtherDevice
            | Self::NicOtherMac
            | Self::NicNoInterface
            | Self::NicNoDriver => Step::Nic,
            Self::LinkDown | Self::NoCarrier => Step::Carrier,
            Self::VlanDown | Self::VlanMissing => Step::Vlan,
            Self::PlanFault
            | Self::AddressTentative
            | Self::AddressDuplicate
            | Self::AddressElsewhere
            | Self::AddressMissing
            | Self::Ipv6Off
            | Self::NoIpv6
            | Self::NoAddress => Step::Address,
            Self::NoGateway | Self::NoRoute => Step::Route,
            Self::PortClosed
            | Self::GatewaySilent
            | Self::HostSilent
            | Self::Dropped
            | Self::Unreachable
            | Self::TcpFailed => Step::Tcp,
            Self::IcreqSilent | Self::IcreqClosed | Self::BadIcresp => Step::Icreq,
            Self::NotConnected
            | Self::NotLive
            | Self::Unsecured
            | Self::Unbound
            | Self::SwitchedOff
            | Self::NoHostIdentity
            | Self::NoDriver
            | Self::ControllerGone
            | Self::ConnectFailed
            | Self::ConnectUnderWay
            | Self::ConnectEnded => Step::Controller,
            Self::DiscoveryEmpty
            | Self::DiscoveryFailed
            | Self::DiscoveryUnderWay
            | Self::DiscoveryNotAsked
            | Self::DiscoverySwitchedOff => Step::Discovery,
            Self::NamespaceMissing | Self::NamespaceOther | Self::NamespaceInaccessible | Self::NamespaceNoDisk => {
                Step::Namespace
            }
        }
    }
}
