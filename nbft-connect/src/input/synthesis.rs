//! Builds a table in place of a missing one, from the kernel's command line and the answers of DHCP servers.

use super::request::{NicName, NicRequest, Request, Target};
use libnbft::model::{
    Address, Discovery, DiscoveryFlags, Hfi, HfiFlags, HfiTcp, HfiTcpFlags, Host, HostFlags, IpOrigin, Mac, Nid,
    NidType, Nqn, PciAddress, Ssns, SsnsFlags, SsnsTransportFlags, Table, TransportType, Uuid, VlanId,
};
use libnbft::plan::Method;
use libnbft::text::DiscoveryUri;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

/// Where built [`Table`]s are stored, so that each later command uses the same one.
pub(crate) const BUILT_TABLES: &str = "/run/nbft/tables";

/// File of the table, and so its name in reports.
pub(crate) const BUILT_TABLE: &str = "NBFT-cmdline";

/// A NIC that is there.
#[derive(Debug, Clone)]
pub(crate) struct FoundNic {
    pub(crate) mac: Mac,
    /// The name of its interface, if it has one.
    pub(crate) name: Option<String>,
    /// What a DHCP server has granted; it is requested again later.
    pub(crate) leased: Option<Leased>,
}

/// An address that a DHCP server has granted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Leased {
    pub(crate) address: IpAddr,
    pub(crate) prefix: u8,
    pub(crate) server: IpAddr,
}

impl FoundNic {
    pub(crate) fn is(&self, wanted: &NicName) -> bool {
        wanted.is(self.mac, self.name.as_deref())
    }
}

/// The NICs of a request as far as sysfs knows them now: all, or `None`.
pub(crate) fn known_nics(request: &Request, root: &Path) -> Option<Vec<FoundNic>> {
    let of_interface = |name: &str| {
        let text = fs::read_to_string(root.join("sys/class/net").join(name).join("address")).ok()?;
        text.trim().parse().ok()
    };
    let found = |wanted: &NicRequest| match &wanted.nic {
        NicName::Mac(mac) => Some(FoundNic { mac: *mac, name: None, leased: None }),
        NicName::Interface(name) => Some(FoundNic { mac: of_interface(name)?, name: Some(name.clone()), leased: None }),
    };
    let complete = !request.by_root_path && !request.nics.is_empty();
    if complete { request.nics.iter().map(found).collect() } else { None }
}

/// The table of these targets over these NICs. Without `nics` of the request each NIC is used, by DHCP or SLAAC.
pub(crate) fn table(targets: &[Target], requested: &[NicRequest], found: &[FoundNic], root: &Path) -> Table {
    let mut table = Table::default();
    (table.header.major, table.header.minor) = (1, 1);
    (table.control.major, table.control.flags) = (1, 1);
    table.host = host(root);
    let mut networks = Networks { table, nics: Vec::new() };
    if requested.is_empty() {
        for nic in found {
            let plain =
                NicRequest { nic: NicName::Mac(nic.mac), vlan: None, address: None, gateway: None, method: None };
            networks.add(&plain, nic, targets, root);
        }
    }
    for wanted in requested {
        if let Some(nic) = found.iter().find(|nic| nic.is(&wanted.nic)) {
            networks.add(wanted, nic, targets, root);
        }
    }
    for target in targets {
        networks.add_target(target);
    }
    networks.table
}

/// The table, and the NIC of each HFI.
struct Networks {
    table: Table,
    nics: Vec<FoundNic>,
}

impl Networks {
    /// Adds the HFIs of a NIC: one with its static address, or one for each family of the targets.
    fn add(&mut self, wanted: &NicRequest, nic: &FoundNic, targets: &[Target], root: &Path) {
        let of_nic = || targets.iter().filter(|target| target.nic.as_ref().is_none_or(|wanted| nic.is(wanted)));
        if let Some((address, _)) = wanted.address {
            self.push(wanted, nic, address, Method::Static, root);
            return;
        }
        let has = |ipv6: bool| of_nic().any(|target| target.address.is_ipv6() == ipv6);
        if has(false) && !matches!(wanted.method, Some(Method::Dhcp6 | Method::Slaac)) {
            let leased = nic
                .leased
                .filter(|_| wanted.vlan.is_none())
                .map_or(Ipv4Addr::UNSPECIFIED.into(), |leased| leased.address);
            self.push(wanted, nic, leased, Method::Dhcp4, root);
        }
        if has(true) && wanted.method != Some(Method::Dhcp4) {
            let method = wanted.method.unwrap_or(Method::Slaac);
            self.push(wanted, nic, Ipv6Addr::UNSPECIFIED.into(), method, root);
        }
    }

