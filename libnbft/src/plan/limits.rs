//! How much a plan takes from the tables.

/// How many paths, and how many namespaces, a plan takes from the tables: those of boot entries first, and each entry's best path
/// before the second one of any. What does not fit is among [`Plan::left_out`](super::Plan::left_out).
pub const MAX_PATHS: usize = 1024;

/// How many items [`Plan::left_out`](super::Plan::left_out) and [`Plan::notes`](super::Plan::notes) have at most. One more item counts what does not fit; boot entries are
/// kept first.
pub const MAX_LEFT_OUT: usize = 1024;

/// How many discovery controllers a plan takes from the tables.
pub const MAX_DISCOVERY: usize = 64;

/// How many pairs of an SSNS and a path that it asks for a plan takes in. Each SSNS has an equal share, and at least one.
pub(super) const MAX_PAIRS: usize = 1 << 14;

/// How many SSNS descriptors a discovery controller lists: all that one table can hold.
pub(super) const MAX_SSNS: usize = 256;

/// How many descriptors are listed that ask for the same: profiles with their keypaths, and discovery descriptors.
pub(super) const MAX_NAMED: usize = 16;
