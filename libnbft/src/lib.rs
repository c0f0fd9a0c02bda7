//! The ACPI NVMe Boot Firmware Table (NBFT): bytes ⇄ model ⇄ plan.
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;

mod check;
mod error;
#[cfg(feature = "std")]
pub mod files;
mod finding;
mod heap;
#[cfg(feature = "serde")]
pub mod json;
mod layout;
pub mod model;
mod parse;
#[cfg(feature = "plan")]
pub mod plan;
mod raw;
mod rule;
pub mod text;
#[cfg(feature = "write")]
mod write;

pub use check::{check, check_together};
pub use error::ParseError;
pub use finding::{Finding, Severity};
pub use layout::{Field, layout};
pub use parse::{Parsed, parse};
pub use rule::Rule;
#[cfg(feature = "write")]
pub use write::{WriteError, repair_checksum, write};
