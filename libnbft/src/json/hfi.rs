//! Gives the HFI descriptor and its transport info their JSON form.

use super::duid_type::DuidType;
use super::error::JsonError;
use super::values::{Bit, IpText, Transport, bytes_from_hex, ignored, is_zero, word};
use crate::model::{self, Address, HfiExtFlags, HfiFlags, HfiTcpFlags, IpOrigin, Mac, PciAddress, VlanId};
use alloc::format;
use alloc::string::{String, ToString};
use serde::{Deserialize, Serialize};

/// An HFI descriptor. The keys from pcidev on are those of its NVMe/TCP transport info and are left out when it has none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(rename = "hfi", extend("required" = ["index", "transport"]))
)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Hfi {
    /// Index of the HFI.
    pub index: u8,
    /// Whether the HFI descriptor is valid. Left out when it is valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "super::schema::Clear"))]
    pub valid: Option<Bit>,
    /// Bits 1-7 of the HFI descriptor's flags, in place. Left out when 0.
    #[serde(skip_serializing_if = "is_zero")]
    pub reserved_flags: u8,
    /// Transport: tcp, or unknown with its number in transport_type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transport: Option<Transport>,
    /// Number of a transport whose name is not known. Left out otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transport_type: Option<u8>,
    /// PCI address in nvme-cli's form, which loses the segment.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"^0:[0-9a-f]{1,2}:[0-9a-f]{1,2}\.[0-7]$")))]
    pub pcidev: Option<String>,
    /// PCI address in full: segment, bus, device, function.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pci_address: Option<PciAddress>,
    /// Segment in the routing ID, when pcie_seg_num says another. Left out otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub routing_id_segment: Option<u16>,
    /// Permanent MAC address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mac_addr: Option<Mac>,
    /// VLAN ID; 0 none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vlan: Option<VlanId>,
    /// Where the address came from: 0 other, 1 manual, 2 well-known, 3 DHCP, 4 router advertisement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_origin: Option<IpOrigin>,
    /// ip_origin in words. Ignored by nbft build.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "ignored")]
    pub ip_origin_text: Option<String>,
    /// IP address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipaddr: Option<IpText>,
    /// Prefix length in bits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subnet_mask_prefix: Option<u8>,
    /// Gateway.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gateway_ipaddr: Option<IpText>,
    /// Route metric: 500 when routing is supported and no metric is configured, 0 unused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route_metric: Option<u16>,
    /// Primary DNS server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary_dns_ipaddr: Option<IpText>,
    /// Secondary DNS server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secondary_dns_ipaddr: Option<IpText>,
    /// DHCP server when dhcp_override is 1; else empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "super::schema::AddressOrEmpty"))]
    pub dhcp_server_ipaddr: Option<IpText>,
    /// DHCP server that lies in the table although dhcp_override is 0. Left out when the field is all zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dhcp_server_ipaddr_stored: Option<IpText>,
    /// Host name. Left out when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_name: Option<String>,
    /// Whether this interface held the default route.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub this_hfi_is_default_route: Option<Bit>,
    /// Whether the values came from DHCP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dhcp_override: Option<Bit>,
    /// Whether the address was autoconfigured (specification 1.1 and later).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipaddr_autoconf: Option<Bit>,
    /// PCIe segment number of a transport info of version 2 or later. Left out otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pcie_seg_num: Option<u8>,
    /// IAID of the DHCP client. Left out when there is neither it nor a DUID; 0 beside a DUID without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dhcp_iaid: Option<u32>,
    /// Whether the table has an IAID. Left out unless dhcp_iaid stands for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "super::schema::Clear"))]
    pub dhcp_iaid_present: Option<Bit>,
    /// DUID of the DHCP client in hex digits, its bytes as they lie in the table, where numbers are little endian. Left out
    /// when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"^([0-9a-f]{2})*$")))]
    pub dhcp_duid: Option<String>,
    /// Type of the DUID: DUID-LLT, DUID-EN, DUID-LL, DUID-UUID or unknown(N). Of this and the next keys each is there as far as
    /// the DUID is long enough. nbft build makes the DUID from them when dhcp_duid is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dhcp_duid_type: Option<DuidType>,
    /// Hardware type of a DUID-LLT or DUID-LL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dhcp_duid_hwtype: Option<u16>,
    /// Time of a DUID-LLT: seconds since the year 2000, modulo 4294967296.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dhcp_duid_time: Option<u32>,
    /// Link-layer address of a DUID-LLT or DUID-LL: pairs of hex digits with colons between them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"^[0-9a-f]{2}(:[0-9a-f]{2})*$")))]
    pub dhcp_duid_lladdr: Option<String>,
    /// Enterprise number of a DUID-EN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dhcp_duid_enterprise: Option<u32>,
    /// Identifier of a DUID-EN: pairs of hex digits with colons between them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"^[0-9a-f]{2}(:[0-9a-f]{2})*$")))]
    pub dhcp_duid_id: Option<String>,
    /// UUID of a DUID-UUID.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "schema",
        schemars(regex(pattern = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"))
    )]
    pub dhcp_duid_uuid: Option<String>,
    /// The whole of a DUID of an unknown type, its type too: pairs of hex digits with colons between them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"^[0-9a-f]{2}(:[0-9a-f]{2})*$")))]
    pub dhcp_duid_raw: Option<String>,
    /// Whether the transport info is valid. Left out when it is valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "super::schema::Clear"))]
    pub tcp_valid: Option<Bit>,
    /// Bits 4-7 of the transport info's flags, in place. Left out when 0.
    #[serde(skip_serializing_if = "is_zero")]
    pub tcp_reserved_flags: u8,
    /// Version of the transport info structure; 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tcp_version: Option<u8>,
    /// Transport info version: 1 for specification 1.0, 2 for 1.1 and later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tcp_info_version: Option<u8>,
    /// Index of the HFI as the transport info itself states it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tcp_hfi_index: Option<u16>,
    /// What of the HFI extended info has no key above. Left out when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extended_info: Option<HfiExt>,
}

