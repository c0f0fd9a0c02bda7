//! Lays out the table's structures byte by byte: packed, little endian, one type for each structure of the NVM Express Boot
//! Specification, revisions 1.0 to 1.3.
//!
//! Each field names its structure there and its bytes, as the specification's figures count them: `bytes LAST:FIRST` from the
//! structure's beginning. `reserved` fields are those that the specification reserves. The compiler checks every size.

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

/// Size in bytes of the field that `field` returns; `field` is never called.
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

/// Structure IDs: byte 0 of each structure but the header (Boot Specification, the figure of each descriptor).
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
