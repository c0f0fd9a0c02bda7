//! Keeps the offsets of the descriptors, for the spans of findings made after parsing.

use alloc::vec::Vec;

/// Offsets in bytes of the descriptors that are in the model, in its order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Offsets {
    pub(crate) host: Option<usize>,
    pub(crate) hfis: Vec<usize>,
    pub(crate) ssns: Vec<usize>,
    pub(crate) security: Vec<usize>,
    pub(crate) discovery: Vec<usize>,
}