/// What of the HFI extended info has no key above. Left out when there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(rename = "hfi_extended_info", extend("required" = ["version", "hfi_index", "dhcp_client_id"]))
)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct HfiExt {
    /// Version of the structure; 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u8>,
    /// Index of the HFI as the structure itself states it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hfi_index: Option<u16>,
    /// Whether the extended info is valid. Left out when it is valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "super::schema::Clear"))]
    pub valid: Option<Bit>,
    /// Whether IAID and DUID are there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dhcp_client_id: Option<Bit>,
    /// Bits 2-31 of the flags, in place. Left out when 0.
    #[serde(skip_serializing_if = "is_zero")]
    pub reserved_flags: u32,
}

const TCP_RESERVED: u8 = 0xf0;
const EXT_RESERVED: u32 = !HfiExtFlags::VALID.with(HfiExtFlags::DHCP_CLIENT_ID).0;

/// The `valid` key: written only if it is 0.
pub(super) fn unless_valid(valid: bool) -> Option<Bit> {
    if valid { None } else { Some(Bit(false)) }
}

impl From<&model::Hfi> for Hfi {
    fn from(hfi: &model::Hfi) -> Self {
        let (transport, transport_type) = Transport::split(hfi.transport);
        let mut json = Self {
            index: hfi.index,
            valid: unless_valid(hfi.flags.is_valid()),
            reserved_flags: hfi.flags.0 & !HfiFlags::VALID.0,
            transport,
            transport_type,
            ..Self::default()
        };
        if let Some(tcp) = &hfi.tcp {
            json.add_tcp(tcp);
        }
        json
    }
}

