//! Checks the values of HFI transport infos.

use super::Checker;
use crate::address::check_server;
use crate::finding::Rule;
use crate::model::{HfiExt, HfiTcp, IpOrigin};
use crate::parse::Owner;
use crate::raw::{self, bytes_of};
use crate::subnet::{is_link_local6, same_subnet};
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr};

impl Checker<'_> {
    pub(super) fn check_interfaces(&mut self) {
        let mut default_routes = Vec::new();
        let table = self.table;
        for (hfi, offset) in table.hfis.iter().zip(&self.offsets.hfis) {
            let Some((tcp, offset)) = hfi.tcp.as_ref().zip(self.info_offset(*offset)) else { continue };
            let owner = Owner::new("HFI", hfi.index);
            self.check_nic(owner, tcp, offset);
            self.check_address(owner, tcp, offset);
            self.check_gateway(owner, tcp, offset);
            self.check_origin(owner, tcp, offset);
            if let Some((ext, ext_offset)) = tcp.ext.as_ref().zip(self.hfi_ext_offset(offset)) {
                self.check_client_id(owner, tcp, ext, ext_offset);
            }
            if let Some(ip) = tcp.ip.get().filter(|_| tcp.flags.global_route()) {
                if default_routes.contains(&ip.is_ipv4()) {
                    self.report(
                        Rule::GlobalRoutes,
                        format_args!("{owner} claims the default route, as an earlier HFI does"),
                        bytes_of!(offset, HfiTcp.flags),
                    );
                }
                default_routes.push(ip.is_ipv4());
            }
        }
    }

    fn check_nic(&mut self, owner: Owner, tcp: &HfiTcp, offset: usize) {
        let mac = bytes_of!(offset, HfiTcp.mac);
        if tcp.mac.is_zero() {
            self.report(Rule::MacZero, format_args!("{owner}: the MAC address is all zero"), mac);
        } else if tcp.mac.is_multicast() {
            self.report(Rule::MacMulticast, format_args!("{owner}: {} is a multicast MAC address", tcp.mac), mac);
        }
        if tcp.vlan.is_invalid() {
            self.report(
                Rule::VlanRange,
                format_args!("{owner}: the VLAN ID is {}; the highest is 4094", tcp.vlan.0),
                bytes_of!(offset, HfiTcp.vlan),
            );
        }
    }

    fn check_address(&mut self, owner: Owner, tcp: &HfiTcp, offset: usize) {
        let (ip, span) = (tcp.ip.raw(), bytes_of!(offset, HfiTcp.ip));
        if ip.is_unspecified() {
            self.report(Rule::AddressUnset, format_args!("{owner} has no IP address"), span);
            return;
        }
        if check_server(ip).is_err() {
            self.report(Rule::AddressUnusable, format_args!("{owner}: no interface can have the address {ip}"), span);
        }
        let (prefix, span) = (tcp.prefix, bytes_of!(offset, HfiTcp.prefix));
        let bits = if ip.is_ipv4() { 32 } else { 128 };
        if prefix > bits {
            self.report(
                Rule::PrefixLong,
                format_args!("{owner}: the prefix length of {ip} is {prefix}; the highest is {bits}"),
                span,
            );
        } else if prefix == 0 {
            let rule = if ip.is_ipv4() { Rule::Prefix4Zero } else { Rule::Prefix6Zero };
            self.report(rule, format_args!("{owner}: the prefix length of {ip} is 0"), span);
        }
    }

    fn check_gateway(&mut self, owner: Owner, tcp: &HfiTcp, offset: usize) {
        if let (Some(ip), Some(gateway)) = (tcp.ip.get(), tcp.gateway.get()) {
            let span = bytes_of!(offset, HfiTcp.gateway);
            if ip.is_ipv4() != gateway.is_ipv4() {
                self.report(
                    Rule::GatewayFamily,
                    format_args!("{owner}: the address is {ip}, the gateway {gateway}"),
                    span,
                );
            } else if on_link(tcp, gateway) == Some(false) {
                self.report(
                    Rule::GatewayOffLink,
                    format_args!("{owner}: the gateway {gateway} is not in the subnet {ip}/{}", tcp.prefix),
                    span,
                );
            }
        }
        let fields = [
            ("gateway", tcp.gateway, bytes_of!(offset, HfiTcp.gateway)),
            ("primary DNS server", tcp.primary_dns, bytes_of!(offset, HfiTcp.primary_dns)),
            ("secondary DNS server", tcp.secondary_dns, bytes_of!(offset, HfiTcp.secondary_dns)),
            ("DHCP server", tcp.dhcp_server, bytes_of!(offset, HfiTcp.dhcp_server)),
        ];
        for (name, address, span) in fields {
            if address.raw() == IpAddr::V4(Ipv4Addr::UNSPECIFIED) {
                self.report(
                    Rule::UnsetMapped,
                    format_args!("{owner}: the {name} is not set, but written as ::ffff:0.0.0.0"),
                    span,
                );
            }
        }
    }

    /// Checks that flags, IP origin and DHCP server agree on where the address came from.
    fn check_origin(&mut self, owner: Owner, tcp: &HfiTcp, offset: usize) {
        let (flags, origin, at_origin) = (tcp.flags, tcp.ip_origin, bytes_of!(offset, HfiTcp.ip_origin));
        let at_flags = bytes_of!(offset, HfiTcp.flags);
        if origin.words().is_none() {
            self.report(Rule::IpOriginUnknown, format_args!("{owner}: the IP origin is {}", origin.0), at_origin);
        } else if flags.autoconfigured() {
            if flags.dhcp_override() || origin != IpOrigin::OTHER {
                let from = if flags.dhcp_override() { "DHCP" } else { "elsewhere" };
                self.report(
                    Rule::AutoconfDhcp,
                    format_args!("{owner}: the address is marked autoconfigured, but also as coming from {from}"),
                    at_flags.clone(),
                );
            }
        } else if flags.dhcp_override() && origin != IpOrigin::DHCP && origin != IpOrigin::OTHER {
            self.report(
                Rule::DhcpOrigin,
                format_args!("{owner}: the DHCP override flag is set, but the IP origin is {origin}"),
                at_origin,
            );
        } else if !flags.dhcp_override() && origin == IpOrigin::DHCP {
            self.report(
                Rule::DhcpOrigin,
                format_args!("{owner}: the IP origin is DHCP, but the DHCP override flag is not set"),
                at_origin,
            );
        }
        if flags.dhcp_override() && !tcp.dhcp_server.is_set() {
            self.report(
                Rule::DhcpNoServer,
                format_args!("{owner}: the DHCP override flag is set, but there is no DHCP server"),
                at_flags,
            );
        } else if !flags.dhcp_override() && tcp.dhcp_server.is_set() {
            self.report(
                Rule::DhcpServerUnflagged,
                format_args!("{owner}: there is a DHCP server, but the DHCP override flag is not set"),
                bytes_of!(offset, HfiTcp.dhcp_server),
            );
        }
    }

    fn check_client_id(&mut self, owner: Owner, tcp: &HfiTcp, ext: &HfiExt, offset: usize) {
        let Some(raw) = self.raw::<raw::HfiExt>(offset) else { return };
        if !ext.flags.dhcp_client_id() {
            return;
        }
        let at_flags = bytes_of!(offset, HfiExt.flags);
        for (name, reference, span) in
            [("IAID", raw.iaid, bytes_of!(offset, HfiExt.iaid)), ("DUID", raw.duid, bytes_of!(offset, HfiExt.duid))]
        {
            if reference.length.get() == 0 {
                self.report(
                    Rule::ClientIdMissing,
                    format_args!("{owner}: the DHCP client identifier has no {name}"),
                    span,
                );
            }
        }
        if tcp.ip_origin != IpOrigin::DHCP && tcp.ip_origin.words().is_some() {
            self.report(
                Rule::ClientIdOrigin,
                format_args!("{owner}: there is a DHCP client identifier, but the IP origin is {}", tcp.ip_origin),
                at_flags,
            );
        }
        if let Some(duid) = ext.duid.as_ref().filter(|duid| !duid_is_known(duid)) {
            let span = self.object(raw.duid, bytes_of!(offset, HfiExt.duid));
            let length = duid.len();
            self.report(
                Rule::DuidSyntax,
                format_args!("{owner}: the DUID of {length} bytes is not a little-endian LLT, EN, LL or UUID"),
                span,
            );
        }
    }
}

