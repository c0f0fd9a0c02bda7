//! Makes a scenario's ACPI tables: those of real firmware, or ones that libnbft's writer makes from a few fields.

use super::target::{Target, numbered, numbered_uuid};
use super::yes;
use crate::scenario::wires::{WIRES, mac};
use crate::tools::error::{At, Error, Result};
use crate::tools::place::Place;
use libnbft::model::{
    Address, Control, DISCOVERY_NQN, Discovery, DiscoveryFlags, Header, Hfi, HfiFlags, HfiTcp, HfiTcpFlags, Host,
    HostFlags, IpOrigin, NidType, Nqn, PciAddress, SecretType, SecurityFlags, SecurityProfile, Ssns, SsnsFlags,
    SsnsTransportFlags, TransportType, VlanId,
};
use serde::Deserialize;
use serde_json::Value;
use std::fmt::Display;
use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

/// A table.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Table {
    /// The name of a table of real firmware in `testdata/firmware/`; the other keys are then ignored.
    pub firmware: Option<String>,
    /// Host NQN; the lab's by default.
    pub hostnqn: String,
    /// Host ID; the lab's by default.
    pub hostid: String,
    /// Host fabric interfaces; they are numbered from 1.
    pub hfi: Vec<HfiSpec>,
    /// Subsystems and namespaces, numbered from 1. One item may stand for several entries; [`Table::all_ssns`] expands it.
    pub ssns: Vec<SsnsSpec>,
    /// Discovery controllers; they are numbered from 1.
    pub discovery: Vec<DiscoverySpec>,
    /// Security profiles; they are numbered from 1.
    pub security: Vec<SecuritySpec>,
}

/// A security profile.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SecuritySpec {
    /// In-band authentication: 0 not supported, 1 supported, 2 required.
    pub authentication: u16,
    /// The secure channel, with the same values.
    pub secure_channel: u16,
    /// The only allowed cipher suites of the secure channel, by number.
    pub ciphers: Option<Vec<u16>>,
    /// The only allowed hash functions, by identifier.
    pub hashes: Option<Vec<u8>>,
    /// The only allowed key exchange groups, by identifier.
    pub groups: Option<Vec<u8>>,
    /// The secret keypath: where a Redfish service keeps the secrets.
    pub redfish: Option<String>,
}

/// A discovery controller.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiscoverySpec {
    /// Its URI.
    pub uri: String,
    /// The HFI.
    pub hfi: u8,
    /// Its NQN, if it is not the well-known one.
    pub nqn: Option<String>,
    /// Its security profile; 0 for none.
    #[serde(default)]
    pub security: u8,
}

/// A host fabric interface.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HfiSpec {
    /// The wire of its NIC.
    #[serde(default = "first_wire")]
    pub wire: String,
    /// Address and prefix length; none by default.
    pub ip: Option<String>,
    /// Gateway.
    pub gateway: Option<IpAddr>,
    /// Whether a gateway holds the default route.
    #[serde(default = "yes")]
    pub default_route: bool,
    /// VLAN.
    #[serde(default)]
    pub vlan: u16,
    /// Whether the address came by DHCP.
    #[serde(default)]
    pub dhcp: bool,
    /// Whether the address came by a router advertisement.
    #[serde(default)]
    pub autoconf: bool,
}

/// A subsystem and its namespace. By default, fields have the values of the default target.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SsnsSpec {
    /// Address and port.
    pub at: SocketAddr,
    /// The number of consecutive ports, with an entry for each.
    #[serde(default = "one")]
    pub ports: u16,
    /// The number of subsystems at the port, with an entry for each, named by [`numbered`].
    #[serde(default = "one")]
    pub subsystems: u16,
    /// HFIs, the primary one first.
    pub hfis: Vec<u8>,
    /// Subsystem NQN.
    pub nqn: Option<String>,
    /// Namespace ID.
    pub nsid: Option<u32>,
    /// Namespace UUID.
    pub uuid: Option<String>,
    /// Marked unavailable by firmware.
    #[serde(default)]
    pub unavailable: bool,
    /// Not for booting.
    #[serde(default)]
    pub non_bootable: bool,
    /// The discovery controller that listed it.
    #[serde(default)]
    pub discovery: u8,
    /// Whether firmware's attempt failed before discovery: the entry has no namespace, and the discovery controller's address and NQN.
    #[serde(default)]
    pub attempt: bool,
    /// Header digests required.
    #[serde(default)]
    pub header_digest: bool,
    /// Data digests required.
    #[serde(default)]
    pub data_digest: bool,
    /// Its security profile; 0 for none.
    #[serde(default)]
    pub security: u8,
}