impl Hfi {
    fn add_tcp(&mut self, tcp: &model::HfiTcp) {
        let pci = tcp.pci();
        let routing_id_segment = (tcp.routing_id >> 16) as u16;
        let dhcp = tcp.flags.dhcp_override();
        let ip = |address| Some(IpText(Some(address)));
        self.pcidev = Some(pcidev(pci));
        self.pci_address = Some(pci);
        self.routing_id_segment = (routing_id_segment != pci.segment).then_some(routing_id_segment);
        self.mac_addr = Some(tcp.mac);
        self.vlan = Some(tcp.vlan);
        self.ip_origin = Some(tcp.ip_origin);
        self.ip_origin_text = Some(tcp.ip_origin.to_string());
        self.ipaddr = ip(tcp.ip);
        self.subnet_mask_prefix = Some(tcp.prefix);
        self.gateway_ipaddr = ip(tcp.gateway);
        self.route_metric = Some(tcp.route_metric);
        self.primary_dns_ipaddr = ip(tcp.primary_dns);
        self.secondary_dns_ipaddr = ip(tcp.secondary_dns);
        self.dhcp_server_ipaddr = Some(IpText(dhcp.then_some(tcp.dhcp_server)));
        if !dhcp && tcp.dhcp_server != Address::UNSET {
            self.dhcp_server_ipaddr_stored = ip(tcp.dhcp_server);
        }
        self.host_name = tcp.host_name.clone();
        self.this_hfi_is_default_route = Some(Bit(tcp.flags.global_route()));
        self.dhcp_override = Some(Bit(dhcp));
        self.ipaddr_autoconf = Some(Bit(tcp.flags.autoconfigured()));
        self.pcie_seg_num = (tcp.info_version >= 2 || tcp.pcie_segment != 0).then_some(tcp.pcie_segment);
        self.tcp_valid = unless_valid(tcp.flags.is_valid());
        self.tcp_reserved_flags = tcp.flags.0 & TCP_RESERVED;
        self.tcp_version = Some(tcp.version);
        self.tcp_info_version = Some(tcp.info_version);
        self.tcp_hfi_index = Some(tcp.hfi_index);
        if let Some(ext) = &tcp.ext {
            self.add_ext(ext);
        }
    }

    fn add_ext(&mut self, ext: &model::HfiExt) {
        self.dhcp_iaid = ext.iaid;
        if let Some(duid) = &ext.duid {
            if ext.iaid.is_none() {
                (self.dhcp_iaid, self.dhcp_iaid_present) = (Some(0), Some(Bit(false)));
            }
            self.add_duid(duid);
        }
        self.extended_info = Some(HfiExt {
            version: Some(ext.version),
            hfi_index: Some(ext.hfi_index),
            valid: unless_valid(ext.flags.is_valid()),
            dhcp_client_id: Some(Bit(ext.flags.dhcp_client_id())),
            reserved_flags: ext.flags.0 & EXT_RESERVED,
        });
    }

    /// Converts to the model.
    pub(super) fn model(&self) -> Result<model::Hfi, JsonError> {
        let valid = self.valid.unwrap_or(Bit(true));
        let flags = word([valid.bits(HfiFlags::VALID.0), self.reserved_flags & !HfiFlags::VALID.0]);
        Ok(model::Hfi {
            index: self.index,
            flags: HfiFlags(flags),
            transport: Transport::join(self.transport_type),
            tcp: if self.has_tcp() { Some(self.model_tcp()?) } else { None },
        })
    }

    /// Whether there is a key that only a transport info can have.
    fn has_tcp(&self) -> bool {
        let Self { index, valid, reserved_flags, transport, transport_type, .. } = self.clone();
        *self != Self { index, valid, reserved_flags, transport, transport_type, ..Self::default() }
    }

