//! Holds the plan in C's terms: texts end in NUL, lists are flat, and each item has everything that its functions return.

use libnbft::model::Mac;
use libnbft::plan::{DiscoveryMode, Interface, LeftOut, Link, Method, Need, Network, Plan, Policy};
use libnbft::text::escape;
use std::ffi::CString;
use std::fmt::Display;

/// A handle: the result of one call of `nbftc_open` or `nbftc_parse`.
#[derive(Debug, Default)]
pub(crate) struct Handle {
    pub(crate) message: CString,
    pub(crate) host_nqn: Option<CString>,
    pub(crate) host_id: Option<CString>,
    pub(crate) links: Vec<LinkItem>,
    pub(crate) connections: Vec<Connection>,
    pub(crate) findings: Vec<FindingItem>,
    pub(crate) left_out: Vec<LeftOutItem>,
}

/// A NIC or a VLAN on it.
#[derive(Debug)]
pub(crate) struct LinkItem {
    pub(crate) name: CString,
    pub(crate) nic_name: CString,
    pub(crate) mac: CString,
    pub(crate) pci: Option<CString>,
    pub(crate) vlan: i32,
    pub(crate) networks: Vec<NetworkItem>,
}

/// The network of one HFI.
#[derive(Debug)]
pub(crate) struct NetworkItem {
    pub(crate) table: CString,
    pub(crate) hfi: i32,
    pub(crate) method: i32,
    pub(crate) address: Option<CString>,
    pub(crate) prefix: i32,
    pub(crate) gateway: Option<CString>,
    pub(crate) default_route: bool,
    pub(crate) metric: i64,
    pub(crate) routes: Vec<RouteItem>,
    pub(crate) dns: Vec<CString>,
    pub(crate) host_name: Option<CString>,
    pub(crate) dhcp_server: Option<CString>,
    pub(crate) iaid: Option<u32>,
    pub(crate) duid: Option<Vec<u8>>,
    pub(crate) client_id: Option<Vec<u8>>,
}

/// A route of a network.
#[derive(Debug)]
pub(crate) struct RouteItem {
    pub(crate) destination: CString,
    pub(crate) prefix: i32,
    pub(crate) gateway: Option<CString>,
}

/// A controller to connect.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) discovery: i32,
    pub(crate) nqn: CString,
    pub(crate) traddr: CString,
    pub(crate) trsvcid: i32,
    pub(crate) host_iface: CString,
    pub(crate) host_traddr: Option<CString>,
    pub(crate) hdr_digest: bool,
    pub(crate) data_digest: bool,
    pub(crate) unavailable: bool,
    pub(crate) boot: bool,
    pub(crate) tls: i32,
    pub(crate) authentication: i32,
}

/// A finding in a table.
#[derive(Debug)]
pub(crate) struct FindingItem {
    pub(crate) table: CString,
    pub(crate) severity: i32,
    pub(crate) rule: CString,
    pub(crate) message: CString,
}

/// An item of the tables that is not used.
#[derive(Debug)]
pub(crate) struct LeftOutItem {
    pub(crate) what: CString,
    pub(crate) code: CString,
    pub(crate) message: CString,
    pub(crate) boot: bool,
}

/// A text for C. Control characters are escaped, including NUL, so a NUL cannot cut the text.
pub(crate) fn text(value: impl Display) -> CString {
    CString::new(escape(&value.to_string()).into_owned()).unwrap_or_default()
}

impl Handle {
    /// A handle that holds only an error message.
    pub(crate) fn failed(message: impl Display) -> Self {
        Self { message: text(message), ..Self::default() }
    }

    /// A handle with the plan's content.
    pub(crate) fn of_plan(plan: &Plan) -> Self {
        let host = plan.host.as_ref();
        let links = |nic: &Interface| nic.links.iter().map(|link| link_item(nic, link)).collect::<Vec<_>>();
        Self {
            host_nqn: host.map(|host| text(&host.nqn)),
            host_id: host.map(|host| text(host.id)),
            links: plan.interfaces.iter().flat_map(links).collect(),
            connections: connections(plan),
            left_out: plan.left_out.iter().map(left_out).collect(),
            ..Self::default()
        }
    }
}