/// Whether a DUID has a type of RFC 8415 or RFC 6355, and a length that fits it.
fn duid_is_known(duid: &[u8]) -> bool {
    let Some((kind, rest)) = duid.split_first_chunk::<2>() else { return false };
    match u16::from_le_bytes(*kind) {
        // Hardware type and time, then an address; enterprise number, then an identifier; hardware type, then an address.
        1 => rest.len() > 6,
        2 => rest.len() > 4,
        3 => rest.len() > 2,
        4 => rest.len() == 16,
        _ => false,
    }
}

/// Whether `other` is in the subnet of the HFI's address. `None` if the families differ, the HFI has no address, or its prefix
/// length is invalid. Link-local addresses are always in it, and prefix 0 of IPv6 stands for 64.
pub(super) fn on_link(tcp: &HfiTcp, other: IpAddr) -> Option<bool> {
    let ip = tcp.ip.get().filter(|ip| ip.is_ipv4() == other.is_ipv4())?;
    if is_link_local6(other) {
        return Some(true);
    }
    // A prefix of 0 does not say which IPv4 subnet it is.
    let (width, instead_of_0) = if ip.is_ipv4() { (32, None) } else { (128, Some(64)) };
    let prefix = if tcp.prefix == 0 { instead_of_0? } else { tcp.prefix };
    (prefix <= width).then(|| same_subnet(ip, other, prefix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Address;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("it is an address")
    }

    #[test]
    fn subnets() {
        for (address, prefix, other, expected) in [
            ("192.0.2.10", 24, "192.0.2.255", Some(true)),
            ("192.0.2.10", 24, "192.0.3.0", Some(false)),
            ("192.0.2.10", 31, "192.0.2.11", Some(true)),
            ("192.0.2.10", 31, "192.0.2.12", Some(false)),
            ("192.0.2.10", 32, "192.0.2.10", Some(true)),
            ("192.0.2.10", 32, "192.0.2.11", Some(false)),
            ("192.0.2.10", 1, "1.0.0.1", Some(false)),
            ("192.0.2.10", 1, "255.0.0.1", Some(true)),
            ("192.0.2.10", 0, "192.0.2.11", None),
            ("192.0.2.10", 33, "192.0.2.11", None),
            ("192.0.2.10", 24, "2001:db8::1", None),
            ("192.0.2.10", 24, "fe80::1", None),
            ("0.0.0.0", 24, "192.0.2.11", None),
            ("2001:db8::10", 64, "2001:db8::ffff", Some(true)),
            ("2001:db8::10", 64, "2001:db8:0:1::1", Some(false)),
            ("2001:db8::10", 0, "2001:db8::ffff", Some(true)),
            ("2001:db8::10", 0, "2001:db8:0:1::1", Some(false)),
            ("2001:db8::10", 128, "2001:db8::11", Some(false)),
            ("2001:db8::10", 129, "2001:db8::11", None),
            ("2001:db8::10", 64, "fe80::1", Some(true)),
            ("2001:db8::10", 64, "192.0.2.1", None),
        ] {
            let tcp = HfiTcp { ip: Address::from(ip(address)), prefix, ..HfiTcp::default() };
            assert_eq!(on_link(&tcp, ip(other)), expected, "{address}/{prefix} and {other}");
        }
    }

    #[test]
    fn duids() {
        let known = |kind: u8, length: usize| duid_is_known(&[&[kind, 0][..], &vec![1; length]].concat());
        for (kind, least) in [(1, 7), (2, 5), (3, 3)] {
            assert!(known(kind, least) && known(kind, 128) && !known(kind, least - 1), "type {kind}");
        }
        assert!(known(4, 16) && !known(4, 15) && !known(4, 17));
        assert!(
            !known(0, 16)
                && !known(5, 16)
                && !duid_is_known(&[0, 4, 1, 2])
                && !duid_is_known(&[4])
                && !duid_is_known(&[])
        );
    }
}