impl Table {
    /// Each entry for a subsystem, in order.
    pub fn all_ssns(&self) -> impl Iterator<Item = SsnsSpec> {
        self.ssns.iter().flat_map(SsnsSpec::each)
    }

    /// Writes the table into `dir`.
    pub fn write(&self, place: &Place, number: usize, dir: &Path) -> Result<PathBuf> {
        let path = dir.join(format!("table{number}.bin"));
        let bytes = match &self.firmware {
            Some(name) => {
                let source = place.firmware(name, "bin");
                fs::read(&source).at(&source)?
            }
            None => libnbft::write(&self.model()?).map_err(bad)?,
        };
        fs::write(&path, bytes).at(&path)?;
        Ok(path)
    }

    /// The JSON that another program (nvme-cli) printed for the table.
    pub fn json(&self, place: &Place) -> Result<Value> {
        let name = self.firmware.as_deref().ok_or_else(|| bad("as_json is for tables of real firmware"))?;
        let path = place.firmware(name, "json");
        let text = fs::read_to_string(&path).at(&path)?;
        serde_json::from_str(&text).map_err(|e| Error::Scenario { path, message: e.to_string() })
    }

    fn model(&self) -> Result<libnbft::model::Table> {
        let mut header = Header::default();
        (header.major, header.minor, header.creator_id.0) = (1, 0, *b"LAB ");
        let mut control = Control::default();
        (control.major, control.flags) = (1, 1);
        let mut host = Host::default();
        host.flags = HostFlags::VALID.with(HostFlags::HOST_ID_CONFIGURED).with(HostFlags::HOST_NQN_CONFIGURED);
        host.id = self.hostid.parse().map_err(bad)?;
        host.nqn = Some(Nqn(self.hostnqn.clone()));
        let mut table = libnbft::model::Table::default();
        (table.header, table.control, table.host) = (header, control, Some(host));
        table.hfis = (1..).zip(&self.hfi).map(|(index, spec)| spec.model(index)).collect::<Result<_>>()?;
        table.ssns = (1..).zip(self.all_ssns()).map(|(index, spec)| spec.model(index)).collect::<Result<_>>()?;
        table.security = (1..).zip(&self.security).map(|(index, spec)| spec.model(index)).collect();
        table.discovery = (1..).zip(&self.discovery).map(|(index, spec)| spec.model(index)).collect();
        Ok(table)
    }
}

fn first_wire() -> String {
    WIRES[0].0.to_owned()
}

const fn one() -> u16 {
    1
}

fn bad(why: impl Display) -> Error {
    Error::Scenario { path: "tables".into(), message: why.to_string() }
}

impl HfiSpec {
    fn model(&self, index: u8) -> Result<Hfi> {
        let slot = WIRES.iter().zip(3..).find(|((name, _), _)| *name == self.wire).map(|(_, slot)| slot);
        let slot = slot.ok_or_else(|| bad(format!("there is no wire {}", self.wire)))?;
        let mut tcp = HfiTcp::default();
        (tcp.version, tcp.info_version, tcp.hfi_index, tcp.flags) = (1, 1, u16::from(index), HfiTcpFlags::VALID);
        tcp.routing_id = u32::from(PciAddress::new(0, 0, slot, 0).routing_id);
        tcp.mac = mac(&self.wire, 2).parse().map_err(bad)?;
        tcp.vlan = VlanId(self.vlan);
        tcp.ip_origin = if self.dhcp { IpOrigin::DHCP } else { IpOrigin::MANUAL };
        if self.autoconf {
            tcp.ip_origin = IpOrigin::ROUTER_ADVERTISEMENT;
        }
        if self.dhcp {
            tcp.flags = tcp.flags.with(HfiTcpFlags::DHCP_OVERRIDE);
        }
        if let Some(text) = &self.ip {
            let (ip, prefix) = text.split_once('/').ok_or_else(|| bad(format!("{text}: no prefix length")))?;
            tcp.ip = Address::from(ip.parse::<IpAddr>().map_err(bad)?);
            tcp.prefix = prefix.parse().map_err(bad)?;
        }
        if let Some(gateway) = self.gateway {
            tcp.gateway = Address::from(gateway);
            tcp.route_metric = 500;
            if self.default_route {
                tcp.flags = tcp.flags.with(HfiTcpFlags::GLOBAL_ROUTE);
            }
        }
        let mut hfi = Hfi::default();
        (hfi.index, hfi.flags, hfi.transport, hfi.tcp) = (index, HfiFlags::VALID, TransportType::TCP, Some(tcp));
        Ok(hfi)
    }
}