fn link_item(nic: &Interface, link: &Link) -> LinkItem {
    LinkItem {
        name: text(&link.name),
        nic_name: text(&nic.name),
        mac: text(nic.mac),
        pci: nic.pci.map(text),
        vlan: link.vlan.map_or(0, i32::from),
        networks: link.networks.iter().map(|network| network_item(network, nic.mac)).collect(),
    }
}

fn network_item(network: &Network, mac: Mac) -> NetworkItem {
    let identity = match network.method {
        Method::Dhcp6 => Some(network.dhcp6_identity(mac)),
        _ => network.dhcp_identity(),
    };
    // RFC 4361: type 255, IAID, DUID.
    let client_id = identity.as_ref().filter(|_| network.method == Method::Dhcp4);
    let client_id = client_id.map(|(iaid, duid)| [&[255], &iaid.to_be_bytes()[..], duid].concat());
    NetworkItem {
        table: text(&network.hfi.table),
        hfi: network.hfi.index.into(),
        method: match network.method {
            Method::Static => 1,
            Method::Dhcp4 => 2,
            Method::Dhcp6 => 3,
            Method::Slaac => 4,
            _ => 0,
        },
        address: network.address.map(text),
        prefix: network.prefix.into(),
        gateway: network.gateway.map(text),
        default_route: network.default_route,
        metric: network.metric.into(),
        routes: network
            .routes
            .iter()
            .map(|route| RouteItem {
                destination: text(route.destination),
                prefix: route.prefix.into(),
                gateway: route.gateway.map(text),
            })
            .collect(),
        dns: network.dns.iter().map(text).collect(),
        host_name: network.host_name.as_ref().map(text),
        dhcp_server: network.dhcp_server.map(text),
        iaid: identity.as_ref().map(|(iaid, _)| *iaid),
        duid: identity.map(|(_, duid)| duid),
        client_id,
    }
}

fn connections(plan: &Plan) -> Vec<Connection> {
    let boots = |path: usize| plan.namespaces.iter().any(|space| space.boot && space.paths.contains(&path));
    let paths = plan.paths.iter().enumerate().map(|(number, path)| Connection {
        discovery: 0,
        nqn: text(&path.nqn),
        traddr: text(path.traddr),
        trsvcid: path.trsvcid.into(),
        host_iface: text(&path.host_iface),
        host_traddr: path.host_traddr.map(text),
        hdr_digest: path.hdr_digest,
        data_digest: path.data_digest,
        unavailable: path.unavailable,
        boot: boots(number),
        tls: need(path.security.as_ref(), |policy| policy.secure_channel.need),
        authentication: need(path.security.as_ref(), |policy| policy.authentication.need),
    });
    let controllers = plan.discovery.iter().map(|controller| Connection {
        discovery: if controller.mode == DiscoveryMode::Fallback { 2 } else { 1 },
        nqn: text(&controller.nqn),
        traddr: text(controller.traddr),
        trsvcid: controller.trsvcid.into(),
        host_iface: text(&controller.host_iface),
        host_traddr: controller.host_traddr.map(text),
        hdr_digest: false,
        data_digest: false,
        unavailable: false,
        boot: false,
        tls: need(controller.security.as_ref(), |policy| policy.secure_channel.need),
        authentication: need(controller.security.as_ref(), |policy| policy.authentication.need),
    });
    paths.chain(controllers).collect()
}

fn need(policy: Option<&Policy>, of: impl Fn(&Policy) -> Need) -> i32 {
    match policy.map_or(Need::NotSupported, of) {
        Need::NotSupported => 0,
        Need::Allowed => 1,
        Need::Required => 2,
    }
}

fn left_out(item: &LeftOut) -> LeftOutItem {
    LeftOutItem {
        what: text(format_args!("{} {}", item.origin.table, item.name())),
        code: text(item.reason.code()),
        message: text(&item.reason),
        boot: item.boot,
    }
}
