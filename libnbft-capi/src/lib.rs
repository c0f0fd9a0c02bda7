//! Gives C programs access to libnbft: the interfaces that firmware set up, and the connections.
//!
//! `cargo xtask regen` generates `include/nbft.h` and the list of exported symbols from the declarations in `functions/`. A handle holds
//! the plan in C's terms, made once. Each text and each item belongs to the handle and lives as long as the handle.
#![deny(missing_docs)]

mod declare;
mod functions;
pub mod header;
mod items;
mod load;

pub use declare::Declaration;
