//! Lays out the descriptors outside the heap: host, HFI, SSNS, security profile, discovery.

use super::HeapRef;
use zerocopy::little_endian::{U16, U32};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// Host descriptor, 32 bytes, structure ID 2 (Boot Specification, Host Descriptor).
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned, Debug, Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct Host {
    /// Structure ID: 2 (Host, byte 0).
    pub(crate) id: u8,
    /// Flags: bit 0 valid, 1 host ID configured, 2 host NQN configured, 4-3 primary administrative host (Host, byte 1).
    pub(crate) flags: u8,
    /// Host ID: a UUID in RFC 9562 byte order (Host, bytes 17:2).
    pub(crate) host_id: [u8; 16],
    /// Heap reference to the host NQN, a string (Host, bytes 23:18).
    pub(crate) nqn: HeapRef,
    /// Reserved (Host, bytes 31:24).
    pub(crate) reserved: [u8; 8],
}

/// Host fabric interface, 32 bytes, structure ID 3 (Boot Specification, HFI Descriptor).
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned, Debug, Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct Hfi {
    /// Structure ID: 3 (HFI, byte 0).
    pub(crate) id: u8,
    /// HFI index, by which other descriptors refer to this one; from 1 (HFI, byte 1).
    pub(crate) index: u8,
    /// Flags: bit 0 valid (HFI, byte 2).
    pub(crate) flags: u8,
    /// Transport type: 3 = NVMe/TCP (HFI, byte 3).
    pub(crate) transport: u8,
    /// Reserved (HFI, bytes 15:4).
    pub(crate) reserved4: [u8; 12],
    /// Heap reference to the HFI transport info descriptor (HFI, bytes 21:16).
    pub(crate) info: HeapRef,
    /// Reserved (HFI, bytes 31:22).
    pub(crate) reserved22: [u8; 10],
}

/// Subsystem namespace, 128 bytes, structure ID 4 (Boot Specification, SSNS Descriptor).
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned, Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct Ssns {
    /// Structure ID: 4 (SSNS, byte 0).
    pub(crate) id: u8,
    /// SSNS index; from 1 (SSNS, bytes 2:1).
    pub(crate) index: U16,
    /// Flags: bit 0 valid, 1 non-bootable entry, 2 use security profile, 3 DHCP root path override, 4 extended info in use,
    /// 5 separate discovery controller, 6 discovered namespace, 8-7 availability (SSNS, bytes 4:3).
    pub(crate) flags: U16,
    /// Transport type: 3 = NVMe/TCP (SSNS, byte 5).
    pub(crate) transport: u8,
    /// Transport specific flags: bit 0 in use, 1 PDU header digest required, 2 data digest required (SSNS, bytes 7:6).
    pub(crate) transport_flags: U16,
    /// Primary discovery controller index; 0 = not found by discovery (SSNS, byte 8).
    pub(crate) primary_discovery: u8,
    /// Reserved (SSNS, byte 9).
    pub(crate) reserved9: u8,
    /// Heap reference to the subsystem transport address, 16 bytes (SSNS, bytes 15:10).
    pub(crate) traddr: HeapRef,
    /// Heap reference to the transport service ID: the TCP port in decimal, a string (SSNS, bytes 21:16).
    pub(crate) trsvcid: HeapRef,
    /// Subsystem port ID (SSNS, bytes 23:22).
    pub(crate) port_id: U16,
    /// Namespace ID; 0 = unspecified, so that the NID decides (SSNS, bytes 27:24).
    pub(crate) nsid: U32,
    /// NID type: 0 none, 1 EUI-64, 2 NGUID, 3 UUID (SSNS, byte 28).
    pub(crate) nid_type: u8,
    /// NID: 8 bytes for an EUI-64, else 16 (SSNS, bytes 44:29).
    pub(crate) nid: [u8; 16],
    /// Security profile index; 0 = none. Flag bit 2 puts it in use (SSNS, byte 45).
    pub(crate) security: u8,
    /// Primary HFI index (SSNS, byte 46).
    pub(crate) primary_hfi: u8,
    /// Reserved (SSNS, byte 47).
    pub(crate) reserved47: u8,
    /// Heap reference to the secondary HFI indexes, 1 byte each (SSNS, bytes 53:48).
    pub(crate) secondary_hfis: HeapRef,
    /// Heap reference to the subsystem NQN, a string (SSNS, bytes 59:54).
    pub(crate) nqn: HeapRef,
    /// Heap reference to the SSNS extended info descriptor. Flag bit 4 puts it in use (SSNS, bytes 65:60).
    pub(crate) ext: HeapRef,
    /// Reserved (SSNS, bytes 127:66).
    pub(crate) reserved66: [u8; 62],
}

