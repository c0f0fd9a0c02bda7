//! Header, control descriptor, and the two kinds of reference.

use zerocopy::little_endian::{U16, U32};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// Heap object reference, 6 bytes. The offset counts from the start of the table; length 0 means "absent".
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned, Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct HeapRef {
    /// 0: offset from the start of the table.
    pub(crate) offset: U32,
    /// 4: length in bytes.
    pub(crate) length: U16,
}

/// Reference to a list of descriptors, 8 bytes (control descriptor).
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned, Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct ListRef {
    /// 0: offset of the first descriptor from the start of the table.
    pub(crate) offset: U32,
    /// 4: length of one descriptor, which is the stride.
    pub(crate) length: U16,
    /// 6: version of the descriptors.
    pub(crate) version: u8,
    /// 7: number of descriptors; 0 = no list, and the other fields mean nothing.
    pub(crate) count: u8,
}

/// Header, 64 bytes (Boot Specification, NBFT Table Header).
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned, Debug, Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct Header {
    /// 0: `NBFT`.
    pub(crate) signature: [u8; 4],
    /// 4: length of the whole table.
    pub(crate) length: U32,
    /// 8: major revision, 1.
    pub(crate) major: u8,
    /// 9: makes the sum of all bytes 0 modulo 256.
    pub(crate) checksum: u8,
    /// 10: OEM ID.
    pub(crate) oem_id: [u8; 6],
    /// 16: OEM table ID.
    pub(crate) oem_table_id: [u8; 8],
    /// 24: OEM revision.
    pub(crate) oem_revision: U32,
    /// 28: creator ID.
    pub(crate) creator_id: [u8; 4],
    /// 32: creator revision.
    pub(crate) creator_revision: U32,
    /// 36: heap offset from the start of the table.
    pub(crate) heap_offset: U32,
    /// 40: heap length.
    pub(crate) heap_length: U32,
    /// 44: driver device path signature.
    pub(crate) driver_path: HeapRef,
    /// 50: minor revision.
    pub(crate) minor: u8,
    /// 51: reserved.
    pub(crate) reserved: [u8; 13],
}

/// Control descriptor, 64 bytes, structure ID 1 (Boot Specification, Control Descriptor).
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned, Debug, Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct Control {
    /// 0: structure ID.
    pub(crate) id: u8,
    /// 1: major revision.
    pub(crate) major: u8,
    /// 2: minor revision.
    pub(crate) minor: u8,
    /// 3: reserved.
    pub(crate) reserved3: u8,
    /// 4: length of this structure.
    pub(crate) length: U16,
    /// 6: flags; bit 0 valid.
    pub(crate) flags: u8,
    /// 7: reserved.
    pub(crate) reserved7: u8,
    /// 8: host descriptor; lies before the heap.
    pub(crate) host: HeapRef,
    /// 14: host descriptor version.
    pub(crate) host_version: u8,
    /// 15: reserved.
    pub(crate) reserved15: u8,
    /// 16: HFI list.
    pub(crate) hfis: ListRef,
    /// 24: SSNS list.
    pub(crate) ssns: ListRef,
    /// 32: security profile list.
    pub(crate) security: ListRef,
    /// 40: discovery list.
    pub(crate) discovery: ListRef,
    /// 48: reserved.
    pub(crate) reserved48: [u8; 16],
}

/// The table's fixed beginning: the control descriptor follows the header directly.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned, Debug, Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct Start {
    /// 0: header.
    pub(crate) header: Header,
    /// 64: control descriptor.
    pub(crate) control: Control,
}

const _: () = assert!(size_of::<HeapRef>() == 6);
const _: () = assert!(size_of::<ListRef>() == 8);
const _: () = assert!(size_of::<Header>() == 64);
const _: () = assert!(size_of::<Control>() == 64);
const _: () = assert!(size_of::<Start>() == 128);
