//! Limits how much a plan takes from the tables.

/// How many paths, and how many namespaces, a plan takes from the tables. Boot entries come first, and each entry's best path
/// comes before the second one of any. [`Plan::left_out`](super::Plan::left_out) lists the rest.
pub const MAX_PATHS: usize = 1024;

/// How many items [`Plan::left_out`](super::Plan::left_out) and [`Plan::notes`](super::Plan::notes) have at most. One more item
/// counts the rest. Boot entries come first.
pub const MAX_LEFT_OUT: usize = 1024;

/// How many discovery controllers a plan takes from the tables.
pub const MAX_DISCOVERY: usize = 64;

/// How many pairs of an SSNS and a path that it asks for a plan takes in. Each SSNS has an equal share, and at least one.
pub(super) const MAX_PAIRS: usize = 1 << 14;

/// How many SSNS descriptors a discovery controller lists: all that one table can hold.
pub(super) const MAX_SSNS: usize = 256;

/// How many descriptors of one item are listed: security profiles with their keypaths, or discovery descriptors.
pub(super) const MAX_NAMED: usize = 16;
