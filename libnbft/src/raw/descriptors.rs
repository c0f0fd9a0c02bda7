//! The descriptors outside the heap: host, and those of the four lists.

use super::HeapRef;
use zerocopy::little_endian::{U16, U32};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// Host descriptor, 32 bytes, structure ID 2 (Boot Specification, Host Descriptor).
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned, Debug, Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct Host {
    /// 0: structure ID.
    pub(crate) id: u8,
    /// 1: flags; bit 0 valid.
    pub(crate) flags: u8,
    /// 2: host ID.
    pub(crate) host_id: [u8; 16],
    /// 18: host NQN.
    pub(crate) nqn: HeapRef,
    /// 24: reserved.
    pub(crate) reserved: [u8; 8],
}

/// HFI descriptor, 32 bytes, structure ID 3 (Boot Specification, HFI Descriptor).
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned, Debug, Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct Hfi {
    /// 0: structure ID.
    pub(crate) id: u8,
    /// 1: index.
    pub(crate) index: u8,
    /// 2: flags; bit 0 valid.
    pub(crate) flags: u8,
    /// 3: transport type.
    pub(crate) transport: u8,
    /// 4: reserved.
    pub(crate) reserved4: [u8; 12],
    /// 16: HFI transport info.
    pub(crate) info: HeapRef,
    /// 22: reserved.
    pub(crate) reserved22: [u8; 10],
}

/// SSNS descriptor, 128 bytes, structure ID 4 (Boot Specification, Subsystem Namespace Descriptor).
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned, Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct Ssns {
    /// 0: structure ID.
    pub(crate) id: u8,
    /// 1: index.
    pub(crate) index: U16,
    /// 3: flags; bit 0 valid.
    pub(crate) flags: U16,
    /// 5: transport type.
    pub(crate) transport: u8,
    /// 6: transport specific flags.
    pub(crate) transport_flags: U16,
    /// 8: primary discovery controller index.
    pub(crate) primary_discovery: u8,
    /// 9: reserved.
    pub(crate) reserved9: u8,
    /// 10: subsystem transport address.
    pub(crate) traddr: HeapRef,
    /// 16: transport service ID.
    pub(crate) trsvcid: HeapRef,
    /// 22: subsystem port ID.
    pub(crate) port_id: U16,
    /// 24: namespace ID.
    pub(crate) nsid: U32,
    /// 28: NID type.
    pub(crate) nid_type: u8,
    /// 29: NID.
    pub(crate) nid: [u8; 16],
    /// 45: security profile index.
    pub(crate) security: u8,
    /// 46: primary HFI index.
    pub(crate) primary_hfi: u8,
    /// 47: reserved.
    pub(crate) reserved47: u8,
    /// 48: secondary HFI indexes.
    pub(crate) secondary_hfis: HeapRef,
    /// 54: subsystem NQN.
    pub(crate) nqn: HeapRef,
    /// 60: SSNS extended info.
    pub(crate) ext: HeapRef,
    /// 66: reserved.
    pub(crate) reserved66: [u8; 62],
}

/// Security profile descriptor, 64 bytes, structure ID 5 (Boot Specification, Security Profile Descriptor).
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned, Debug, Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct Security {
    /// 0: structure ID.
    pub(crate) id: u8,
    /// 1: index.
    pub(crate) index: u8,
    /// 2: flags; bit 0 valid.
    pub(crate) flags: U16,
    /// 4: secret type.
    pub(crate) secret_type: u8,
    /// 5: reserved.
    pub(crate) reserved5: u8,
    /// 6: secure channel algorithms.
    pub(crate) channel_algorithms: HeapRef,
    /// 12: authentication protocols.
    pub(crate) authentication_protocols: HeapRef,
    /// 18: cipher suites.
    pub(crate) cipher_suites: HeapRef,
    /// 24: key exchange groups.
    pub(crate) kx_groups: HeapRef,
    /// 30: secure hash functions.
    pub(crate) hashes: HeapRef,
    /// 36: secret keypath.
    pub(crate) secret_keypath: HeapRef,
    /// 42: reserved.
    pub(crate) reserved42: [u8; 22],
}

/// Discovery descriptor, 32 bytes, structure ID 6 (Boot Specification, Discovery Descriptor).
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned, Debug, Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct Discovery {
    /// 0: structure ID.
    pub(crate) id: u8,
    /// 1: flags; bit 0 valid.
    pub(crate) flags: u8,
    /// 2: index.
    pub(crate) index: u8,
    /// 3: HFI index.
    pub(crate) hfi: u8,
    /// 4: security profile index.
    pub(crate) security: u8,
    /// 5: reserved.
    pub(crate) reserved5: u8,
    /// 6: discovery controller address.
    pub(crate) uri: HeapRef,
    /// 12: discovery controller NQN.
    pub(crate) nqn: HeapRef,
    /// 18: reserved.
    pub(crate) reserved18: [u8; 14],
}

const _: () = assert!(size_of::<Host>() == 32);
const _: () = assert!(size_of::<Hfi>() == 32);
const _: () = assert!(size_of::<Ssns>() == 128);
const _: () = assert!(size_of::<Security>() == 64);
const _: () = assert!(size_of::<Discovery>() == 32);
