//! Gives C programs libnbft: the interfaces that firmware set up, and the connections.
//!
//! `include/nbft.h` is made from the declarations in `functions/` (`cargo xtask regen`), and so is the list of exported symbols. A
//! handle holds the plan in C's terms, made once. Each text and each item belongs to the handle and lives as long as it.
#![deny(missing_docs)]

mod declare;
mod functions;
pub mod header;
mod items;
mod load;

pub use declare::Declaration;
