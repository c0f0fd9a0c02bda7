//! Boots virtual machines from an NBFT against a real NVMe/TCP target, judges what comes of it, and measures.

pub mod bare;
pub mod bench;
pub mod boot;
pub mod cli;
pub mod cpio;
pub mod error;
pub mod expect;
pub mod exports;
pub mod handover;
pub mod image;
pub mod place;
pub mod prepare;
pub mod redfish;
pub mod report;
pub mod scenario;
pub mod secrets;
pub mod shell;
pub mod signals;
pub mod soak;
pub mod stats;
pub mod steps;
pub mod suite;
pub mod timeline;
pub mod tpm;
pub mod vm;
pub mod wire;
