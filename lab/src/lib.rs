//! Boots virtual machines from an NBFT against a real NVMe/TCP target, judges the outcome, and measures.
//!
//! Rooms, from the top: `cli` → `run` → `judge` → `image` → `vm`, `scenario` → `prepare` → `tools`. Imports go down only.

pub mod cli;
pub mod image;
pub mod judge;
pub mod prepare;
pub mod run;
pub mod scenario;
pub mod tools;
pub mod vm;
