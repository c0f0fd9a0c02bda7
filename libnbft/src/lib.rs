//! The ACPI NVMe Boot Firmware Table (NBFT): bytes ⇄ model ⇄ plan.
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;

pub mod model;

#[cfg(feature = "plan")]
pub mod plan;
mod throwaway;
pub use throwaway::*;
