//! The discovery log page, as a discovery controller gives it (NVM Express Base Specification, Discovery Log Page). It is no
//! part of the table.

use zerocopy::little_endian::{U16, U64};
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

/// Discovery Log Page header, 1024 bytes; entries follow it.
#[derive(FromBytes, KnownLayout, Immutable, Unaligned, Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct DiscoveryLogHeader {
    /// 0: generation counter; moves whenever the page changes.
    pub(crate) generation: U64,
    /// 8: number of records.
    pub(crate) records: U64,
    /// 16: record format; 0.
    pub(crate) format: U16,
    /// 18: reserved.
    pub(crate) reserved18: [u8; 1006],
}

/// Discovery Log Page Entry, 1024 bytes.
#[derive(FromBytes, KnownLayout, Immutable, Unaligned, Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct DiscoveryLogEntry {
    /// 0: transport type.
    pub(crate) transport: u8,
    /// 1: address family.
    pub(crate) family: u8,
    /// 2: subsystem type.
    pub(crate) kind: u8,
    /// 3: transport requirements; bits 0-1 secure channel.
    pub(crate) requirements: u8,
    /// 4: port ID.
    pub(crate) port_id: U16,
    /// 6: controller ID.
    pub(crate) controller_id: U16,
    /// 8: admin max SQ size.
    pub(crate) asqsz: U16,
    /// 10: entry flags.
    pub(crate) flags: U16,
    /// 12: reserved.
    pub(crate) reserved12: [u8; 20],
    /// 32: transport service identifier, text.
    pub(crate) trsvcid: [u8; 32],
    /// 64: reserved.
    pub(crate) reserved64: [u8; 192],
    /// 256: NVM subsystem qualified name, text.
    pub(crate) nqn: [u8; 256],
    /// 512: transport address, text.
    pub(crate) traddr: [u8; 256],
    /// 768: transport specific address subtype; byte 0 is TCP's security type.
    pub(crate) tsas: [u8; 256],
}

const _: () = assert!(size_of::<DiscoveryLogHeader>() == 1024);
const _: () = assert!(size_of::<DiscoveryLogEntry>() == 1024);
