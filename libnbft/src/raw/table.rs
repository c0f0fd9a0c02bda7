//! Lays out the header, the control descriptor, and the references to heap objects and lists.

use zerocopy::little_endian::{U16, U32};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// Reference to a heap object, 6 bytes (Boot Specification, Heap Object Reference). The object lies wholly inside the heap.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned, Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct HeapRef {
    /// Offset of the object from the start of the header, in bytes (Heap Object Reference, bytes 3:0).
    pub(crate) offset: U32,
    /// Length in bytes; 0 = absent. A string's NUL is not counted (Heap Object Reference, bytes 5:4).
    pub(crate) length: U16,
}

/// Reference to a list of descriptors, 8 bytes (Boot Specification, Control Descriptor: offset, length, version and count of each
/// list).
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned, Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct ListRef {
    /// Offset of the first descriptor from the start of the header, in bytes (List of the Control Descriptor, bytes 3:0).
    pub(crate) offset: U32,
    /// Length of one descriptor in bytes: the stride (List of the Control Descriptor, bytes 5:4).
    pub(crate) length: U16,
    /// Version of the descriptors; 1 (List of the Control Descriptor, byte 6).
    pub(crate) version: u8,
    /// Number of descriptors; 0 = no list, and the other fields mean nothing (List of the Control Descriptor, byte 7).
    pub(crate) count: u8,
}

/// Header, 64 bytes at offset 0 (Boot Specification, Header). The first 36 bytes are those of every ACPI table.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned, Debug, Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct Header {
    /// Signature: `NBFT` (Header, bytes 3:0).
    pub(crate) signature: [u8; 4],
    /// Length of the whole table in bytes (Header, bytes 7:4).
    pub(crate) length: U32,
    /// Major revision: 1 (Header, byte 8).
    pub(crate) major: u8,
    /// Checksum: makes all bytes add up to 0 modulo 256 (Header, byte 9).
    pub(crate) checksum: u8,
    /// OEM ID: ASCII, padded with NUL (Header, bytes 15:10).
    pub(crate) oem_id: [u8; 6],
    /// OEM table ID: ASCII, padded with NUL (Header, bytes 23:16).
    pub(crate) oem_table_id: [u8; 8],
    /// OEM revision (Header, bytes 27:24).
    pub(crate) oem_revision: U32,
    /// Creator ID: 4 ASCII bytes (Header, bytes 31:28).
    pub(crate) creator_id: [u8; 4],
    /// Creator revision (Header, bytes 35:32).
    pub(crate) creator_revision: U32,
    /// Offset of the heap from the start of the header, in bytes (Header, bytes 39:36).
    pub(crate) heap_offset: U32,
    /// Length of the heap in bytes (Header, bytes 43:40).
    pub(crate) heap_length: U32,
    /// Heap reference to the driver device path signature: the UEFI path of the driver that made the table, a string (Header,
    /// bytes 49:44).
    pub(crate) driver_path: HeapRef,
    /// Minor revision: 0 for specification 1.0, 1 for 1.1 and later (Header, byte 50).
    pub(crate) minor: u8,
    /// Reserved (Header, bytes 63:51).
    pub(crate) reserved: [u8; 13],
}

/// Control descriptor, 64 bytes at offset 64, structure ID 1 (Boot Specification, Control Descriptor).
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned, Debug, Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct Control {
    /// Structure ID: 1 (Control, byte 0).
    pub(crate) id: u8,
    /// Major revision: 1 (Control, byte 1).
    pub(crate) major: u8,
    /// Minor revision (Control, byte 2).
    pub(crate) minor: u8,
    /// Reserved (Control, byte 3).
    pub(crate) reserved3: u8,
    /// Length of this structure (CSL) in bytes: 64 (Control, bytes 5:4).
    pub(crate) length: U16,
    /// Flags: bit 0 valid (Control, byte 6).
    pub(crate) flags: u8,
    /// Reserved (Control, byte 7).
    pub(crate) reserved7: u8,
    /// Reference to the host descriptor, which lies before the heap (Control, bytes 13:8).
    pub(crate) host: HeapRef,
    /// Version of the host descriptor: 1 (Control, byte 14).
    pub(crate) host_version: u8,
    /// Reserved (Control, byte 15).
    pub(crate) reserved15: u8,
    /// HFI list (Control, bytes 23:16).
    pub(crate) hfis: ListRef,
    /// SSNS list (Control, bytes 31:24).
    pub(crate) ssns: ListRef,
    /// Security profile list (Control, bytes 39:32).
    pub(crate) security: ListRef,
    /// Discovery list (Control, bytes 47:40).
    pub(crate) discovery: ListRef,
    /// Reserved (Control, bytes 63:48).
    pub(crate) reserved48: [u8; 16],
}

/// The fixed beginning of a table, 128 bytes: the control descriptor follows the header directly.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned, Debug, Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct Start {
    /// Bytes 63:0.
    pub(crate) header: Header,
    /// Bytes 127:64.
    pub(crate) control: Control,
}

const _: () = assert!(size_of::<HeapRef>() == 6);
const _: () = assert!(size_of::<ListRef>() == 8);
const _: () = assert!(size_of::<Header>() == 64);
const _: () = assert!(size_of::<Control>() == 64);
const _: () = assert!(size_of::<Start>() == 128);
