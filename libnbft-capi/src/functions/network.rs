//! Reads the fields of a link, a network and a route.

use super::{bytes, optional, reference};
use crate::declare::api;
use crate::items::{LinkItem, NetworkItem, RouteItem};
use crate::load::Code;
use std::ffi::c_char;
use std::ptr::null;

api! {
    NETWORK:
    /// The name that nbft gives the link: nbft0, or nbft0.100 for VLAN 100.
    fn nbftc_link_name(link: *const LinkItem = "const struct nbftc_link *") -> *const c_char = "const char *", else null(); {
        reference(link).map_or(null(), |of| of.name.as_ptr())
    }

    /// The name that nbft gives the NIC: the parent of a VLAN, else the same as the link's name.
    fn nbftc_link_nic_name(link: *const LinkItem = "const struct nbftc_link *") -> *const c_char = "const char *", else null(); {
        reference(link).map_or(null(), |of| of.nic_name.as_ptr())
    }

    /// The MAC address of the NIC, in lower case with colons. A VLAN has it from the NIC.
    fn nbftc_link_mac(link: *const LinkItem = "const struct nbftc_link *") -> *const c_char = "const char *", else null(); {
        reference(link).map_or(null(), |of| of.mac.as_ptr())
    }

    /// The PCI address of the NIC (0000:03:00.1); null if the table has none.
    fn nbftc_link_pci(link: *const LinkItem = "const struct nbftc_link *") -> *const c_char = "const char *", else null(); {
        optional(reference(link).and_then(|of| of.pci.as_ref()))
    }

    /// The VLAN ID, 1 to 4094; 0 if the link is the NIC itself.
    fn nbftc_link_vlan(link: *const LinkItem = "const struct nbftc_link *") -> i32 = "int", else Code::Internal.number(); {
        reference(link).map_or(Code::Argument.number(), |of| of.vlan)
    }

    /// The number of networks of a link, one for each HFI; 0 for a null pointer.
    fn nbftc_link_network_count(link: *const LinkItem = "const struct nbftc_link *") -> usize = "size_t", else 0; {
        reference(link).map_or(0, |of| of.networks.len())
    }

    /// One of the networks of a link, one for each HFI; null if `index` is out of range.
    fn nbftc_link_network(link: *const LinkItem = "const struct nbftc_link *", index: usize = "size_t") -> *const NetworkItem = "const struct nbftc_network *", else null(); {
        reference(link).and_then(|of| of.networks.get(index)).map_or(null(), std::ptr::from_ref)
    }

    /// The name of the table: NBFT, NBFT1, ...
    fn nbftc_network_table(network: *const NetworkItem = "const struct nbftc_network *") -> *const c_char = "const char *", else null(); {
        reference(network).map_or(null(), |of| of.table.as_ptr())
    }

    /// The index of the HFI in its table.
    fn nbftc_network_hfi(network: *const NetworkItem = "const struct nbftc_network *") -> i32 = "int", else Code::Internal.number(); {
        reference(network).map_or(Code::Argument.number(), |of| of.hfi)
    }

    /// How the address is obtained: one of NBFTC_METHOD_*.
    fn nbftc_network_method(network: *const NetworkItem = "const struct nbftc_network *") -> i32 = "int", else Code::Internal.number(); {
        reference(network).map_or(Code::Argument.number(), |of| of.method)
    }

    /// The table's IP address; null if there is none. With another method than static, it is what firmware had.
    fn nbftc_network_address(network: *const NetworkItem = "const struct nbftc_network *") -> *const c_char = "const char *", else null(); {
        optional(reference(network).and_then(|of| of.address.as_ref()))
    }

    /// The prefix length in bits.
    fn nbftc_network_prefix(network: *const NetworkItem = "const struct nbftc_network *") -> i32 = "int", else Code::Internal.number(); {
        reference(network).map_or(Code::Argument.number(), |of| of.prefix)
    }

    /// The gateway; null if there is none.
    fn nbftc_network_gateway(network: *const NetworkItem = "const struct nbftc_network *") -> *const c_char = "const char *", else null(); {
        optional(reference(network).and_then(|of| of.gateway.as_ref()))
    }

    /// 1 if the default route goes through the gateway, else 0.
    fn nbftc_network_default_route(network: *const NetworkItem = "const struct nbftc_network *") -> i32 = "int", else Code::Internal.number(); {
        reference(network).map_or(Code::Argument.number(), |of| of.default_route.into())
    }

    /// The metric of the routes; it rises in the order of the HFIs.
    fn nbftc_network_metric(network: *const NetworkItem = "const struct nbftc_network *") -> i64 = "int64_t", else Code::Internal.number().into(); {
        reference(network).map_or(i64::from(Code::Argument.number()), |of| of.metric)
    }

    /// The number of routes beyond the connected one, default route last; 0 for a null pointer.
    fn nbftc_network_route_count(network: *const NetworkItem = "const struct nbftc_network *") -> usize = "size_t", else 0; {
        reference(network).map_or(0, |of| of.routes.len())
    }

    /// One of the routes beyond the connected one, default route last; null if `index` is out of range.
    fn nbftc_network_route(network: *const NetworkItem = "const struct nbftc_network *", index: usize = "size_t") -> *const RouteItem = "const struct nbftc_route *", else null(); {
        reference(network).and_then(|of| of.routes.get(index)).map_or(null(), std::ptr::from_ref)
    }

    /// The number of DNS servers; 0 for a null pointer.
    fn nbftc_network_dns_count(network: *const NetworkItem = "const struct nbftc_network *") -> usize = "size_t", else 0; {
        reference(network).map_or(0, |of| of.dns.len())
    }

    /// The IP address of a DNS server; null if `index` is out of range.
    fn nbftc_network_dns(network: *const NetworkItem = "const struct nbftc_network *", index: usize = "size_t") -> *const c_char = "const char *", else null(); {
        optional(reference(network).and_then(|of| of.dns.get(index)))
    }

    /// The host name that firmware had, with control characters escaped; null if there is none.
    fn nbftc_network_host_name(network: *const NetworkItem = "const struct nbftc_network *") -> *const c_char = "const char *", else null(); {
        optional(reference(network).and_then(|of| of.host_name.as_ref()))
    }

    /// The DHCP server that firmware used; null if there is none.
    fn nbftc_network_dhcp_server(network: *const NetworkItem = "const struct nbftc_network *") -> *const c_char = "const char *", else null(); {
        optional(reference(network).and_then(|of| of.dhcp_server.as_ref()))
    }

    /// The IAID by which a DHCP server is asked, 0 to 4294967295; negative if there is none.
    fn nbftc_network_iaid(network: *const NetworkItem = "const struct nbftc_network *") -> i64 = "int64_t", else Code::Internal.number().into(); {
        reference(network).map_or(i64::from(Code::Argument.number()), |of| of.iaid.map_or(i64::from(Code::Range.number()), i64::from))
    }

    /// The DUID as it goes over the wire, and its length in bytes; null and 0 if there is none.
    fn nbftc_network_duid(network: *const NetworkItem = "const struct nbftc_network *", length: *mut usize = "size_t *") -> *const u8 = "const uint8_t *", else null(); {
        bytes(reference(network).and_then(|of| of.duid.as_deref()), length)
    }

    /// The DHCPv4 client identifier (RFC 4361) and its length in bytes; null and 0 if there is none.
    fn nbftc_network_client_id(network: *const NetworkItem = "const struct nbftc_network *", length: *mut usize = "size_t *") -> *const u8 = "const uint8_t *", else null(); {
        bytes(reference(network).and_then(|of| of.client_id.as_deref()), length)
    }

    /// The destination; 0.0.0.0 or :: with prefix 0 for the default route.
    fn nbftc_route_destination(route: *const RouteItem = "const struct nbftc_route *") -> *const c_char = "const char *", else null(); {
        reference(route).map_or(null(), |of| of.destination.as_ptr())
    }

    /// The prefix length in bits.
    fn nbftc_route_prefix(route: *const RouteItem = "const struct nbftc_route *") -> i32 = "int", else Code::Internal.number(); {
        reference(route).map_or(Code::Argument.number(), |of| of.prefix)
    }

    /// The gateway; null if the destination is on the link.
    fn nbftc_route_gateway(route: *const RouteItem = "const struct nbftc_route *") -> *const c_char = "const char *", else null(); {
        optional(reference(route).and_then(|of| of.gateway.as_ref()))
    }
}