/// Security profile, 64 bytes, structure ID 5 (Boot Specification, Security Profile Descriptor).
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned, Debug, Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct Security {
    /// Structure ID: 5 (Security Profile, byte 0).
    pub(crate) id: u8,
    /// Security profile index; from 1 (Security Profile, byte 1).
    pub(crate) index: u8,
    /// Flags: bit 0 valid, 2-1 in-band authentication, 4-3 authentication policy list, 6-5 secure channel, 8-7 secure channel
    /// policy list, 9 cipher suites restricted, 10 KX groups restricted, 11 hash functions restricted (Security Profile, bytes
    /// 3:2).
    pub(crate) flags: U16,
    /// Secret type: bit 1 Redfish host interface URI (Security Profile, byte 4).
    pub(crate) secret_type: u8,
    /// Reserved (Security Profile, byte 5).
    pub(crate) reserved5: u8,
    /// Heap reference to the secure channel algorithms, 1 byte each: 1 TLS 1.2, 2 TLS 1.3. In use if flag bits 8-7 are not 0
    /// (Security Profile, bytes 11:6).
    pub(crate) channel_algorithms: HeapRef,
    /// Heap reference to the authentication protocols, 1 byte each. In use if flag bits 4-3 are not 0 (Security Profile, bytes
    /// 17:12).
    pub(crate) authentication_protocols: HeapRef,
    /// Heap reference to the cipher suites, 2 bytes each. Flag bit 9 puts it in use (Security Profile, bytes 23:18).
    pub(crate) cipher_suites: HeapRef,
    /// Heap reference to the key exchange groups for HMAC-CHAP, 1 byte each. Flag bit 10 puts it in use (Security Profile, bytes
    /// 29:24).
    pub(crate) kx_groups: HeapRef,
    /// Heap reference to the secure hash functions for HMAC-CHAP, 1 byte each. Flag bit 11 puts it in use (Security Profile,
    /// bytes 35:30).
    pub(crate) hashes: HeapRef,
    /// Heap reference to the secret keypath: a URI, a string (Security Profile, bytes 41:36).
    pub(crate) secret_keypath: HeapRef,
    /// Reserved (Security Profile, bytes 63:42).
    pub(crate) reserved42: [u8; 22],
}

/// Discovery controller, 32 bytes, structure ID 6 (Boot Specification, Discovery Descriptor).
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned, Debug, Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct Discovery {
    /// Structure ID: 6 (Discovery, byte 0).
    pub(crate) id: u8,
    /// Flags: bit 0 valid (Discovery, byte 1).
    pub(crate) flags: u8,
    /// Discovery descriptor index; from 1 (Discovery, byte 2).
    pub(crate) index: u8,
    /// HFI index (Discovery, byte 3).
    pub(crate) hfi: u8,
    /// Security profile index; 0 = none (Discovery, byte 4).
    pub(crate) security: u8,
    /// Reserved (Discovery, byte 5).
    pub(crate) reserved5: u8,
    /// Heap reference to the discovery controller address: a URI, a string (Discovery, bytes 11:6).
    pub(crate) uri: HeapRef,
    /// Heap reference to the discovery controller NQN, a string; absent = the well-known one (Discovery, bytes 17:12).
    pub(crate) nqn: HeapRef,
    /// Reserved (Discovery, bytes 31:18).
    pub(crate) reserved18: [u8; 14],
}

const _: () = assert!(size_of::<Host>() == 32);
const _: () = assert!(size_of::<Hfi>() == 32);
const _: () = assert!(size_of::<Ssns>() == 128);
const _: () = assert!(size_of::<Security>() == 64);
const _: () = assert!(size_of::<Discovery>() == 32);
