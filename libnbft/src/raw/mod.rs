//! Structures as they lie in the table: packed, little endian, one type for each figure of the NVM Express Boot
//! Specification, and nothing else. Names follow the specification; what it reserves is kept as `reserved`.
//!
//! Offsets stand at each field, in bytes from the structure's beginning. Every size is asserted at compile time.

mod descriptors;
#[cfg(feature = "plan")]
mod discovery_log;
mod heap_objects;
mod table;

pub(crate) use descriptors::*;
#[cfg(feature = "plan")]
pub(crate) use discovery_log::*;
pub(crate) use heap_objects::*;
pub(crate) use table::*;

/// The size of what `field` returns; it is not called.
pub(crate) const fn size_of_field<T, F>(_field: fn(&T) -> &F) -> usize {
    size_of::<F>()
}

/// The bytes of a field of the structure at `offset`.
macro_rules! bytes_of {
    ($offset:expr, $structure:ident . $field:ident) => {{
        let start = $offset + core::mem::offset_of!($crate::raw::$structure, $field);
        start..start + $crate::raw::size_of_field(|structure: &$crate::raw::$structure| &structure.$field)
    }};
}
pub(crate) use bytes_of;

/// Structure IDs (Boot Specification, "Structure ID" of each descriptor's figure).
pub(crate) mod id {
    /// Control descriptor.
    pub(crate) const CONTROL: u8 = 1;
    /// Host descriptor.
    pub(crate) const HOST: u8 = 2;
    /// HFI descriptor.
    pub(crate) const HFI: u8 = 3;
    /// SSNS descriptor.
    pub(crate) const SSNS: u8 = 4;
    /// Security profile descriptor.
    pub(crate) const SECURITY: u8 = 5;
    /// Discovery descriptor.
    pub(crate) const DISCOVERY: u8 = 6;
    /// HFI transport info for NVMe/TCP.
    pub(crate) const HFI_TCP: u8 = 7;
    /// SSNS extended info.
    pub(crate) const SSNS_EXT: u8 = 9;
    /// HFI extended info (1.1 and later).
    pub(crate) const HFI_EXT: u8 = 10;
}
