//! The structures that lie in the heap.

use super::HeapRef;
use zerocopy::little_endian::{U16, U32};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// HFI transport info for NVMe/TCP, 128 bytes, structure ID 7 (Boot Specification, HFI Transport Info Descriptor).
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned, Debug, Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct HfiTcp {
    /// 0: structure ID.
    pub(crate) id: u8,
    /// 1: version of the structure.
    pub(crate) version: u8,
    /// 2: transport type.
    pub(crate) transport: u8,
    /// 3: transport info version; from 2 on, bytes 110-116 mean something.
    pub(crate) info_version: u8,
    /// 4: index of the HFI that refers here.
    pub(crate) hfi_index: U16,
    /// 6: flags; bit 0 valid.
    pub(crate) flags: u8,
    /// 7: PCIe routing ID, with the segment in its upper half.
    pub(crate) routing_id: U32,
    /// 11: MAC address.
    pub(crate) mac: [u8; 6],
    /// 17: VLAN ID.
    pub(crate) vlan: U16,
    /// 19: IP origin.
    pub(crate) ip_origin: u8,
    /// 20: IP address.
    pub(crate) ip: [u8; 16],
    /// 36: subnet mask prefix.
    pub(crate) prefix: u8,
    /// 37: gateway.
    pub(crate) gateway: [u8; 16],
    /// 53: reserved.
    pub(crate) reserved53: u8,
    /// 54: route metric.
    pub(crate) route_metric: U16,
    /// 56: primary DNS server.
    pub(crate) primary_dns: [u8; 16],
    /// 72: secondary DNS server.
    pub(crate) secondary_dns: [u8; 16],
    /// 88: DHCP server.
    pub(crate) dhcp_server: [u8; 16],
    /// 104: host name.
    pub(crate) host_name: HeapRef,
    /// 110: HFI extended info (1.1 and later).
    pub(crate) ext: HeapRef,
    /// 116: PCIe segment number (1.1 and later).
    pub(crate) pcie_segment: u8,
    /// 117: reserved.
    pub(crate) reserved117: [u8; 11],
}

/// HFI extended info, 20 bytes, structure ID 10 (Boot Specification 1.1 and later).
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned, Debug, Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct HfiExt {
    /// 0: structure ID.
    pub(crate) id: u8,
    /// 1: version of the structure.
    pub(crate) version: u8,
    /// 2: HFI index.
    pub(crate) hfi_index: U16,
    /// 4: flags; bit 0 valid.
    pub(crate) flags: U32,
    /// 8: DHCP IAID.
    pub(crate) iaid: HeapRef,
    /// 14: DHCP DUID.
    pub(crate) duid: HeapRef,
}

/// SSNS extended info, the 18 bytes of specification 1.0, structure ID 9.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned, Debug, Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct SsnsExt {
    /// 0: structure ID.
    pub(crate) id: u8,
    /// 1: version of the structure.
    pub(crate) version: u8,
    /// 2: SSNS index.
    pub(crate) ssns_index: U16,
    /// 4: flags; bit 0 valid.
    pub(crate) flags: U32,
    /// 8: controller ID.
    pub(crate) controller_id: U16,
    /// 10: admin submission queue size.
    pub(crate) asqsz: U16,
    /// 12: DHCP root path.
    pub(crate) dhcp_root_path: HeapRef,
}

/// What follows the SSNS extended info from specification 1.1 on: 5 bytes at its offset 18.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned, Debug, Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct Diagnostics {
    /// 18: namespace availability enhanced diagnostic.
    pub(crate) naed: u8,
    /// 19: connect invalid parameters extended error code.
    pub(crate) cipeec: u8,
    /// 20: firmware's connect timeout in seconds.
    pub(crate) connect_timeout: U16,
    /// 22: network and connection extended error code.
    pub(crate) nceec: u8,
}

const _: () = assert!(size_of::<HfiTcp>() == 128);
const _: () = assert!(size_of::<HfiExt>() == 20);
const _: () = assert!(size_of::<SsnsExt>() == 18);
const _: () = assert!(size_of::<Diagnostics>() == 5);
