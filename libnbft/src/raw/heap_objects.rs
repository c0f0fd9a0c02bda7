//! Lays out the structures in the heap: HFI transport info, and the extended infos of HFI and SSNS.

use super::HeapRef;
use zerocopy::little_endian::{U16, U32};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// HFI transport info for NVMe/TCP, 128 bytes, structure ID 7 (Boot Specification, HFI Transport Info Descriptor).
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned, Debug, Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct HfiTcp {
    /// Structure ID: 7 (HFI Transport Info, byte 0).
    pub(crate) id: u8,
    /// Version of the structure: 1 (HFI Transport Info, byte 1).
    pub(crate) version: u8,
    /// Transport type: 3 = NVMe/TCP (HFI Transport Info, byte 2).
    pub(crate) transport: u8,
    /// Transport info version: 1 for specification 1.0, 2 if bytes 116:110 are in use (HFI Transport Info, byte 3).
    pub(crate) info_version: u8,
    /// HFI index: that of the HFI descriptor that refers here (HFI Transport Info, bytes 5:4).
    pub(crate) hfi_index: U16,
    /// Flags: bit 0 valid, 1 global route, 2 DHCP override, 3 autoconfigured from 1.1 on (HFI Transport Info, byte 6).
    pub(crate) flags: u8,
    /// PCIe routing ID: bits 15-8 bus, 7-3 device, 2-0 function; bits 31-16 the segment (HFI Transport Info, bytes 10:7).
    pub(crate) routing_id: U32,
    /// MAC address; not 0 (HFI Transport Info, bytes 16:11).
    pub(crate) mac: [u8; 6],
    /// VLAN ID: 0 = none, or 1 to 4094 (HFI Transport Info, bytes 18:17).
    pub(crate) vlan: U16,
    /// IP origin (`NL_PREFIX_ORIGIN`): 0 other, 1 manual, 2 well-known, 3 DHCP, 4 router advertisement (HFI Transport Info, byte
    /// 19).
    pub(crate) ip_origin: u8,
    /// IP address; IPv4 is IPv4-mapped, and all zero = not set (HFI Transport Info, bytes 35:20).
    pub(crate) ip: [u8; 16],
    /// Subnet mask prefix in bits: up to 32 for IPv4, up to 128 for IPv6 (HFI Transport Info, byte 36).
    pub(crate) prefix: u8,
    /// IP address of the gateway (HFI Transport Info, bytes 52:37).
    pub(crate) gateway: [u8; 16],
    /// Reserved (HFI Transport Info, byte 53).
    pub(crate) reserved53: u8,
    /// Route metric: 0 = unused, 500 = routing supported but no metric configured (HFI Transport Info, bytes 55:54).
    pub(crate) route_metric: U16,
    /// IP address of the primary DNS server (HFI Transport Info, bytes 71:56).
    pub(crate) primary_dns: [u8; 16],
    /// IP address of the secondary DNS server (HFI Transport Info, bytes 87:72).
    pub(crate) secondary_dns: [u8; 16],
    /// IP address of the DHCP server. Flag bit 2 puts it in use (HFI Transport Info, bytes 103:88).
    pub(crate) dhcp_server: [u8; 16],
    /// Heap reference to the host name, a string (HFI Transport Info, bytes 109:104).
    pub(crate) host_name: HeapRef,
    /// Heap reference to the HFI extended info; 1.1 and later, transport info version 2 (HFI Transport Info, bytes 115:110).
    pub(crate) ext: HeapRef,
    /// PCIe segment number; 1.1 and later, transport info version 2 (HFI Transport Info, byte 116).
    pub(crate) pcie_segment: u8,
    /// Reserved (HFI Transport Info, bytes 127:117).
    pub(crate) reserved117: [u8; 11],
}

/// HFI extended info, 20 bytes, structure ID 10 (Boot Specification 1.1 and later, HFI Extended Info Descriptor).
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned, Debug, Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct HfiExt {
    /// Structure ID: 10 (HFI Extended Info, byte 0).
    pub(crate) id: u8,
    /// Version of the structure: 1 (HFI Extended Info, byte 1).
    pub(crate) version: u8,
    /// HFI transport info index: that of the HFI that this belongs to (HFI Extended Info, bytes 3:2).
    pub(crate) hfi_index: U16,
    /// Flags: bit 0 valid, 1 DHCP client identifier present (HFI Extended Info, bytes 7:4).
    pub(crate) flags: U32,
    /// Heap reference to the DHCP IAID: 4 bytes, little endian. Flag bit 1 puts it in use (HFI Extended Info, bytes 13:8).
    pub(crate) iaid: HeapRef,
    /// Heap reference to the DHCP DUID (RFC 8415), up to 130 bytes with little-endian numbers. Flag bit 1 puts it in use (HFI
    /// Extended Info, bytes 19:14).
    pub(crate) duid: HeapRef,
}

/// SSNS extended info, the 18 bytes of specification 1.0, structure ID 9 (Boot Specification, SSNS Extended Info Descriptor).
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned, Debug, Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct SsnsExt {
    /// Structure ID: 9 (SSNS Extended Info, byte 0).
    pub(crate) id: u8,
    /// Version of the structure: 1 (SSNS Extended Info, byte 1).
    pub(crate) version: u8,
    /// SSNS index: that of the SSNS descriptor that refers here (SSNS Extended Info, bytes 3:2).
    pub(crate) ssns_index: U16,
    /// Flags: bit 0 valid, 1 ASQSZ configured by an administrator (SSNS Extended Info, bytes 7:4).
    pub(crate) flags: U32,
    /// Controller ID (SSNS Extended Info, bytes 9:8).
    pub(crate) controller_id: U16,
    /// Admin submission queue size (ASQSZ), in entries (SSNS Extended Info, bytes 11:10).
    pub(crate) asqsz: U16,
    /// Heap reference to the DHCP root path, a string. Bit 3 of the SSNS flags puts it in use (SSNS Extended Info, bytes 17:12).
    pub(crate) dhcp_root_path: HeapRef,
}

/// The part of the SSNS extended info that specification 1.1 adds: 5 bytes at its offset 18.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned, Debug, Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct Diagnostics {
    /// Namespace availability enhanced diagnostic (NAED): 0 to 9, 10h to 14h (SSNS Extended Info, byte 18).
    pub(crate) naed: u8,
    /// Connect invalid parameters extended error code (CIPEEC): 0 to 5 (SSNS Extended Info, byte 19).
    pub(crate) cipeec: u8,
    /// Connect timeout (CTO) of the firmware in seconds; FFFFh = not specified (SSNS Extended Info, bytes 21:20).
    pub(crate) connect_timeout: U16,
    /// Network and connection extended error code (NCEEC): 0 to 7 (SSNS Extended Info, byte 22).
    pub(crate) nceec: u8,
}

const _: () = assert!(size_of::<HfiTcp>() == 128);
const _: () = assert!(size_of::<HfiExt>() == 20);
const _: () = assert!(size_of::<SsnsExt>() == 18);
const _: () = assert!(size_of::<Diagnostics>() == 5);