    fn model_tcp(&self) -> Result<model::HfiTcp, JsonError> {
        let ip = |text: Option<IpText>| text.and_then(|text| text.0).unwrap_or_default();
        let pci = self.pci()?;
        let segment = self.routing_id_segment.unwrap_or(pci.segment);
        let ext = self.model_ext()?;
        let newer = ext.is_some() || self.pcie_seg_num.is_some() || self.ipaddr_autoconf == Some(Bit(true));
        let flags = word([
            self.tcp_valid.unwrap_or(Bit(true)).bits(HfiTcpFlags::VALID.0),
            self.this_hfi_is_default_route.unwrap_or_default().bits(HfiTcpFlags::GLOBAL_ROUTE.0),
            self.dhcp_override.unwrap_or_default().bits(HfiTcpFlags::DHCP_OVERRIDE.0),
            self.ipaddr_autoconf.unwrap_or_default().bits(HfiTcpFlags::AUTOCONFIGURED.0),
            self.tcp_reserved_flags & TCP_RESERVED,
        ]);
        Ok(model::HfiTcp {
            version: self.tcp_version.unwrap_or(1),
            info_version: self.tcp_info_version.unwrap_or(if newer { 2 } else { 1 }),
            hfi_index: self.tcp_hfi_index.unwrap_or(self.index.into()),
            flags: HfiTcpFlags(flags),
            routing_id: word([u32::from(segment) << 16, pci.routing_id.into()]),
            mac: self.mac_addr.unwrap_or_default(),
            vlan: self.vlan.unwrap_or_default(),
            ip_origin: self.ip_origin.unwrap_or_default(),
            ip: ip(self.ipaddr),
            prefix: self.subnet_mask_prefix.unwrap_or_default(),
            gateway: ip(self.gateway_ipaddr),
            route_metric: self.route_metric.unwrap_or_default(),
            primary_dns: ip(self.primary_dns_ipaddr),
            secondary_dns: ip(self.secondary_dns_ipaddr),
            dhcp_server: ip(self.dhcp_server_ipaddr_stored.or(self.dhcp_server_ipaddr)),
            host_name: self.host_name.clone(),
            ext,
            pcie_segment: self.pcie_seg_num.unwrap_or_default(),
        })
    }

    fn pci(&self) -> Result<PciAddress, JsonError> {
        match (&self.pci_address, &self.pcidev) {
            (Some(pci), _) => Ok(*pci),
            (None, Some(text)) => text.parse().map_err(|error| JsonError::new("pcidev", format!("{error}"))),
            (None, None) => Ok(PciAddress::default()),
        }
    }

    fn model_ext(&self) -> Result<Option<model::HfiExt>, JsonError> {
        let client_id = self.dhcp_iaid.is_some() || self.dhcp_duid.is_some() || self.dhcp_duid_type.is_some();
        if self.extended_info.is_none() && !client_id {
            return Ok(None);
        }
        let json = self.extended_info.clone().unwrap_or_default();
        let duid = match &self.dhcp_duid {
            Some(text) => Some(bytes_from_hex(text).map_err(|error| JsonError::new("dhcp_duid", format!("{error}")))?),
            None => self.model_explained_duid()?,
        };
        let flags = word([
            json.valid.unwrap_or(Bit(true)).bits(HfiExtFlags::VALID.0),
            json.dhcp_client_id.unwrap_or(Bit(client_id)).bits(HfiExtFlags::DHCP_CLIENT_ID.0),
            json.reserved_flags & EXT_RESERVED,
        ]);
        Ok(Some(model::HfiExt {
            version: json.version.unwrap_or(1),
            hfi_index: json.hfi_index.unwrap_or(self.index.into()),
            flags: HfiExtFlags(flags),
            iaid: self.dhcp_iaid.filter(|_| self.dhcp_iaid_present != Some(Bit(false))),
            duid,
        }))
    }
}

/// The PCI address in nvme-cli's form, whose segment is always 0.
fn pcidev(pci: PciAddress) -> String {
    format!("0:{:x}:{:x}.{:x}", pci.bus(), pci.device(), pci.function())
}