    fn push(&mut self, wanted: &NicRequest, nic: &FoundNic, address: IpAddr, method: Method, root: &Path) {
        // An index has a byte, and 0 means none.
        let Ok(index @ 1..) = u8::try_from(self.table.hfis.len() + 1) else { return };
        let (flag, origin) = match method {
            Method::Static => (HfiTcpFlags::GLOBAL_ROUTE, IpOrigin::MANUAL),
            Method::Slaac => (HfiTcpFlags::AUTOCONFIGURED, IpOrigin::ROUTER_ADVERTISEMENT),
            _ => (HfiTcpFlags::DHCP_OVERRIDE, IpOrigin::DHCP),
        };
        let mut tcp = HfiTcp::default();
        (tcp.version, tcp.info_version, tcp.hfi_index) = (1, 1, index.into());
        (tcp.flags, tcp.ip_origin) = (HfiTcpFlags::VALID.with(flag), origin);
        (tcp.mac, tcp.vlan) = (nic.mac, VlanId(wanted.vlan.unwrap_or(0)));
        let pci = nic.name.as_ref().and_then(|name| pci(root, name)).unwrap_or_default();
        tcp.routing_id = u32::from(pci.segment) << 16 | u32::from(pci.routing_id);
        tcp.ip = Address::from(address);
        // The search asked without a VLAN, so its lease belongs to another network.
        let leased = nic.leased.filter(|_| method == Method::Dhcp4 && wanted.vlan.is_none());
        tcp.prefix = wanted.address.map(|(_, prefix)| prefix).or(leased.map(|leased| leased.prefix)).unwrap_or(0);
        tcp.dhcp_server = leased.map_or(Address::UNSET, |leased| leased.server.into());
        tcp.gateway = wanted.gateway.map_or(Address::UNSET, Address::from);
        let mut hfi = Hfi::default();
        (hfi.index, hfi.flags, hfi.transport, hfi.tcp) = (index, HfiFlags::VALID, TransportType::TCP, Some(tcp));
        self.table.hfis.push(hfi);
        self.nics.push(nic.clone());
    }

    fn add_target(&mut self, target: &Target) {
        let of_family =
            |hfi: &Hfi| hfi.tcp.as_ref().is_some_and(|tcp| tcp.ip.raw().is_ipv6() == target.address.is_ipv6());
        let hfis = self.table.hfis.iter().zip(&self.nics);
        let usable =
            hfis.filter(|(hfi, nic)| of_family(hfi) && target.nic.as_ref().is_none_or(|wanted| nic.is(wanted)));
        let hfis: Vec<u8> = usable.map(|(hfi, _)| hfi.index).collect();
        if target.path.nqn.is_discovery() {
            hfis.iter().for_each(|hfi| self.add_discovery(target, *hfi));
        } else {
            self.add_subsystem(target, &hfis);
        }
    }

    fn add_discovery(&mut self, target: &Target, hfi: u8) {
        let Ok(index @ 1..) = u8::try_from(self.table.discovery.len() + 1) else { return };
        let uri = DiscoveryUri { address: target.address.into(), port: target.path.port_or_default() };
        let mut discovery = Discovery::default();
        (discovery.index, discovery.flags, discovery.hfi) = (index, DiscoveryFlags::VALID, hfi);
        discovery.uri = Some(uri.to_string());
        self.table.discovery.push(discovery);
    }

    fn add_subsystem(&mut self, target: &Target, hfis: &[u8]) {
        let Ok(index @ 1..) = u8::try_from(self.table.ssns.len() + 1) else { return };
        let mut ssns = Ssns::default();
        (ssns.index, ssns.flags, ssns.transport) = (index.into(), SsnsFlags::VALID, TransportType::TCP);
        ssns.transport_flags = transport_flags(target);
        ssns.traddr = Some(target.address.into());
        ssns.trsvcid = Some(target.path.port_or_default().to_string());
        ssns.nqn = Some(Nqn(target.path.nqn.0.clone()));
        ssns.nsid = target.nsid;
        (ssns.nid_type, ssns.nid) = nid_field(target);
        if let Some((first, others)) = hfis.split_first() {
            (ssns.primary_hfi, ssns.secondary_hfis) = (*first, others.to_vec());
        }
        self.table.ssns.push(ssns);
    }
}

/// Digests.
fn transport_flags(target: &Target) -> SsnsTransportFlags {
    let header = (target.header_digest, SsnsTransportFlags::HEADER_DIGEST);
    let data = (target.data_digest, SsnsTransportFlags::DATA_DIGEST);
    let wanted = [header, data].into_iter().filter(|(wanted, _)| *wanted);
    wanted.fold(SsnsTransportFlags::IN_USE, |flags, (_, flag)| flags.with(flag))
}

/// The namespace's identifier as a table holds it: its type and 16 bytes.
fn nid_field(target: &Target) -> (NidType, [u8; 16]) {
    let mut field = [0; 16];
    match target.path.nid() {
        Some(Nid::Uuid(uuid)) => (NidType::UUID, uuid.0),
        Some(Nid::Nguid(bytes)) => (NidType::NGUID, bytes),
        Some(Nid::Eui64(bytes)) => {
            field[..8].copy_from_slice(&bytes);
            (NidType::EUI64, field)
        }
        _ => (NidType::NONE, field),
    }
}

/// The host as the machine's UUID names it (NVMe Base Specification, NVMe Qualified Names).
fn host(root: &Path) -> Option<Host> {
    let text = fs::read_to_string(root.join("sys/class/dmi/id/product_uuid")).ok()?;
    let id: Uuid = text.trim().to_ascii_lowercase().parse().ok()?;
    if id.is_placeholder() {
        return None;
    }
    let mut host = Host::default();
    (host.flags, host.id) = (HostFlags::VALID, id);
    host.nqn = Some(Nqn(format!("nqn.2014-08.org.nvmexpress:uuid:{id}")));
    Some(host)
}

/// The PCI address of an interface's NIC; a virtio NIC is a device under the PCI device.
fn pci(root: &Path, name: &str) -> Option<PciAddress> {
    let device = fs::canonicalize(root.join("sys/class/net").join(name).join("device")).ok()?;
    device.components().rev().find_map(|part| part.as_os_str().to_str()?.parse().ok())
}
