//! Lays out the discovery log page that a discovery controller returns (NVM Express Base Specification, Discovery Log Page). It
//! is not part of the table.

use zerocopy::little_endian::{U16, U64};
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

/// Discovery Log Page header, 1024 bytes; entries follow it.
#[derive(FromBytes, KnownLayout, Immutable, Unaligned, Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct DiscoveryLogHeader {
    /// Generation counter; moves whenever the page changes (Discovery Log Page, bytes 7:0).
    pub(crate) generation: U64,
    /// Number of records (Discovery Log Page, bytes 15:8).
    pub(crate) records: U64,
    /// Record format; 0 (Discovery Log Page, bytes 17:16).
    pub(crate) format: U16,
    /// Reserved (Discovery Log Page, bytes 1023:18).
    pub(crate) reserved18: [u8; 1006],
}

/// Discovery Log Page Entry, 1024 bytes.
#[derive(FromBytes, KnownLayout, Immutable, Unaligned, Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct DiscoveryLogEntry {
    /// Transport type (Discovery Log Page Entry, byte 0).
    pub(crate) transport: u8,
    /// Address family (Discovery Log Page Entry, byte 1).
    pub(crate) family: u8,
    /// Subsystem type (Discovery Log Page Entry, byte 2).
    pub(crate) kind: u8,
    /// Transport requirements; bits 0-1 secure channel (Discovery Log Page Entry, byte 3).
    pub(crate) requirements: u8,
    /// Port ID (Discovery Log Page Entry, bytes 5:4).
    pub(crate) port_id: U16,
    /// Controller ID (Discovery Log Page Entry, bytes 7:6).
    pub(crate) controller_id: U16,
    /// Admin max SQ size (Discovery Log Page Entry, bytes 9:8).
    pub(crate) asqsz: U16,
    /// Entry flags (Discovery Log Page Entry, bytes 11:10).
    pub(crate) flags: U16,
    /// Reserved (Discovery Log Page Entry, bytes 31:12).
    pub(crate) reserved12: [u8; 20],
    /// Transport service identifier, text (Discovery Log Page Entry, bytes 63:32).
    pub(crate) trsvcid: [u8; 32],
    /// Reserved (Discovery Log Page Entry, bytes 255:64).
    pub(crate) reserved64: [u8; 192],
    /// NVM subsystem qualified name, text (Discovery Log Page Entry, bytes 511:256).
    pub(crate) nqn: [u8; 256],
    /// Transport address, text (Discovery Log Page Entry, bytes 767:512).
    pub(crate) traddr: [u8; 256],
    /// Transport specific address subtype; byte 0 is TCP's security type (Discovery Log Page Entry, bytes 1023:768).
    pub(crate) tsas: [u8; 256],
}

const _: () = assert!(size_of::<DiscoveryLogHeader>() == 1024);
const _: () = assert!(size_of::<DiscoveryLogEntry>() == 1024);