impl DiscoverySpec {
    fn model(&self, index: u8) -> Discovery {
        let mut discovery = Discovery::default();
        (discovery.index, discovery.flags, discovery.hfi) = (index, DiscoveryFlags::VALID, self.hfi);
        discovery.uri = Some(self.uri.clone());
        discovery.nqn = self.nqn.clone().map(Nqn);
        discovery.security = self.security;
        discovery
    }
}

impl SecuritySpec {
    fn model(&self, index: u8) -> SecurityProfile {
        // Bits 1-2 and 5-6.
        let mut flags = SecurityFlags::VALID
            .with(SecurityFlags(self.authentication << 1))
            .with(SecurityFlags(self.secure_channel << 5));
        if self.hashes.is_some() {
            flags = flags.with(SecurityFlags::HASHES_RESTRICTED);
        }
        if self.ciphers.is_some() {
            flags = flags.with(SecurityFlags::CIPHER_SUITES_RESTRICTED);
        }
        if self.groups.is_some() {
            flags = flags.with(SecurityFlags::KX_GROUPS_RESTRICTED);
        }
        let mut profile = SecurityProfile::default();
        (profile.index, profile.flags) = (index, flags);
        profile.cipher_suites = self.ciphers.clone();
        (profile.hashes, profile.kx_groups) = (self.hashes.clone(), self.groups.clone());
        if let Some(keypath) = &self.redfish {
            (profile.secret_type, profile.secret_keypath) = (SecretType::REDFISH, Some(keypath.clone()));
        }
        profile
    }
}

impl SsnsSpec {
    /// The entries for which this item stands.
    fn each(&self) -> impl Iterator<Item = Self> {
        let single = Self { ports: 1, subsystems: 1, ..self.clone() };
        (0..self.subsystems).flat_map(move |number| {
            let mut spec = single.clone();
            if number > 0 {
                let usual = Target::default();
                let (nqn, uuid) = (spec.nqn.unwrap_or(usual.nqn), spec.uuid.unwrap_or(usual.uuid));
                (spec.nqn, spec.uuid) = (Some(numbered(&nqn, number)), Some(numbered_uuid(&uuid, number)));
            }
            let first = spec.at.port();
            (first..first + self.ports).map(move |port| {
                let mut spec = spec.clone();
                spec.at.set_port(port);
                spec
            })
        })
    }

    fn model(&self, index: u16) -> Result<Ssns> {
        let usual = Target::default();
        let mut ssns = Ssns::default();
        let mut flags = SsnsFlags::VALID;
        if self.unavailable {
            // Bits 7-8: the value 2 means unavailable.
            flags = flags.with(SsnsFlags(2 << 7));
        }
        if self.non_bootable {
            flags = flags.with(SsnsFlags::NON_BOOTABLE);
        }
        if self.security != 0 {
            flags = flags.with(SsnsFlags::USE_SECURITY);
        }
        let mut transport = SsnsTransportFlags::IN_USE;
        for (wanted, flag) in [
            (self.header_digest, SsnsTransportFlags::HEADER_DIGEST),
            (self.data_digest, SsnsTransportFlags::DATA_DIGEST),
        ] {
            if wanted {
                transport = transport.with(flag);
            }
        }
        (ssns.index, ssns.flags, ssns.transport, ssns.transport_flags) = (index, flags, TransportType::TCP, transport);
        ssns.traddr = Some(Address::from(self.at.ip()));
        ssns.trsvcid = Some(self.at.port().to_string());
        ssns.nsid = self.nsid.unwrap_or(usual.nsid);
        ssns.nid_type = NidType::UUID;
        let uuid: libnbft::model::Uuid = self.uuid.as_ref().unwrap_or(&usual.uuid).parse().map_err(bad)?;
        ssns.nid = uuid.0;
        let (primary, secondary) = self.hfis.split_first().ok_or_else(|| bad("an SSNS without an HFI"))?;
        (ssns.primary_hfi, ssns.secondary_hfis) = (*primary, secondary.to_vec());
        ssns.nqn = Some(Nqn(self.nqn.clone().unwrap_or(usual.nqn)));
        (ssns.primary_discovery, ssns.security) = (self.discovery, self.security);
        if self.attempt {
            (ssns.nsid, ssns.nid_type, ssns.nid) = (0, NidType::NONE, [0; 16]);
            ssns.nqn = Some(Nqn(DISCOVERY_NQN.into()));
        }
        Ok(ssns)
    }
}
