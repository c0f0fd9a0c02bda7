//! Limits how much a plan accepts from the tables.

/// The most paths, and the most namespaces, that a plan accepts from the tables. Boot entries come first, and each entry's best path
/// comes before the second one of any. [`Plan::left_out`](super::Plan::left_out) lists the rest.
pub const MAX_PATHS: usize = 1024;

/// The most items of [`Plan::left_out`](super::Plan::left_out) and of [`Plan::notes`](super::Plan::notes). One more item counts the rest.
/// Boot entries come first.
pub const MAX_LEFT_OUT: usize = 1024;

/// The most discovery controllers that a plan accepts from the tables.
pub const MAX_DISCOVERY: usize = 64;

/// The most pairs of an SSNS and a requested path that a plan accepts. Each SSNS has an equal share, and at least one.
pub(super) const MAX_PAIRS: usize = 1 << 14;

/// The most SSNS descriptors that a discovery controller lists: as many as one table can hold.
pub(super) const MAX_SSNS: usize = 256;

/// The most descriptors that are listed for one item: security profiles with their keypaths, or discovery descriptors.
pub(super) const MAX_NAMED: usize = 16;
