//! Where descriptors lie, for findings that are made after parsing.

use alloc::vec::Vec;

/// Offsets of the descriptors that made it into the model, in its order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Offsets {
    pub(crate) host: Option<usize>,
    pub(crate) hfis: Vec<usize>,
    pub(crate) ssns: Vec<usize>,
    pub(crate) security: Vec<usize>,
    pub(crate) discovery: Vec<usize>,
}
