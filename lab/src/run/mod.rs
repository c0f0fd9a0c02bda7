//! Runs scenarios: one, many side by side, a series with random faults, or to measure.

pub mod bare;
pub mod bench;
pub mod boot;
pub mod markdown;
pub mod recording;
pub mod soak;
pub mod stats;
pub mod steps;
pub mod suite;
pub mod timeline;
